/** Every prediction that was made, newest first. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { getJson } from '../client/http.js';
import { isUnsure } from '../client/models.js';
import { predictionPath } from '../client/predictions.js';
import { announce } from '../parts/announcer.js';
import { addressOf, type Filter, filterIn, queryOf } from '../parts/filter.js';
import { HistoryFilter } from '../parts/history-filter.js';
import { useImageUrl } from '../parts/image-url.js';
import { ErrorNotice } from '../parts/notice.js';
import { Sentinel } from '../parts/sentinel.js';
import { useNear } from '../parts/use-near.js';
import { pageLink } from '../result/actions.js';
import { cameBack, Link, setSearch, useSearch } from '../routing/router.js';
import { useValue } from '../state/observable.js';
import { key } from '../state/settings.js';
import { dateTime, percent, useTexts } from '../texts/index.js';

interface Page {
  readonly items: readonly PredictionView[];
  readonly next: string | null;
}

interface Pages {
  readonly items: readonly PredictionView[];
  /** undefined: nothing loaded yet. */
  readonly next: string | null | undefined;
  readonly error: unknown;
}

const PAGE = 36;

const NOTHING: Pages = { items: [], next: undefined, error: null };
/** The pages shown last, for whoever comes back to them. */
let left: { readonly of: string; readonly pages: Pages } = { of: '', pages: NOTHING };

function usePages(filter: Filter) {
  const withKey = useValue(key);
  const query = queryOf(filter);
  const of = `${withKey} ${query}`;
  const [pages, setPages] = useState<Pages>(() => (cameBack() && left.of === of ? left.pages : NOTHING));
  const loaded = useRef(pages === NOTHING ? '' : of);
  useEffect(() => {
    left = { of, pages };
  }, [of, pages]);
  const loading = useRef<AbortController | null>(null);
  const load = useCallback(
    async (cursor: string | null) => {
      loading.current?.abort();
      const stop = new AbortController();
      loading.current = stop;
      try {
        const from = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
        const page = await getJson<Page>(`/v1/predictions?limit=${PAGE}${query}${from}`, stop.signal);
        setPages((before) => ({
          items: cursor ? [...before.items, ...page.items] : page.items,
          next: page.next,
          error: null,
        }));
      } catch (error) {
        if (!stop.signal.aborted) setPages((before) => ({ ...before, error }));
      } finally {
        if (loading.current === stop) loading.current = null;
      }
    },
    [query],
  );
  // Another key may see more.
  useEffect(() => {
    if (loaded.current !== of) void load(null);
    loaded.current = of;
    return () => loading.current?.abort();
  }, [load, of]);
  const more = useCallback(() => {
    if (pages.next && !loading.current) void load(pages.next);
  }, [load, pages.next]);
  return { ...pages, more, reload: () => void load(null) };
}

function Tile({ prediction }: { readonly prediction: PredictionView }) {
  const t = useTexts();
  const { prediction_id: id, status, output, model, created_at } = prediction;
  const { element, near } = useNear<HTMLLIElement>();
  const image = useImageUrl(`${predictionPath(id)}/thumbnail?size=256`, near);
  const best = output?.predictions[0];
  const named = isUnsure(prediction) ? t.result.unsure : best?.class_name;
  const found = best?.bbox ? t.result.objects(output?.predictions.length ?? 0) : named;
  const answer = status === 'succeeded' ? (found ?? t.result.objects(0)) : t.state[status];
  return (
    <li ref={element}>
      <Link class={`tile ${status}`} href={pageLink(id)}>
        <span class="tile-image">
          {image.url && near && (
            <img
              src={image.url}
              alt=""
              decoding="async"
              onError={(event) => event.currentTarget.classList.add('broken')}
            />
          )}
        </span>
        <span class="tile-words">
          <strong>{answer}</strong>
          {best && !best.bbox && <span class="figures">{percent(best.confidence, 0)}</span>}
          <span class="tile-model">{model.name}</span>
          <time dateTime={created_at}>{dateTime(created_at)}</time>
        </span>
      </Link>
    </li>
  );
}

export function History() {
  const t = useTexts();
  const search = useSearch();
  const filter = useMemo(() => filterIn(search), [search]);
  const { items, next, error, more, reload } = usePages(filter);
  const filtered = queryOf(filter) !== '';
  useEffect(() => {
    if (items.length > 0) announce(t.history.count(items.length));
  }, [items.length, t]);
  return (
    <>
      <div class="view-head">
        <h1 tabIndex={-1}>{t.history.title}</h1>
        <Link href="/feedback">{t.feedback.inbox}</Link>
      </div>
      <HistoryFilter filter={filter} onChange={(next) => setSearch(addressOf(next))} />
      {error !== null && <ErrorNotice error={error} onRetry={reload} />}
      {next === undefined && error === null && <p class="quiet-text">{t.common.loading}</p>}
      {next === null && items.length === 0 && (
        <p class="empty">{filtered ? t.history.emptyFiltered : t.history.empty}</p>
      )}
      <ul class="tiles">
        {items.map((prediction) => (
          <Tile key={prediction.prediction_id} prediction={prediction} />
        ))}
      </ul>
      {next && (
        <>
          <Sentinel onNear={more} />
          <button type="button" class="quiet" onClick={more}>
            {t.history.more}
          </button>
        </>
      )}
      {next === null && items.length > 0 && <p class="quiet-text end">{t.history.end}</p>}
    </>
  );
}
