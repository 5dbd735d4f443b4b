/** Starts a training: the data set, a name and a method are enough; the rest is folded. */
import { useEffect, useState } from 'preact/hooks';
import { DATASETS, type DatasetPage, type DatasetView } from '../client/datasets.js';
import { type ModelView, useModels } from '../client/models.js';
import { startTraining, type TrainingView, trainingPath } from '../client/trainings.js';
import { useAction } from '../client/use-action.js';
import { useLoad } from '../client/use-load.js';
import { ErrorNotice } from '../parts/notice.js';
import { TRAINING_SCOPES } from '../parts/train-tabs.js';
import { Link, navigate } from '../routing/router.js';
import { count, useTexts } from '../texts/training.js';
import { Advanced } from './advanced.js';
import { type Chosen, chosenBefore, METHODS, modelNameOf, NETWORKS, requestOf } from './settings.js';
import { useBases } from './use-bases.js';

interface Props {
  /** The data set to begin with; null: the newest. */
  readonly dataset: string | null;
  /** A training whose settings to begin with. */
  readonly again: string | null;
}

export function TrainingForm({ dataset, again }: Props) {
  const t = useTexts();
  const datasets = useLoad<DatasetPage>(DATASETS);
  const before = useLoad<TrainingView>(again === null ? null : trainingPath(again));
  const loaded = useModels();
  const bases = useBases(loaded.models);
  const error = datasets.error ?? before.error ?? (loaded.models ? null : loaded.error);
  if (error !== null) return <ErrorNotice error={error} scopes={TRAINING_SCOPES} />;
  if (!datasets.data || !bases || (again !== null && !before.data))
    return <p class="quiet-text">{t.common.loading}</p>;
  const usable = datasets.data.items.filter(isUsable);
  if (usable.length === 0)
    return (
      <p class="notice">
        {t.trainings.noDatasets} <Link href="/datasets">{t.datasets.title}</Link>
      </p>
    );
  return (
    <Fields
      datasets={usable}
      bases={bases}
      first={beginning(usable, bases, dataset, before.data)}
      key={before.data?.id}
    />
  );
}

/** Two classes with an image to learn from and one to be measured by. */
const isUsable = ({ classes }: DatasetView): boolean =>
  classes.filter((one) => one.class !== null && one.items >= 2).length >= 2;

function beginning(
  datasets: readonly DatasetView[],
  bases: readonly ModelView[],
  asked: string | null,
  before: TrainingView | null,
): Chosen {
  if (before) return chosenBefore(before.dataset.id, before.model.name, before.settings);
  const dataset = datasets.find(({ id }) => id === asked) ?? datasets[0];
  return {
    dataset: dataset?.id ?? '',
    name: modelNameOf(dataset?.name ?? ''),
    method: bases.length > 0 ? 'head' : 'scratch',
    base: bases[0]?.name ?? '',
    network: 'small',
    label: null,
    fields: {},
    augment: [],
    flags: {},
  };
}

interface FieldsProps {
  readonly datasets: readonly DatasetView[];
  readonly bases: readonly ModelView[];
  readonly first: Chosen;
}

function Fields({ datasets, bases, first }: FieldsProps) {
  const t = useTexts();
  const [chosen, setChosen] = useState(first);
  const [named, setNamed] = useState(false);
  const { busy, error, run } = useAction();
  const set = (change: Partial<Chosen>) => setChosen((before) => ({ ...before, ...change }));
  const chosenSet = datasets.find(({ id }) => id === chosen.dataset);
  useEffect(() => {
    if (
      !named &&
      chosenSet &&
      first.name === modelNameOf(datasets.find(({ id }) => id === first.dataset)?.name ?? '')
    )
      set({ name: modelNameOf(chosenSet.name) });
  }, [chosen.dataset]);
  const submit = (event: Event) => {
    event.preventDefault();
    run(async () => navigate(`/trainings/${(await startTraining(requestOf(chosen))).id}`));
  };
  const needsBase = chosen.method !== 'scratch';
  return (
    <form class="panel training-form" onSubmit={submit}>
      <h2>{t.trainings.create}</h2>
      <div class="field-row">
        <label class="field grow">
          <span>{t.trainings.dataset}</span>
          <select
            value={chosen.dataset}
            onChange={({ currentTarget }) => set({ dataset: currentTarget.value })}
          >
            {datasets.map(({ id, name, items }) => (
              <option key={id} value={id}>
                {name} ({t.datasets.images(count(items))})
              </option>
            ))}
          </select>
        </label>
        <label class="field grow">
          <span>{t.trainings.name}</span>
          <input
            required
            maxLength={63}
            pattern="[a-z0-9][a-z0-9._\-]*"
            title={t.trainings.nameHelp}
            value={chosen.name}
            onInput={({ currentTarget }) => {
              setNamed(true);
              set({ name: currentTarget.value });
            }}
          />
          <small>{t.trainings.nameHelp}</small>
        </label>
      </div>
      <Methods chosen={chosen} onChange={set} />
      <div class="field-row">
        {needsBase && bases.length > 0 && (
          <label class="field grow">
            <span>{t.trainings.base}</span>
            <select value={chosen.base} onChange={({ currentTarget }) => set({ base: currentTarget.value })}>
              {chosen.base !== '' && !bases.some(({ name }) => name === chosen.base) && (
                <option>{chosen.base}</option>
              )}
              {bases.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        )}
        {!needsBase && (
          <label class="field grow">
            <span>{t.trainings.network}</span>
            <select
              value={chosen.network}
              onChange={({ currentTarget }) => set({ network: currentTarget.value as Chosen['network'] })}
            >
              {NETWORKS.map((network) => (
                <option key={network} value={network}>
                  {t.trainings.networks[network]}
                </option>
              ))}
            </select>
          </label>
        )}
        <label class="field grow">
          <span>{t.trainings.serve}</span>
          <select
            value={chosen.label ?? 'none'}
            onChange={({ currentTarget: { value } }) =>
              set({ label: value === 'none' ? null : (value as 'stable' | 'canary') })
            }
          >
            {(['none', 'stable', 'canary'] as const).map((label) => (
              <option key={label} value={label}>
                {t.trainings.serveAs[label]}
              </option>
            ))}
          </select>
        </label>
      </div>
      {needsBase && bases.length === 0 && <p class="warn-text">{t.trainings.noBase}</p>}
      <Advanced chosen={chosen} onChange={set} />
      <div>
        <button type="submit" class="primary" disabled={busy || (needsBase && chosen.base === '')}>
          {t.trainings.start}
        </button>
      </div>
      {error !== null && <ErrorNotice error={error} scopes={TRAINING_SCOPES} />}
    </form>
  );
}

interface MethodsProps {
  readonly chosen: Chosen;
  readonly onChange: (change: Partial<Chosen>) => void;
}

function Methods({ chosen, onChange }: MethodsProps) {
  const t = useTexts();
  return (
    <fieldset class="methods">
      <legend>{t.trainings.method}</legend>
      {METHODS.map((method) => (
        <label key={method} class="model-card">
          <input
            type="radio"
            name="method"
            value={method}
            checked={chosen.method === method}
            onChange={() => onChange({ method })}
          />
          <span class="model-card-body">
            <strong>
              {t.trainings.methods[method]} <span class="badge">{method}</span>
            </strong>
            <span class="quiet-text">{t.trainings.methodHelp[method]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
