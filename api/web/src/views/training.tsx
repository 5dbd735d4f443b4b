/** One training: how far it is, live, and what came of it. */
import { useEffect, useState } from 'preact/hooks';
import { RequestFailed } from '../client/http.js';
import { followTraining, hasEnded, type TrainingView } from '../client/trainings.js';
import { announce } from '../parts/announcer.js';
import { ErrorNotice } from '../parts/notice.js';
import { TRAINING_SCOPES, TrainTabs } from '../parts/train-tabs.js';
import { Link } from '../routing/router.js';
import { useValue } from '../state/observable.js';
import { key } from '../state/settings.js';
import { span, useTexts } from '../texts/training.js';
import { Curves } from '../trainings/curves.js';
import { Evaluation } from '../trainings/evaluation.js';
import { Progress } from '../trainings/progress.js';
import { Result } from '../trainings/result.js';
import { StateBadge } from '../trainings/state-badge.js';
import '../styles/trainings.css';

function useFollowed(id: string) {
  const [state, setState] = useState<{ training: TrainingView | null; error: unknown }>({
    training: null,
    error: null,
  });
  const [round, setRound] = useState(0);
  const withKey = useValue(key);
  // Round and key are reasons to load again.
  useEffect(() => {
    const stop = new AbortController();
    followTraining(id, (training) => setState({ training, error: null }), stop.signal).catch(
      (error: unknown) => {
        if (!stop.signal.aborted) setState((before) => ({ ...before, error }));
      },
    );
    return () => stop.abort();
  }, [id, round, withKey]);
  return { ...state, reload: () => setRound((count) => count + 1) };
}

export function TrainingPage({ id }: { readonly id: string }) {
  const t = useTexts();
  const { training, error, reload } = useFollowed(id);
  const missing = error instanceof RequestFailed && (error.status === 404 || error.status === 400);
  return (
    <>
      <TrainTabs current="trainings" />
      {!training && <h1 tabIndex={-1}>{t.train.trainings}</h1>}
      {missing && (
        <div class="notice bad">
          <p>{t.trainings.missing}</p>
          <Link href="/trainings">{t.trainings.toList}</Link>
        </div>
      )}
      {error !== null && !missing && <ErrorNotice error={error} onRetry={reload} scopes={TRAINING_SCOPES} />}
      {!training && error === null && <p class="quiet-text">{t.common.loading}</p>}
      {training && <Shown training={training} />}
    </>
  );
}

function Shown({ training }: { readonly training: TrainingView }) {
  const t = useTexts();
  const { state, model, dataset, method, error, curve, metrics, log } = training;
  useEffect(() => announce(`${model.name}: ${t.trainings.state[state]}`), [state]);
  return (
    <>
      <div class="view-head">
        <h1 tabIndex={-1}>{model.name}</h1>
        <StateBadge state={state} />
        <p class="quiet-text">
          {t.trainings.of(method, '')}
          <Link href={`/datasets/${dataset.id}`}>{dataset.name}</Link>
          {took(training) !== null && `, ${t.trainings.took(span(took(training) ?? 0))}`}
        </p>
        {hasEnded(training) && (
          <div class="head-actions">
            <Link class="button quiet" href={`/trainings?again=${training.id}`}>
              {t.trainings.again}
            </Link>
          </div>
        )}
      </div>
      {!hasEnded(training) && <Progress training={training} />}
      {state === 'failed' && (
        <p class="notice bad" role="alert" lang="en">
          {error}
        </p>
      )}
      {state === 'canceled' && (
        <p class="notice">{model.version ? t.trainings.keptBest : t.trainings.gone}</p>
      )}
      {metrics && model.version && (
        <Result name={model.name} version={model.version} metrics={metrics} training={training} />
      )}
      {curve.length > 0 && <Curves curve={curve} method={method} />}
      {metrics && <Evaluation dataset={dataset.id} metrics={metrics} training={training.id} />}
      <Settings training={training} />
      {log.length > 0 && (
        <details class="panel log">
          <summary>{t.trainings.log(log.length)}</summary>
          <pre lang="en">{log.join('\n')}</pre>
        </details>
      )}
    </>
  );
}

/** Seconds from its beginning to its end; null: it has not ended, or never began. */
function took({ started_at, ended_at }: TrainingView): number | null {
  return started_at && ended_at ? (Date.parse(ended_at) - Date.parse(started_at)) / 1000 : null;
}

function Settings({ training }: { readonly training: TrainingView }) {
  const t = useTexts();
  const known = Object.entries(training.settings).filter(([, value]) => value !== undefined);
  return (
    <details class="panel">
      <summary>{t.trainings.settings}</summary>
      <dl class="setting-list">
        {known.map(([name, value]) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>{typeof value === 'object' ? JSON.stringify(value) : String(value)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
