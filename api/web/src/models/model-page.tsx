/** One model: its versions side by side, who answers, what was answered, and what can be done about it. */
import type { ModelStatistics } from '@scry/shared/contracts/statistics';
import { useEffect, useState } from 'preact/hooks';
import { RequestFailed } from '../client/http.js';
import { type ModelView, useModels } from '../client/models.js';
import { useAction } from '../client/use-action.js';
import { useLoad } from '../client/use-load.js';
import {
  type LabelView,
  type ListedVersion,
  modelPath,
  removeModel,
  WRITE_SCOPES,
} from '../client/versions.js';
import { ConfirmDialog } from '../parts/dialog.js';
import { ErrorNotice } from '../parts/notice.js';
import { Link, navigate } from '../routing/router.js';
import { bytes, useTexts } from '../texts/models.js';
import { AnswersOfVersions } from './answers.js';
import { ClassChips } from './class-chips.js';
import { Figures, ModelBadges, UseModel } from './overview.js';
import { Readme } from './readme.js';
import { SampleImages } from './sample-images.js';
import { Traffic } from './traffic.js';
import { VersionsTable } from './versions-table.js';
import '../styles/models.css';

const AGAIN_MS = 10_000;
const CHECKING_AGAIN_MS = 1500;

/** Versions and labels of a model, asked for again now and then, and often while a version is being checked. */
function useVersions(name: string) {
  const versions = useLoad<{ items: readonly ListedVersion[] }>(`${modelPath(name)}/versions`);
  const labels = useLoad<{ items: readonly LabelView[] }>(`${modelPath(name)}/labels`);
  const items = versions.data?.items ?? null;
  const checking = items?.some(({ state }) => state === 'checking') ?? false;
  const reload = () => {
    versions.reload();
    labels.reload();
  };
  useEffect(() => {
    const timer = setInterval(reload, checking ? CHECKING_AGAIN_MS : AGAIN_MS);
    return () => clearInterval(timer);
  }, [checking, versions.reload, labels.reload]);
  return { versions: items, labels: labels.data?.items ?? [], error: versions.error ?? labels.error, reload };
}

export function ModelPage({ name }: { readonly name: string }) {
  const t = useTexts();
  const { models, reload: reloadModels } = useModels();
  const { versions, labels, error, reload } = useVersions(name);
  const statistics = useLoad<{ items: readonly ModelStatistics[] }>('/v1/stats/models');
  useEffect(() => statistics.reload(), [versions]);
  const model = models?.find((one) => one.name === name);
  const figures = statistics.data?.items.find((one) => one.name === name);
  const changed = () => {
    reload();
    reloadModels();
  };
  if (!versions && error instanceof RequestFailed && error.status === 404) return <Missing />;
  return (
    <div class="model-page">
      <header class="model-page-head">
        <p>
          <Link href="/models">{t.modelList.all}</Link>
        </p>
        <div class="view-head models-head">
          <h1 tabIndex={-1}>{model?.title ?? name}</h1>
          {model && <UseModel model={model} primary={true} />}
        </div>
        {model && <ModelBadges model={model} />}
        {model?.description && <p class="lead">{model.description}</p>}
      </header>
      {error !== null && <ErrorNotice error={error} onRetry={reload} />}
      {model && <SampleImages model={model} />}
      {figures && figures.predictions > 0 && <Figures statistics={figures} />}
      {versions && <Traffic name={name} versions={versions} labels={labels} onChanged={changed} />}
      {versions && <VersionsTable name={name} versions={versions} labels={labels} onChanged={changed} />}
      {versions && <AnswersOfVersions versions={versions} colors={model?.colors ?? {}} />}
      {model && <Facts model={model} />}
      {model && <Readme name={name} />}
      {versions && <Removal name={name} versions={versions} />}
    </div>
  );
}

/** What it takes and tells apart. */
function Facts({ model }: { readonly model: ModelView }) {
  const t = useTexts();
  const { input, labels, engine, workers } = model;
  const runtimes = [...new Set(workers.map(({ runtime }) => runtime))];
  const size = input.width && input.height ? `${input.width} × ${input.height}, ` : '';
  return (
    <section class="panel model-facts">
      <h2>{t.models.labels(labels.length)}</h2>
      <ClassChips model={model} most={200} />
      <dl>
        <div>
          <dt>{t.models.input}</dt>
          <dd>
            {size}
            {input.channels.toUpperCase()}
          </dd>
        </div>
        <div>
          <dt>{t.models.engine}</dt>
          <dd>{runtimes.length > 0 ? runtimes.join(', ') : engine}</dd>
        </div>
      </dl>
    </section>
  );
}

function Missing() {
  const t = useTexts();
  return (
    <>
      <h1 tabIndex={-1}>{t.common.notFoundTitle}</h1>
      <p>{t.modelList.missing}</p>
      <p>
        <Link href="/models">{t.modelList.all}</Link>
      </p>
    </>
  );
}

interface RemovalProps {
  readonly name: string;
  readonly versions: readonly ListedVersion[];
}

function Removal({ name, versions }: RemovalProps) {
  const t = useTexts();
  const action = useAction();
  const [asking, setAsking] = useState(false);
  const size = bytes(versions.reduce((sum, version) => sum + version.bytes, 0));
  const fromFolder = versions.some(({ source, state }) => source === 'folder' && state === 'ready');
  const remove = () => {
    setAsking(false);
    action.run(async () => {
      await removeModel(name);
      navigate('/models');
    });
  };
  return (
    <section class="model-removal">
      <p class="quiet-text">{t.versions.disk(size)}</p>
      <button type="button" class="quiet danger" disabled={action.busy} onClick={() => setAsking(true)}>
        {t.versions.removeModel}
      </button>
      {action.error !== null && <ErrorNotice error={action.error} scopes={WRITE_SCOPES} />}
      {asking && (
        <ConfirmDialog
          title={t.versions.removeModelTitle(name)}
          help={`${t.versions.removeModelHelp(versions.length, size)}${fromFolder ? ` ${t.versions.folderHelp}` : ''}`}
          confirm={t.versions.confirm}
          cancel={t.versions.cancel}
          onConfirm={remove}
          onClose={() => setAsking(false)}
        />
      )}
    </section>
  );
}
