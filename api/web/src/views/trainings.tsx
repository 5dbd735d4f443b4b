/** The trainings, newest first, and starting one. */
import { useEffect, useState } from 'preact/hooks';
import { hasEnded, TRAININGS, type TrainingPage, type TrainingView } from '../client/trainings.js';
import { useLoad } from '../client/use-load.js';
import { ErrorNotice } from '../parts/notice.js';
import { TRAINING_SCOPES, TrainTabs } from '../parts/train-tabs.js';
import { Link, useSearch } from '../routing/router.js';
import { count, dateTime, percent, useTexts } from '../texts/training.js';
import { progressOf } from '../trainings/progress.js';
import { StateBadge } from '../trainings/state-badge.js';
import { Statistics } from '../trainings/statistics.js';
import { TrainingForm } from '../trainings/training-form.js';
import '../styles/trainings.css';

/** How often the list is asked for while something in it goes on, milliseconds. */
const AGAIN_MS = 3000;

export function Trainings() {
  const t = useTexts();
  const search = useSearch();
  const asked = new URLSearchParams(search);
  const [open, setOpen] = useState(asked.has('dataset') || asked.has('again'));
  const { data, error, reload } = useLoad<TrainingPage>(TRAININGS);
  const running = data?.items.some((training) => !hasEnded(training)) ?? false;
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(reload, AGAIN_MS);
    return () => clearInterval(timer);
  }, [running, reload]);
  const showForm = open || data?.items.length === 0;
  return (
    <>
      <TrainTabs current="trainings" />
      <div class="view-head">
        <h1 tabIndex={-1}>{t.trainings.title}</h1>
        {data && !showForm && (
          <div class="head-actions">
            <button type="button" class="primary" onClick={() => setOpen(true)}>
              {t.trainings.create}
            </button>
          </div>
        )}
      </div>
      {error !== null && <ErrorNotice error={error} onRetry={reload} scopes={TRAINING_SCOPES} />}
      {!data && error === null && <p class="quiet-text">{t.common.loading}</p>}
      {data && showForm && <TrainingForm dataset={asked.get('dataset')} again={asked.get('again')} />}
      {data && data.items.length > 0 && (
        <ul class="training-list">
          {data.items.map((training) => (
            <Row key={training.id} training={training} />
          ))}
        </ul>
      )}
      {data && data.items.length > 0 && <Statistics key={running ? 'running' : 'ended'} />}
    </>
  );
}

function Row({ training }: { readonly training: TrainingView }) {
  const t = useTexts();
  const { id, state, method, dataset, model, metrics, created_at } = training;
  const share = progressOf(training);
  return (
    <li>
      <Link class="training-row" href={`/trainings/${id}`}>
        <span class="training-name">
          <strong>
            {model.name}
            {model.version && <span class="quiet-text">@{model.version}</span>}
          </strong>
          <span class="quiet-text">{t.trainings.of(method, dataset.name)}</span>
        </span>
        <StateBadge state={state} />
        <span class="training-figure figures">
          {metrics && (
            <>
              {percent(metrics.accuracy)} <span class="quiet-text">{t.trainings.accuracy}</span>
            </>
          )}
          {!metrics && share !== null && t.trainings.done(count(share * 100), '100 %')}
        </span>
        <time class="quiet-text" dateTime={created_at}>
          {dateTime(created_at)}
        </time>
      </Link>
    </li>
  );
}
