/** What a training made: how right it is, trying it, and putting it into use. */
import type { TrainingMetrics } from '@scry/shared/contracts/training';
import type { VersionView } from '@scry/shared/contracts/version';
import { useState } from 'preact/hooks';
import { setLabel, type TrainingView, versionPath } from '../client/trainings.js';
import { useAction } from '../client/use-action.js';
import { type Loaded, useLoad } from '../client/use-load.js';
import { modelAddress } from '../models/addresses.js';
import { announce } from '../parts/announcer.js';
import { Icon } from '../parts/icons.js';
import { download } from '../parts/image-url.js';
import { ErrorNotice } from '../parts/notice.js';
import { TRAINING_SCOPES } from '../parts/train-tabs.js';
import { Link, navigate } from '../routing/router.js';
import { chosenModel } from '../state/settings.js';
import { count, duration, percent, useTexts } from '../texts/training.js';
import { TryOut } from './try-out.js';

interface Props {
  readonly name: string;
  readonly version: string;
  readonly metrics: TrainingMetrics;
  readonly training: TrainingView;
}

export function Result({ name, version, metrics }: Props) {
  return (
    <div class="training-result">
      <div class="training-side">
        <Figures metrics={metrics} />
        <Publish name={name} version={version} />
      </div>
      <TryOut model={`${name}@${version}`} />
    </div>
  );
}

function Figures({ metrics }: { readonly metrics: TrainingMetrics }) {
  const t = useTexts();
  const { accuracy, accuracy_interval, macro_f1, loss, images, test, cpu_seconds } = metrics;
  const [from, to] = accuracy_interval;
  return (
    <section class="panel" aria-labelledby="accuracy-title">
      <h2 id="accuracy-title" class="visually-hidden">
        {t.trainings.accuracy}
      </h2>
      <p class="headline">
        <span class="headline-value figures">{percent(accuracy)}</span> {t.trainings.accuracy}
      </p>
      <p class="quiet-text">
        {t.trainings.interval(percent(from), percent(to))},{' '}
        {t.trainings.onValidation(t.datasets.images(count(images.validation)))}
      </p>
      {test && <p>{t.trainings.test(percent(test.accuracy))}</p>}
      <dl class="tally">
        <div>
          <dt>{t.trainings.macroF1}</dt>
          <dd>{percent(macro_f1)}</dd>
        </div>
        <div>
          <dt>{t.trainings.loss}</dt>
          <dd>{count(loss, 3)}</dd>
        </div>
        <div>
          <dt>{t.trainings.cpu}</dt>
          <dd>{duration(cpu_seconds * 1000)}</dd>
        </div>
      </dl>
    </section>
  );
}

interface LabelView {
  readonly label: string;
  readonly version: string;
  readonly weight: number;
}

/** Percent of the traffic that a canary gets to begin with. */
const FIRST_SHARE = 10;

function Publish({ name, version }: { readonly name: string; readonly version: string }) {
  const t = useTexts();
  const shown = useLoad<VersionView>(versionPath(name, version));
  const labels = useLoad<{ items: readonly LabelView[] }>(`/v1/models/${encodeURIComponent(name)}/labels`);
  const { busy, error, run } = useAction();
  const full = `${name}@${version}`;
  const mine = labels.data?.items.filter((one) => one.version === version) ?? [];
  const has = (label: string) => mine.some((one) => one.label === label);
  const canary = mine.find(({ label }) => label === 'canary');
  const label = (to: string, weight: number) =>
    run(async () => {
      await setLabel(name, to, version, weight);
      announce(to === 'stable' ? t.trainings.isStable(full) : t.trainings.isCanary(full, count(weight)));
      labels.reload();
    });
  const use = () => {
    chosenModel.value = name;
    navigate('/');
  };
  return (
    <section class="panel" aria-labelledby="publish-title">
      <h2 id="publish-title">{t.trainings.publish}</h2>
      <p>
        <code>{full}</code>
      </p>
      {has('stable') && <p class="notice good">{t.trainings.isStable(full)}</p>}
      {canary && <p class="notice good">{t.trainings.isCanary(full, count(canary.weight))}</p>}
      <div class="field-row">
        {!has('stable') && (
          <button type="button" class="primary" disabled={busy} onClick={() => label('stable', 0)}>
            {t.trainings.asStable}
          </button>
        )}
        {has('stable') && (
          <button type="button" class="primary" onClick={use}>
            {t.trainings.use}
          </button>
        )}
        <button
          type="button"
          disabled={busy}
          onClick={() =>
            run(() => download(`${versionPath(name, version)}/file`, `${full}.zip`, 'application/zip'))
          }
        >
          <Icon name="download" />
          {t.trainings.download}
        </button>
      </div>
      {!has('stable') && <CanaryForm busy={busy} onShare={(share) => label('canary', share)} />}
      <p class="quiet-text">
        {t.trainings.publishHelp(name)} <Link href={modelAddress(name)}>{t.trainings.toModel}</Link>
      </p>
      {firstError(error, shown, labels) !== null && (
        <ErrorNotice error={firstError(error, shown, labels)} scopes={TRAINING_SCOPES} />
      )}
    </section>
  );
}

const firstError = (error: unknown, ...loaded: readonly Loaded<unknown>[]): unknown =>
  error ?? loaded.find((one) => one.error !== null)?.error ?? null;

function CanaryForm({
  busy,
  onShare,
}: {
  readonly busy: boolean;
  readonly onShare: (share: number) => void;
}) {
  const t = useTexts();
  const [share, setShare] = useState(FIRST_SHARE);
  return (
    <form
      class="canary-form"
      onSubmit={(event) => {
        event.preventDefault();
        onShare(share);
      }}
    >
      <label class="field">
        <span>{t.trainings.canaryShare}</span>
        <input
          type="number"
          required
          min={0}
          max={100}
          value={share}
          onInput={({ currentTarget }) => setShare(currentTarget.valueAsNumber)}
        />
      </label>
      <button type="submit" disabled={busy}>
        {t.trainings.asCanary}
      </button>
    </form>
  );
}
