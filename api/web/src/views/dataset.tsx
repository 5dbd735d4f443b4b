/** One data set: its images by class, adding to it, and what can be done with it. */
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { type DatasetView, datasetPath } from '../client/datasets.js';
import { RequestFailed } from '../client/http.js';
import { useLoad } from '../client/use-load.js';
import { AddPanel } from '../datasets/add-panel.js';
import { type Addition, additions, isUnderWay } from '../datasets/additions.js';
import { DatasetHead } from '../datasets/dataset-head.js';
import { itemFilterIn, itemQueryOf } from '../datasets/item-filter.js';
import { Items } from '../datasets/items.js';
import { LabelNext } from '../datasets/label-next.js';
import { Steps } from '../datasets/steps.js';
import { useItems } from '../datasets/use-items.js';
import { ErrorNotice } from '../parts/notice.js';
import { TRAINING_SCOPES, TrainTabs } from '../parts/train-tabs.js';
import { Link, useSearch } from '../routing/router.js';
import { useValue } from '../state/observable.js';
import { useTexts } from '../texts/training.js';
import '../styles/datasets.css';

export function DatasetPage({ id }: { readonly id: string }) {
  const t = useTexts();
  const { data, error, reload } = useLoad<DatasetView>(datasetPath(id));
  const missing = error instanceof RequestFailed && (error.status === 404 || error.status === 400);
  return (
    <>
      <TrainTabs current="datasets" />
      {missing && (
        <>
          <h1 tabIndex={-1}>{t.datasets.title}</h1>
          <div class="notice bad">
            <p>{t.datasets.missing}</p>
            <Link href="/datasets">{t.datasets.toList}</Link>
          </div>
        </>
      )}
      {error !== null && !missing && (
        <>
          {!data && <h1 tabIndex={-1}>{t.datasets.title}</h1>}
          <ErrorNotice error={error} onRetry={reload} scopes={TRAINING_SCOPES} />
        </>
      )}
      {!data && error === null && <p class="quiet-text">{t.common.loading}</p>}
      {data && <Loaded dataset={data} reload={reload} />}
    </>
  );
}

const LABELLING = 'label';

function Tabs({ dataset, labelling }: { readonly dataset: string; readonly labelling: boolean }) {
  const t = useTexts();
  return (
    <nav class="tabs" aria-label={t.datasets.grid}>
      <Link href={`/datasets/${dataset}`} aria-current={labelling ? undefined : 'page'}>
        {t.datasets.labelNext.images}
      </Link>
      <Link href={`/datasets/${dataset}?view=${LABELLING}`} aria-current={labelling ? 'page' : undefined}>
        {t.datasets.labelNext.tab}
      </Link>
    </nav>
  );
}

const HOW_OFTEN_MS = 2000;

/** Calls back now and then while something is being added to the data set, and once when it has ended. */
function useAdded(all: readonly Addition[], onAdded: () => void): void {
  const came = all.reduce((sum, { added }) => sum + added, 0);
  const running = all.some(isUnderWay);
  const latest = useRef({ came, onAdded });
  latest.current = { came, onAdded };
  const seen = useRef(came);
  useEffect(() => {
    const look = () => {
      if (latest.current.came === seen.current) return;
      seen.current = latest.current.came;
      latest.current.onAdded();
    };
    if (!running) return look();
    const timer = setInterval(look, HOW_OFTEN_MS);
    return () => clearInterval(timer);
  }, [running]);
}

function Loaded({ dataset, reload }: { readonly dataset: DatasetView; readonly reload: () => void }) {
  const search = useSearch();
  const filter = useMemo(() => itemFilterIn(search), [search]);
  const labelling = new URLSearchParams(search).get('view') === LABELLING;
  const items = useItems(dataset.id, itemQueryOf(filter));
  const here = useValue(additions).filter((one) => one.dataset === dataset.id);
  useAdded(here, () => {
    reload();
    items.reload();
  });
  const empty = dataset.items === 0 && items.items.length === 0;
  return (
    <>
      <DatasetHead
        dataset={dataset}
        onChanged={() => {
          reload();
          items.reload();
        }}
      />
      {empty && here.length === 0 && <Steps />}
      <AddPanel dataset={dataset} additions={here} form={labelling ? 'hidden' : empty ? 'large' : 'row'} />
      {!empty && <Tabs dataset={dataset.id} labelling={labelling} />}
      {!empty && !labelling && <Items dataset={dataset} filter={filter} items={items} onChanged={reload} />}
      {labelling && (
        <LabelNext
          dataset={dataset}
          onChanged={() => {
            reload();
            items.reload();
          }}
        />
      )}
    </>
  );
}
