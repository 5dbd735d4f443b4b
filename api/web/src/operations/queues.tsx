/** The queue of each model: how many wait, and whether it runs, is paused or drains. */
import type { QueueState } from '@scry/shared/contracts/model-queue';
import type { Operations } from '@scry/shared/contracts/statistics';
import { useState } from 'preact/hooks';
import { setQueue } from '../client/operating.js';
import { ErrorNotice } from '../parts/notice.js';
import { count } from '../texts/index.js';
import { useTexts } from '../texts/operating.js';

const OTHER_STATES: Readonly<Record<QueueState, readonly QueueState[]>> = {
  running: ['paused', 'draining'],
  paused: ['running', 'draining'],
  draining: ['running', 'paused'],
};

export function Queues({ queues, unfinished }: Pick<Operations, 'queues' | 'unfinished'>) {
  const t = useTexts();
  const q = t.operations.queues;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  /** What was set here, until the figures say so, too. */
  const [set, setSet] = useState<Readonly<Record<string, QueueState>>>({});
  const change = async (model: string, state: QueueState) => {
    setBusy(true);
    setError(null);
    try {
      await setQueue(model, state);
      setSet({ ...set, [model]: state });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const stateOf = (model: string): QueueState => set[model] ?? queues[model] ?? 'running';
  return (
    <section class="panel">
      <h2>{q.title}</h2>
      <table class="queues">
        <thead>
          <tr>
            <th scope="col">{q.model}</th>
            <th scope="col">{q.state}</th>
            <th scope="col">{q.unfinished}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {Object.keys(queues).map((model) => (
            <tr key={model}>
              <th scope="row">{model}</th>
              <td>
                <span class={`queue-state ${stateOf(model)}`}>{q.states[stateOf(model)]}</span>
              </td>
              <td class="figures">{count(unfinished[model] ?? 0)}</td>
              <td class="row-actions">
                {OTHER_STATES[stateOf(model)].map((state) => (
                  <button
                    key={state}
                    type="button"
                    class="quiet"
                    disabled={busy}
                    aria-label={`${q.actions[state]}: ${model}`}
                    onClick={() => void change(model, state)}
                  >
                    {q.actions[state]}
                  </button>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet-text">{q.help}</p>
      {error !== null && <ErrorNotice error={error} scopes="admin" />}
    </section>
  );
}
