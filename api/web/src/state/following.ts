/**
 * Which predictions of this tab are followed to their end. Owns the few connections that may be held for it: a browser opens six
 * to a server, and hundreds of images may wait. Who waits for a connection waits in line; while somebody does, each has
 * one for a moment only, so that no prediction that waits for its worker keeps the others from being seen.
 *
 *     in line ──▶ followed ──▶ ended (its prediction has), failed, or stopped
 *        ▲───────────┘ its time is over and others wait
 */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { follow as followPrediction } from '../client/predictions.js';

const CONNECTIONS = 2;
/** How long one is held while others wait: this, divided by how many there are, but a third of a second at least. */
const TURN_MS = 4000;
const SHORTEST_TURN_MS = 333;

interface Followed {
  readonly id: string;
  readonly onChange: (prediction: PredictionView) => void;
  readonly signal: AbortSignal;
  readonly ended: () => void;
  readonly failed: (error: unknown) => void;
}

let line: Followed[] = [];
let held = 0;

/** Resolves when the prediction has ended. @throws RequestFailed (404, 401, …), AbortError */
export function untilEnded(
  id: string,
  onChange: (prediction: PredictionView) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((ended, failed) => {
    const followed = { id, onChange, signal, ended, failed };
    signal.addEventListener('abort', () => {
      line = line.filter((other) => other !== followed);
      failed(signal.reason);
    });
    line.push(followed);
    next();
  });
}

/** Gives the next turn to a prediction, because somebody looks at it. */
export function lookAt(id: string): void {
  line = [...line.filter((one) => one.id === id), ...line.filter((one) => one.id !== id)];
}

function next(): void {
  while (held < CONNECTIONS) {
    const followed = line.shift();
    if (!followed) return;
    held += 1;
    void follow(followed).finally(() => {
      held -= 1;
      next();
    });
  }
}

async function follow(followed: Followed): Promise<void> {
  const { id, onChange, signal, ended, failed } = followed;
  const turn = new AbortController();
  const timer = setInterval(
    () => line.length > 0 && turn.abort(),
    Math.max(SHORTEST_TURN_MS, TURN_MS / (line.length + 1)),
  );
  try {
    await followPrediction(id, onChange, AbortSignal.any([signal, turn.signal]));
    ended();
  } catch (error) {
    if (turn.signal.aborted && !signal.aborted) line.push(followed);
    else failed(error);
  } finally {
    clearInterval(timer);
  }
}
