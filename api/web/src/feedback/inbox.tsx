/** What people reported of answers, to be taken into a data set or dismissed. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { DATASETS, type DatasetPage } from '../client/datasets.js';
import { allFeedback, type FeedbackState, type FeedbackView, listFeedback } from '../client/feedback.js';
import { useLoad } from '../client/use-load.js';
import { download, saveAs } from '../parts/image-url.js';
import { ErrorNotice } from '../parts/notice.js';
import { Link, setSearch, useSearch } from '../routing/router.js';
import { useValue } from '../state/observable.js';
import { key } from '../state/settings.js';
import { useTexts } from '../texts/operating.js';
import { Report } from './report.js';
import '../styles/feedback.css';

const STATES: readonly FeedbackState[] = ['open', 'accepted', 'dismissed'];
const SCOPES = 'read,datasets:write';

function stateIn(search: string): FeedbackState {
  const named = new URLSearchParams(search).get('state');
  return STATES.find((state) => state === named) ?? 'open';
}

/** The reports in a state, page by page; what was settled goes. */
function useReports(state: FeedbackState) {
  const [reports, setReports] = useState<readonly FeedbackView[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const withKey = useValue(key);
  const load = useCallback(
    async (cursor: string | null, signal?: AbortSignal) => {
      try {
        const page = await listFeedback(state, cursor, signal);
        setReports((before) => [...(cursor ? (before ?? []) : []), ...page.items]);
        setNext(page.next);
        setError(null);
      } catch (failure) {
        if (!signal?.aborted) setError(failure);
      }
    },
    [state],
  );
  // Another key may be allowed to see them.
  useEffect(() => {
    const stop = new AbortController();
    setReports(null);
    void load(null, stop.signal);
    return () => stop.abort();
  }, [load, withKey]);
  const remove = (id: string) =>
    setReports((before) => before?.filter(({ prediction_id }) => prediction_id !== id) ?? null);
  return { reports, error, setError, remove, more: next === null ? null : () => void load(next) };
}

function Export({ state, onError }: { readonly state: FeedbackState; onError: (error: unknown) => void }) {
  const t = useTexts().inbox;
  const csv = () => download(`/v1/feedback?format=csv&state=${state}`, `feedback-${state}.csv`, 'text/csv');
  const json = async () =>
    saveAs(new Blob([JSON.stringify(await allFeedback(state), null, 2)]), `feedback-${state}.json`);
  return (
    <div class="report-actions">
      <button type="button" class="quiet" onClick={() => void csv().catch(onError)}>
        {t.csv}
      </button>
      <button type="button" class="quiet" onClick={() => void json().catch(onError)}>
        {t.json}
      </button>
    </div>
  );
}

function DatasetChoice({
  chosen,
  onChoose,
}: {
  chosen: string | null;
  onChoose: (id: string | null) => void;
}) {
  const t = useTexts().inbox;
  const { data } = useLoad<DatasetPage>(DATASETS);
  useEffect(() => {
    if (chosen === null && data?.items[0]) onChoose(data.items[0].id);
  }, [data]);
  if (data && data.items.length === 0)
    return (
      <p>
        {t.noDataset} <Link href="/datasets">{t.makeDataset}</Link>
      </p>
    );
  return (
    <label class="field">
      <span>{t.dataset}</span>
      <select value={chosen ?? ''} onChange={(event) => onChoose(event.currentTarget.value)}>
        {data?.items.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Inbox() {
  const t = useTexts();
  const state = stateIn(useSearch());
  const { reports, error, setError, remove, more } = useReports(state);
  const [dataset, setDataset] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const settle = async (id: string, settling: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await settling();
      remove(id);
      setError(null);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <div class="view-head">
        <h1 tabIndex={-1}>{t.feedback.inbox}</h1>
      </div>
      <div class="report-head">
        <label class="field">
          <span>{t.inbox.state}</span>
          <select value={state} onChange={(event) => setSearch(`?state=${event.currentTarget.value}`)}>
            {STATES.map((one) => (
              <option key={one} value={one}>
                {t.inbox.states[one]}
              </option>
            ))}
          </select>
        </label>
        {state === 'open' && <DatasetChoice chosen={dataset} onChoose={setDataset} />}
        <Export state={state} onError={setError} />
      </div>
      {error !== null && <ErrorNotice error={error} scopes={SCOPES} />}
      {!reports && error === null && <p class="quiet-text">{t.common.loading}</p>}
      {reports?.length === 0 && <p class="empty">{t.inbox.empty[state]}</p>}
      <ul class="reports">
        {reports?.map((report) => (
          <Report
            key={report.prediction_id}
            report={report}
            dataset={dataset}
            busy={busy}
            onSettle={(settling) => void settle(report.prediction_id, settling)}
          />
        ))}
      </ul>
      {more && (
        <button type="button" class="quiet" onClick={more}>
          {t.history.more}
        </button>
      )}
    </>
  );
}
