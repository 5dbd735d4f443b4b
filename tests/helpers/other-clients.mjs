/**
 * Clients that mean no harm, in a process of their own so that an attacker's work does not slow them down: so many images a
 * second, each waited for, by a clock that does not wait for answers, and as many looks at /healthz. Told "report", it says what the time since the last
 * report was like.
 *
 * Arguments: the API's address, a file with an image.
 */
import { readFile } from 'node:fs/promises';

const EVERY_MS = 100;
const PATIENCE_MS = 30_000;

const [url, file] = process.argv.slice(2);
const image = new Blob([await readFile(file)]);

let asked = 0;
let tookMs = [];
const failures = [];
let slowestHealthMs = 0;
const open = new Set();

async function predict(since) {
  const form = new FormData();
  form.set('image', image, 'photo.jpg');
  const init = {
    method: 'POST',
    body: form,
    headers: { Prefer: 'wait=20' },
    signal: AbortSignal.timeout(PATIENCE_MS),
  };
  try {
    const response = await fetch(`${url}/v1/predictions`, init);
    const { status } = await response.json();
    if (response.status !== 200 || status !== 'succeeded') failures.push(`${response.status} ${status}`);
  } catch (error) {
    failures.push(error.cause?.code ?? error.name);
  }
  tookMs.push(performance.now() - since);
}

async function look(since) {
  await (await fetch(`${url}/healthz`)).arrayBuffer();
  slowestHealthMs = Math.max(slowestHealthMs, performance.now() - since);
}

/** Sends what is due: also what could not be sent in time, timed from when it should have been. */
let due = performance.now();
setInterval(() => {
  for (; due <= performance.now(); due += EVERY_MS) {
    asked++;
    const request = predict(due).finally(() => open.delete(request));
    open.add(request);
    look(due).catch((error) => failures.push(`healthz: ${error.cause?.code ?? error.name}`));
  }
}, 10);

process.on('message', async () => {
  const mine = [...open];
  const counted = asked;
  asked = 0;
  await Promise.all(mine);
  const sorted = tookMs.sort((a, b) => a - b);
  const p95Ms = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
  process.send({
    asked: counted,
    failed: failures.length,
    failures: [...new Set(failures)],
    p95Ms,
    slowestHealthMs,
  });
  slowestHealthMs = 0;
  tookMs = [];
  failures.length = 0;
});
process.on('disconnect', () => process.exit());
process.send('ready');
