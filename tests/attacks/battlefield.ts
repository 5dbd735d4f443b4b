/**
 * A system under attack: clients that mean no harm work on meanwhile, the API's memory is watched, and what was seen becomes a
 * row of the table that `npm run test:attacks` prints.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { peakMemoryMiB } from '../helpers/corpus-run.js';
import { shapesJpeg } from '../helpers/images.js';
import { REPO, type System, type SystemOptions, startSystem } from '../helpers/system.js';

const CALM_MS = 4000;
const USUAL_CALM_MS = 150;
/** An attack that is over sooner is watched for so long all the same: its effects may come later. */
const LEAST_MS = 3000;

interface Seen {
  readonly asked: number;
  readonly failed: number;
  readonly failures: readonly string[];
  readonly p95Ms: number;
  readonly slowestHealthMs: number;
}

/** What an attack came to. */
export interface Outcome extends Seen {
  readonly calmP95Ms: number;
  /** Most memory of the API process meanwhile. */
  readonly peakMiB: number;
  /** Of the API process when the attack began. */
  readonly calmMiB: number;
}

export class Battlefield {
  readonly system: System;
  readonly #others: ChildProcess;
  readonly #folder: string;
  readonly #calmP95Ms: number;

  private constructor(system: System, others: ChildProcess, folder: string, calmP95Ms: number) {
    this.system = system;
    this.#others = others;
    this.#folder = folder;
    this.#calmP95Ms = calmP95Ms;
  }

  /** Starts a system and its other clients, and sees how they do while nobody attacks. */
  static async open(options: SystemOptions = {}): Promise<Battlefield> {
    const system = await startSystem({ workerEnv: { WORKER_THREADS: '1' }, ...options });
    const folder = await mkdtemp(path.join(tmpdir(), 'scry-attacks-'));
    const file = path.join(folder, 'image.jpg');
    await writeFile(file, await shapesJpeg(7));
    await system.predict(await shapesJpeg(8)); // everything has run once
    const others = fork(path.join(REPO, 'tests/helpers/other-clients.mjs'), [system.url, file], {
      execArgv: [],
    });
    await once(others, 'message');
    await sleep(CALM_MS);
    const calm = await ask(others);
    expect(calm).toMatchObject({ failed: 0 });
    return new Battlefield(system, others, folder, calm.p95Ms);
  }

  /** Runs an attack while the other clients work on. */
  async during(attack: () => Promise<void>): Promise<Outcome> {
    const pid = this.system.api.pid as number;
    await writeFile(`/proc/${pid}/clear_refs`, '5'); // the highest mark of memory begins again, proc(5)
    const calmMiB = await peakMemoryMiB(pid);
    await ask(this.#others);
    await Promise.all([attack(), sleep(LEAST_MS)]);
    const seen = await ask(this.#others);
    return { ...seen, calmP95Ms: this.#calmP95Ms, calmMiB, peakMiB: await peakMemoryMiB(pid) };
  }

  /** Ends everything. @throws Error when a process of the system did not live to the end */
  async close(): Promise<void> {
    this.#others.disconnect();
    const ends = await this.system.remove();
    await rm(this.#folder, { recursive: true, force: true });
    expect(ends).toEqual(ends.map(() => 'exit code 0'));
  }
}

async function ask(others: ChildProcess): Promise<Seen> {
  const answer = once(others, 'message') as Promise<[Seen]>;
  others.send('report');
  const [seen] = await answer;
  return seen;
}

export interface Limits {
  /** Most MiB by which the API may grow. */
  readonly growthMiB: number;
  /** Longest p95 of the other clients where it is `USUAL_CALM_MS` while nobody attacks; on a busier machine longer. */
  readonly p95Ms: number;
}

/** Notes a row, and insists that nobody else failed and that memory and times stayed within limits. */
export function report(
  attack: string,
  before: string,
  now: string,
  outcome: Outcome,
  { growthMiB, p95Ms }: Limits,
): void {
  if (process.env.SCRY_ATTACKS_REPORT)
    appendFileSync(
      process.env.SCRY_ATTACKS_REPORT,
      `${JSON.stringify({ attack, before, now, ...outcome })}\n`,
    );
  expect(outcome).toMatchObject({ failed: 0, failures: [] });
  expect(outcome.asked).toBeGreaterThan(20);
  expect(outcome.peakMiB - outcome.calmMiB).toBeLessThan(growthMiB);
  expect(outcome.p95Ms).toBeLessThan(p95Ms * Math.max(1, outcome.calmP95Ms / USUAL_CALM_MS));
}
