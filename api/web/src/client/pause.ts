/** Waiting that ends early when it is called off. */

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(end, ms);
    function end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
    signal.addEventListener('abort', end);
  });
}

const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** How long to wait before the next attempt, milliseconds: doubled each time, up to 15 s. @param attempts failed so far */
export function backoff(attempts: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, attempts - 1));
}
