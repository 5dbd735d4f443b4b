/** How far a training is: its phase, epoch and time left, and ending it early. */
import { useState } from 'preact/hooks';
import { cancelTraining, type TrainingView } from '../client/trainings.js';
import { useAction } from '../client/use-action.js';
import { ErrorNotice } from '../parts/notice.js';
import { TRAINING_SCOPES } from '../parts/train-tabs.js';
import { count, percent, span, useTexts } from '../texts/training.js';

const PHASES = ['queued', 'preparing', 'training'] as const;

/** The share of the present phase that is done, 0 to 1; null: not known. */
export function progressOf({ progress: { done, of } }: Pick<TrainingView, 'progress'>): number | null {
  return done === undefined || !of ? null : Math.min(1, done / of);
}

export function Progress({ training }: { readonly training: TrainingView }) {
  const t = useTexts();
  const { state, progress, curve, method } = training;
  const at = PHASES.indexOf(state as (typeof PHASES)[number]);
  const share = progressOf(training);
  const { epoch, epochs, step, steps, done, of, accuracy, seconds_left } = progress;
  const words = [
    epoch && epochs && method !== 'head' ? t.trainings.epoch(count(epoch), count(epochs)) : null,
    step && steps ? t.trainings.step(count(step), count(steps)) : null,
    state === 'preparing' && done !== undefined && of ? t.trainings.done(count(done), count(of)) : null,
    accuracy != null ? t.trainings.trainingAccuracy(percent(accuracy)) : null,
    seconds_left ? t.trainings.left(span(seconds_left)) : null,
  ].filter((text) => text !== null);
  return (
    <section class="panel training-progress" aria-label={t.trainings.state[state]}>
      <ol class="phases">
        {PHASES.map((phase, index) => (
          <li
            key={phase}
            class={index < at ? 'over' : ''}
            aria-current={phase === state ? 'step' : undefined}
          >
            {t.trainings.state[phase]}
          </li>
        ))}
      </ol>
      <progress
        class="progress"
        max={1}
        aria-label={t.trainings.state[state]}
        {...(share === null ? {} : { value: share })}
      />
      <p class="figures progress-words">
        {state === 'queued' ? t.trainings.queuedHelp : words.join(' · ') || '\u00a0'}
      </p>
      <Cancel id={training.id} canKeep={method !== 'head' && curve.length > 0} />
    </section>
  );
}

function Cancel({ id, canKeep }: { readonly id: string; readonly canKeep: boolean }) {
  const t = useTexts();
  const [asked, setAsked] = useState(false);
  const { busy, error, run } = useAction();
  const cancel = (keepBest: boolean) =>
    run(async () => {
      await cancelTraining(id, keepBest);
      setAsked(true);
    });
  if (asked)
    return (
      <p class="quiet-text" role="status">
        {t.trainings.canceling}
      </p>
    );
  return (
    <>
      <div class="field-row">
        {canKeep && (
          <button type="button" disabled={busy} onClick={() => cancel(true)}>
            {t.trainings.keepBest}
          </button>
        )}
        <button type="button" class="quiet" disabled={busy} onClick={() => cancel(false)}>
          {t.trainings.cancel}
        </button>
      </div>
      {error !== null && <ErrorNotice error={error} scopes={TRAINING_SCOPES} />}
    </>
  );
}
