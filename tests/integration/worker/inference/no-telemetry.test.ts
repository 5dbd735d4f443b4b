/** Nothing of what Scry is used for leaves the machine. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { REPO } from '../../../helpers/system.js';

const run = promisify(execFile);
const MODEL = path.join(REPO, 'models/everyday-10');

/** Loads the bundled model in the process itself, as commands and checks do. */
const IN_PROCESS = `
  process.argv.push('${MODEL}', '${path.join(MODEL, 'sample.jpg')}');
  await import('${REPO}/worker/dist/models/check/command.js');`;

/** Loads it in a thread, as a worker does. */
const IN_THREAD = `
  const { loadModel } = await import('${REPO}/shared/dist/models/model-folders.js');
  const { InferencePool } = await import('${REPO}/worker/dist/inference/pool.js');
  const pool = new InferencePool({ threads: 1, device: 'cpu', intraOpThreads: 1, timeoutS: 60 });
  const [report] = await pool.start([await loadModel('${MODEL}')]);
  await pool.close();
  if (!report.ok) throw new Error(report.problem);`;

describe("ONNX Runtime's telemetry", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'scry-telemetry-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it.each([
    ['a process', IN_PROCESS],
    ['a thread', IN_THREAD],
  ])('is not started in %s', async (_, code) => {
    const script = path.join(folder, 'load.mjs');
    await writeFile(script, code);
    const { ORT_DISABLE_TELEMETRY: _set, ...env } = process.env;
    await run(process.execPath, [script], { cwd: REPO, env: { ...env, TMPDIR: folder } });
    // What it would send it collects in files of its own.
    const made = (await readdir(folder)).filter((name) => name === '.ses' || name.startsWith('mat-'));
    expect(made).toEqual([]);
  });
});
