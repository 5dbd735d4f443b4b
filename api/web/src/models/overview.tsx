/** The models there are: what each is for, how it does, and what is on its way. */
import type { ModelStatistics } from '@scry/shared/contracts/statistics';
import { isPublished, type ModelView, useModels } from '../client/models.js';
import { useLoad } from '../client/use-load.js';
import { Icon } from '../parts/icons.js';
import { ErrorNotice } from '../parts/notice.js';
import { Readiness } from '../parts/readiness.js';
import { Link, navigate } from '../routing/router.js';
import { chosenModel } from '../state/settings.js';
import { count, duration, percent, useTexts } from '../texts/models.js';
import { draftAddress, modelAddress } from './addresses.js';
import { ClassChips } from './class-chips.js';
import { SampleImages } from './sample-images.js';
import '../styles/models.css';

export function Models() {
  const t = useTexts();
  const { models, checking, error, reload } = useModels();
  const statistics = useLoad<{ items: readonly ModelStatistics[] }>('/v1/stats/models');
  return (
    <>
      <div class="view-head models-head">
        <h1 tabIndex={-1}>{t.models.title}</h1>
        <div class="head-actions">
          <Link class="button quiet" href="/datasets">
            {t.train.own}
          </Link>
          <Link class="button" href="/catalogue">
            {t.models.catalogue}
          </Link>
          <Link class="button primary" href="/add-model">
            <Icon name="upload" />
            {t.models.add}
          </Link>
        </div>
      </div>
      {error !== null && <ErrorNotice error={error} onRetry={reload} />}
      {statistics.error !== null && error === null && (
        <ErrorNotice error={statistics.error} onRetry={statistics.reload} />
      )}
      {models?.length === 0 && checking === 0 && <p class="empty">{t.modelList.none}</p>}
      <Waiting />
      <ul class="model-cards">
        {models?.map((model) => (
          <Card
            key={model.name}
            model={model}
            statistics={statistics.data?.items.find(({ name }) => name === model.name)}
          />
        ))}
      </ul>
    </>
  );
}

/** Versions that are being checked or were rejected, and what else keeps a model from being served. */
function Waiting() {
  const t = useTexts();
  const { problems } = useModels();
  if (problems.length === 0) return null;
  return (
    <ul class="waiting-versions" aria-label={t.models.problems}>
      {problems.map(({ name, version, state, message }) => (
        <li key={`${name}@${version}`} class={state === 'checking' ? 'notice' : 'notice bad'}>
          <p>
            {version ? (
              <Link href={modelAddress(name)}>
                {name}@{version}
              </Link>
            ) : (
              <strong>{name}</strong>
            )}{' '}
            <span class={state === 'checking' ? 'checking-dot' : ''}>
              {state === 'checking' ? t.modelList.checking : state === 'rejected' ? t.modelList.rejected : ''}
            </span>
          </p>
          {state !== 'checking' && <p lang="en">{message}</p>}
        </li>
      ))}
    </ul>
  );
}

interface CardProps {
  readonly model: ModelView;
  readonly statistics: ModelStatistics | undefined;
}

function Card({ model, statistics }: CardProps) {
  const { name, title, description } = model;
  return (
    <li class="model-card-large" aria-label={title}>
      <div class="model-card-title">
        <h2>
          <Link href={modelAddress(name)}>{title}</Link>
        </h2>
        {title !== name && <code>{name}</code>}
      </div>
      <ModelBadges model={model} />
      {description && <p>{description}</p>}
      <SampleImages model={model} />
      {statistics && <Figures statistics={statistics} />}
      <ClassChips model={model} most={8} />
      <div class="model-card-actions">
        <UseModel model={model} />
      </div>
    </li>
  );
}

/** Asks it from now on; one that is not published yet is tried first. */
export function UseModel({
  model,
  primary = false,
}: {
  readonly model: ModelView;
  readonly primary?: boolean;
}) {
  const t = useTexts();
  const { name, title } = model;
  if (!isPublished(model))
    return (
      <Link class="button" href={draftAddress(name, model.version)}>
        {t.versions.adjust}
      </Link>
    );
  const use = () => {
    chosenModel.value = name;
    navigate('/');
  };
  return (
    <button
      type="button"
      class={primary ? 'primary' : ''}
      onClick={use}
      aria-label={`${t.models.use}: ${title}`}
    >
      {t.models.use}
    </button>
  );
}

export function ModelBadges({ model }: { readonly model: ModelView }) {
  const t = useTexts();
  const { task, serving, shares, versions } = model;
  return (
    <p class="model-badges">
      <Readiness ready={serving} />
      <span class="badge">{t.models.task[task] ?? task}</span>
      {model.default && <span class="badge">{t.models.isDefault}</span>}
      <span class="badge">{t.versions.name(model.version)}</span>
      {versions.length > 1 && <span class="badge">{t.versions.count(versions.length)}</span>}
      {!isPublished(model) && <span class="badge warn">{t.modelList.unpublished}</span>}
      {shares
        .filter(({ label }) => label !== 'stable')
        .map(({ label, weight }) => (
          <span key={label} class="badge">
            {t.modelList.share(label, percent(weight / 100, 0))}
          </span>
        ))}
    </p>
  );
}

export function Figures({ statistics }: { readonly statistics: ModelStatistics }) {
  const t = useTexts();
  const { predictions, predictions_exact, recent, median_ms, p95_ms, reported_wrong } = statistics;
  if (predictions === 0) return <p class="quiet-text">{t.models.noneYet}</p>;
  const figures = [
    [t.models.predictions, predictions_exact ? count(predictions) : t.models.more(count(predictions))],
    [t.models.median, median_ms === null ? '–' : duration(median_ms)],
    [t.models.p95, p95_ms === null ? '–' : duration(p95_ms)],
    [t.models.wrong, recent === 0 ? '–' : percent(reported_wrong / recent, 1)],
  ] as const;
  return (
    <>
      <dl class="tally">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {recent < predictions && <p class="quiet-text">{t.models.recent(count(recent))}</p>}
    </>
  );
}
