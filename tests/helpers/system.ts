/**
 * A whole Scry for end-to-end and fault tests: the built api and workers as processes of their own, with a database and
 * a data folder that go when the test is over. Tests may kill, stop and start any part.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ModelList } from '@scry/shared/contracts/model';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { ended, spawnGuarded } from '../../scripts/lib/guarded-process.mjs';
import { createDatabase, type TestDatabase } from './services.js';

export const REPO = fileURLToPath(new URL('../..', import.meta.url));
const READY_MS = 60_000;
const STOP_MS = 30_000;

/** One of Scry's processes. Moves starting → running → ended; `start` again makes a new one. */
export class SystemProcess {
  readonly name: string;
  readonly #script: string;
  #env: NodeJS.ProcessEnv;
  #child: ChildProcess | null = null;
  #end: Promise<string> = Promise.resolve('never started');
  #output = '';
  readonly #listening = new Set<() => void>();

  constructor(name: string, script: string, env: NodeJS.ProcessEnv) {
    this.name = name;
    this.#script = script;
    this.#env = env;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Where it answers: on a port that it chose the first time and keeps. @throws Error before it listened */
  get url(): string {
    const { PORT: port = '0' } = this.#env;
    if (port === '0') throw new Error(`${this.name} has not listened yet`);
    return `http://127.0.0.1:${port}`;
  }

  /** What it logged, the last 64 KiB. */
  get output(): string {
    return this.#output;
  }

  /** Resolves as soon as its output holds this text or matches. @throws Error with its output when it ends before */
  async said(text: string | RegExp): Promise<void> {
    const holds = () => (typeof text === 'string' ? this.#output.includes(text) : text.test(this.#output));
    if (holds()) return;
    let look = () => {};
    const heard = new Promise<'heard'>((resolve) => {
      look = () => holds() && resolve('heard');
      this.#listening.add(look);
    });
    const outcome = await Promise.race([heard, this.#end]);
    this.#listening.delete(look);
    if (outcome !== 'heard') throw new Error(`${this.name} did not say ${text}: ${outcome}\n${this.#output}`);
  }

  /** Resolves with how the process ended: "exit code 0", "signal SIGKILL". */
  get end(): Promise<string> {
    return this.#end;
  }

  /** Starts it; resolves when it says that it is ready. @throws Error with its output when it ends before */
  async start(nodeArguments: readonly string[] = []): Promise<void> {
    const child = spawnGuarded('TERM', process.execPath, [...nodeArguments, path.join(REPO, this.#script)], {
      env: this.#env,
      cwd: REPO,
      ipc: true,
    });
    this.#child = child;
    this.#end = ended(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-65_536);
        for (const look of this.#listening) look();
      });
    }
    let timer: NodeJS.Timeout | undefined;
    const outcome = await Promise.race([
      new Promise<'ready'>((resolve) => {
        child.on('message', (message: 'ready' | { readonly port: number }) => {
          if (message === 'ready') resolve(message);
          else this.#env = { ...this.#env, PORT: String(message.port) };
        });
      }),
      this.#end,
      new Promise<string>((resolve) => {
        timer = setTimeout(() => resolve(`not ready after ${READY_MS} ms`), READY_MS);
      }),
    ]);
    clearTimeout(timer);
    if (outcome !== 'ready') throw new Error(`${this.name}: ${outcome}\n${this.#output}`);
  }

  /** Asks it to stop. @returns how it ended */
  async stop(): Promise<string> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), STOP_MS);
    const end = await this.#end;
    clearTimeout(timer);
    return end;
  }

  /** Ends it as a crash or a pulled plug would. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#end;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#child && this.#child.exitCode === null && this.#child.signalCode === null)
      this.#child.kill(signal);
  }
}

export interface SystemOptions {
  readonly workers?: number;
  /** Unset: the database is the queue. */
  readonly queueUrl?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly workerEnv?: Readonly<Record<string, string>>;
  /** What a worker runs, from the repository's root. */
  readonly workerScript?: string;
  /** Unset: one of the run's PostgreSQL. */
  readonly database?: TestDatabase;
  /** Unset: a temporary one. It is emptied in the end. */
  readonly dataDir?: string;
  /** For node, before the script. */
  readonly nodeArguments?: { readonly api?: readonly string[]; readonly worker?: readonly string[] };
}

export class System {
  readonly dataDir: string;
  readonly database: TestDatabase;
  readonly api: SystemProcess;
  readonly workers: SystemProcess[] = [];
  readonly #env: NodeJS.ProcessEnv;
  readonly #workerEnv: Readonly<Record<string, string>>;
  readonly #workerScript: string;
  readonly #workerArguments: readonly string[];

  constructor(parts: {
    dataDir: string;
    database: TestDatabase;
    env: NodeJS.ProcessEnv;
    workerEnv: Readonly<Record<string, string>>;
    workerScript: string;
    workerArguments: readonly string[];
  }) {
    this.dataDir = parts.dataDir;
    this.database = parts.database;
    this.#env = { ...parts.env, PORT: '0' };
    this.#workerEnv = parts.workerEnv;
    this.#workerScript = parts.workerScript;
    this.#workerArguments = parts.workerArguments;
    this.api = new SystemProcess('api', 'api/dist/main.js', this.#env);
  }

  get url(): string {
    return this.api.url;
  }

  /** Starts one more worker. */
  async addWorker(): Promise<SystemProcess> {
    const name = `worker-${this.workers.length + 1}`;
    const worker = new SystemProcess(name, this.#workerScript, {
      ...this.#env,
      ...this.#workerEnv,
      WORKER_ID: name,
    });
    this.workers.push(worker);
    await worker.start(this.#workerArguments);
    return worker;
  }

  /** Starts another API process beside the first, on a port of its own. */
  async addApi(): Promise<SystemProcess> {
    const api = new SystemProcess('api-2', 'api/dist/main.js', this.#env);
    await api.start();
    return api;
  }

  /** Uploads an image. @returns the answer as it came */
  async upload(
    image: Buffer | Uint8Array,
    fields: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set('image', new Blob([new Uint8Array(image)]), 'image.jpg');
    return fetch(`${this.url}/v1/predictions`, { method: 'POST', body: form, headers });
  }

  /** Uploads an image and waits for its end. @throws Error when it is refused or does not end within 60 s */
  async predict(
    image: Buffer | Uint8Array,
    fields: Readonly<Record<string, string>> = {},
  ): Promise<PredictionView> {
    const accepted = await this.upload(image, fields);
    const body = (await accepted.json()) as PredictionView;
    if (accepted.status !== 202) throw new Error(`refused with ${accepted.status}: ${JSON.stringify(body)}`);
    return this.waitFor(body.prediction_id);
  }

  /** Waits for the end of a prediction. @throws Error when it does not end in time */
  async waitFor(id: string, timeoutMs = 60_000): Promise<PredictionView> {
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline) {
      const response = await fetch(`${this.url}/v1/predictions/${id}?wait=10`);
      const prediction = (await response.json()) as PredictionView;
      if (response.status !== 200) throw new Error(`${id}: ${response.status} ${JSON.stringify(prediction)}`);
      if (prediction.completed_at) return prediction;
    }
    throw new Error(`${id} did not end within ${timeoutMs} ms`);
  }

  /** Waits until the API says that it cannot do its work. @returns its checks then */
  async untilNotReady(): Promise<Record<string, string>> {
    for (;;) {
      const response = await fetch(`${this.url}/readyz`);
      const { checks } = (await response.json()) as { checks: Record<string, string> };
      if (response.status === 503) return checks;
      await sleep(50);
    }
  }

  /** Stops every process and removes what they left. @returns how each ended */
  async remove(): Promise<string[]> {
    const ends = await Promise.all([this.api, ...this.workers].map((process) => process.stop()));
    await rm(this.dataDir, { recursive: true, force: true });
    await this.database.drop();
    return ends;
  }
}

/** How long checks of models are waited for; some tests have models whose checks do not end. */
const CHECKS_MS = 15_000;

/** Waits until the models that workers serve have been checked: before, predictions of them are refused. */
async function untilChecked(url: string, served: readonly string[] | undefined): Promise<void> {
  const deadline = Date.now() + CHECKS_MS;
  while (Date.now() < deadline) {
    const response = await fetch(`${url}/v1/models`);
    if (!response.ok) return; // a key is needed, and the test knows when to ask
    const { problems } = (await response.json()) as ModelList;
    const checking = problems.filter(
      ({ name, state }) => state === 'checking' && (served?.includes(name) ?? true),
    );
    if (checking.length === 0) return;
    await sleep(50);
  }
}

/** Starts a whole system; ready when this resolves, its models checked. Needs a build (`npm run build`). */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const database = options.database ?? (await createDatabase());
  const dataDir = options.dataDir ?? (await mkdtemp(path.join(tmpdir(), 'scry-system-')));
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    MODELS_DIR: path.join(REPO, 'models'),
    DATABASE_URL: database.url,
    LOG_LEVEL: 'warn',
    ...(options.queueUrl ? { QUEUE_URL: options.queueUrl } : {}),
    ...options.env,
  };
  const system = new System({
    dataDir,
    database,
    env,
    workerEnv: options.workerEnv ?? {},
    workerScript: options.workerScript ?? 'worker/dist/main.js',
    workerArguments: options.nodeArguments?.worker ?? [],
  });
  try {
    await system.api.start(options.nodeArguments?.api);
    for (let index = 0; index < (options.workers ?? 1); index++) await system.addWorker();
    if (system.workers.length > 0)
      await untilChecked(system.url, options.workerEnv?.WORKER_MODELS?.split(','));
    return system;
  } catch (error) {
    await system.remove();
    throw error;
  }
}
