/** `npm start` as a person meets it: its greeting, its stop, and what it does when something dies. */
import { existsSync, openAsBlob, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Launcher } from '../helpers/launcher.js';
import { REPO } from '../helpers/system.js';

const SAMPLE = path.join(REPO, 'models/everyday-10/sample.jpg');
const SLOW_MS = 300_000;

let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'scry-start-'));
});

afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function predictSample(base: string): Promise<unknown> {
  const form = new FormData();
  form.append('image', await openAsBlob(SAMPLE), 'sample.jpg');
  const response = await fetch(`${base}/v1/predictions`, {
    method: 'POST',
    headers: { Prefer: 'wait=20' },
    body: form,
  });
  return response.json();
}

/** A process that has ended counts as gone even where nobody collects it, as in a container without an init. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false; // no such process
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) [ZX] /.test(readFileSync(stat, 'latin1'));
}

async function gone(pid: number): Promise<void> {
  while (runs(pid)) await new Promise((resolve) => setTimeout(resolve, 50));
}

test(
  'npm start greets with a line that answers, brings back what dies, and keeps its data',
  async () => {
    const first = new Launcher(dataDir);
    const [, base = ''] = await first.said(/Page {5}(http:\S+)\/$/);
    expect((await first.said(/Try it {3}(curl .*)$/))[1]).toContain(
      `'image=@${SAMPLE}' ${base}/v1/predictions`,
    );
    const [, signIn = ''] = await first.said(/Sign in {2}http:\S+\/#key=(scry_\S+)$/);
    const asAdmin = { headers: { Authorization: `Bearer ${signIn}` } };
    expect((await fetch(`${base}/v1/keys`, asAdmin)).status).toBe(200);
    expect((await stat(path.join(dataDir, 'sign-in-key'))).mode & 0o777).toBe(0o600);
    expect(first.lines.filter((line) => /"level":[4-9]\d/.test(line))).toEqual([]);
    const prediction = await predictSample(base);
    expect(prediction).toMatchObject({
      status: 'succeeded',
      output: { predictions: [{ class_name: 'airplane' }, {}, {}, {}, {}] },
    });

    const [worker = 0] = first.pids('worker');
    const before = first.lines.length;
    process.kill(worker, 'SIGKILL');
    await first.said(/ended with signal SIGKILL; starting it again/, before);
    await first.said(/"name":"worker".*"msg":"ready"/, before);
    expect(await predictSample(base)).toMatchObject({ status: 'succeeded' });

    expect(await first.end('SIGTERM')).toEqual([0, null]);

    const second = new Launcher(dataDir, { AUTH: 'key' });
    const [, again = ''] = await second.said(/Page {5}(http:\S+)\/$/);
    await second.said(new RegExp(`Sign in {2}${again}/#key=${signIn}$`));
    const { prediction_id } = prediction as { prediction_id: string };
    const [, key = ''] = await second.said(/(scry_[\w-]{20,})/);
    expect(second.lines.filter((line) => line.includes(key))).toHaveLength(1);
    await second.said(/Try it {3}curl .*\$SCRY_KEY/);
    const headers = { Authorization: `Bearer ${key}` };
    const kept = await fetch(`${again}/v1/predictions/${prediction_id}`, { headers });
    expect(await kept.json()).toMatchObject({ prediction_id, status: 'succeeded' });

    const port = new URL(again).port;
    const clash = new Launcher(dataDir, { PORT: port });
    await clash.said(new RegExp(`Port ${port} on 127.0.0.1 is in use.*PORT=${Number(port) + 1} npm start`));
    const rival = new Launcher(dataDir);
    await rival.said(/Another Scry \(process \d+\) is using .* set DATA_DIR to another folder/);

    const lock = await readFile(path.join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8');
    const children = [...second.pids('api'), ...second.pids('worker'), Number(lock.split('\n')[0])];
    await second.end('SIGKILL');
    await Promise.all(children.map(gone));
  },
  SLOW_MS,
);
