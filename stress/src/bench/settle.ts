/** Waits until job recovery has found a job, or made one, for every queued prediction. */
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

const PATIENCE_MS = 10 * 60_000;
const LOOK_EVERY_MS = 1000;

/** Jobs that wait in a model's queue, as the API's metrics tell. */
async function waitingJobs(url: string, model: string): Promise<number> {
  const { body } = await request(new URL('/metrics', url));
  const text = await body.text();
  const line = text
    .split('\n')
    .find((candidate) => candidate.startsWith(`scry_queue_jobs{model="${model}",state="wait"}`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** @throws Error when that takes longer than ten minutes */
export async function settle(url: string, model: string, jobs: number): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while ((await waitingJobs(url, model)) < jobs) {
    if (performance.now() > until) throw new Error(`the queue never held ${jobs} jobs of ${model}`);
    await sleep(LOOK_EVERY_MS);
  }
}
