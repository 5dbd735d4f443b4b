/**
 * Counts predictions through a fault: what was accepted, what became of it, and how often it ended. Asks the database,
 * not the API, for the API may be what is broken. A trigger writes down every end, so that a second one would show.
 */
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import pg from 'pg';
import { shapesJpeg } from './images.js';
import type { System } from './system.js';

/** Whom images are sent to, and the database that is asked what became of them. */
export interface CountedSystem extends Pick<System, 'url' | 'predict'> {
  readonly database: { readonly url: string };
}

const IMAGES = 6;
/** Answers of one model on one machine differ by less, whatever they were batched with. */
const SAME = 1e-3;

const WRITE_DOWN_ENDS = `
  CREATE TABLE ends (id text, at timestamptz DEFAULT clock_timestamp());
  CREATE FUNCTION write_down_end() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO ends (id) VALUES (NEW.id); RETURN NULL; END';
  CREATE TRIGGER write_down_ends AFTER UPDATE ON predictions FOR EACH ROW
    WHEN (NEW.ended IS NOT NULL AND OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION write_down_end();`;
const ROWS = `
  SELECT p.id, p.ended, p.code, p.output->'predictions'->0->>'class_name' AS class,
         (p.output->'predictions'->0->>'confidence')::float8 AS confidence,
         (SELECT count(*)::int FROM ends e WHERE e.id = p.id) AS ends
  FROM predictions p`;

interface Row {
  readonly id: string;
  readonly ended: string | null;
  readonly code: number;
  readonly class: string | null;
  readonly confidence: number | null;
  readonly ends: number;
}

interface Image {
  readonly bytes: Buffer;
  readonly class: string;
  readonly confidence: number;
}

/** What a fault did to the predictions that were accepted. */
export interface Tally {
  /** Answered with 202, or committed without the answer reaching the client: both must end. */
  readonly accepted: number;
  /** Succeeded with the answer that the same image gets in calm weather. */
  readonly right: number;
  /** Ended with an error. */
  readonly failed: number;
  /** Accepted and not there, or not ended in time. */
  readonly lost: number;
  /** Ended more than once. */
  readonly doubled: number;
  /** Uploads that were refused with a status, or broken off, by what was said. */
  readonly refused: Readonly<Record<string, number>>;
  /** From the end of the fault until the last accepted prediction had ended, seconds. */
  readonly recoveryS: number;
}

export class Ledger {
  readonly #system: CountedSystem;
  readonly #images: readonly Image[];
  readonly #accepted = new Map<string, Image>();
  readonly #unanswered = new Map<string, Image>();
  readonly #refused = new Map<string, number>();
  readonly #answers = new EventEmitter();

  private constructor(system: CountedSystem, images: readonly Image[]) {
    this.#system = system;
    this.#images = images;
  }

  /** Learns the right answers in calm weather, and begins to write down ends. @param draw makes an image per seed */
  static async open(system: CountedSystem, draw = (seed: number) => shapesJpeg(seed)): Promise<Ledger> {
    const images: Image[] = [];
    for (let seed = 1; seed <= IMAGES; seed++) {
      const bytes = await draw(seed);
      const answer = (await system.predict(bytes)).output?.predictions[0];
      if (!answer) throw new Error('an image got no answer before any fault');
      images.push({ bytes, class: answer.class_name, confidence: answer.confidence });
    }
    await withClient(system, (client) => client.query(WRITE_DOWN_ENDS));
    return new Ledger(system, images);
  }

  get accepted(): number {
    return this.#accepted.size;
  }

  /** Uploads one image under an id of its own and notes what was said. */
  async upload(url = this.#system.url): Promise<void> {
    const id = randomUUID();
    const image = this.#images[this.#accepted.size % this.#images.length] as Image;
    const form = new FormData();
    form.set('image', new Blob([new Uint8Array(image.bytes)]), 'image.jpg');
    this.#unanswered.set(id, image);
    let said: string;
    try {
      const init = { method: 'PUT', body: form, signal: AbortSignal.timeout(30_000) };
      const response = await fetch(`${url}/v1/predictions/${id}`, init);
      await response.arrayBuffer();
      said = String(response.status);
      if (response.status === 202 || response.status === 200) {
        this.#unanswered.delete(id);
        this.#accepted.set(id, image);
        this.#answers.emit('accepted');
        return;
      }
    } catch (error) {
      said = (error as Error).name === 'TimeoutError' ? 'no answer' : 'connection';
    }
    this.#refused.set(said, (this.#refused.get(said) ?? 0) + 1);
  }

  /** Resolves when so many more have been accepted. */
  async acceptedMore(count: number): Promise<void> {
    const enough = this.accepted + count;
    while (this.accepted < enough) await once(this.#answers, 'accepted');
  }

  /** Uploads without a pause, several at a time, until the work is done. */
  async during(work: () => Promise<void>, parallel = 8): Promise<void> {
    let done = false;
    const clients = Array.from({ length: parallel }, async () => {
      while (!done) {
        await this.upload();
        await new Promise((resolve) => setTimeout(resolve, 5)); // a refusing server must not be hammered
      }
    });
    try {
      await work();
    } finally {
      done = true;
      await Promise.all(clients);
    }
  }

  /** Uploads so many. */
  async uploadMany(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.upload()));
  }

  /** Begins to count again. */
  reset(): void {
    for (const counted of [this.#accepted, this.#unanswered, this.#refused]) counted.clear();
  }

  /** How many rows there are of uploads that were not answered. */
  async committedUnanswered(): Promise<number> {
    const rows = await this.#rows();
    return rows.filter(({ id }) => this.#unanswered.has(id)).length;
  }

  /** Waits until everything has ended and counts. @param overAt `performance.now()` at the end of the fault */
  async settle(overAt: number, timeoutMs = 90_000): Promise<Tally> {
    const deadline = performance.now() + timeoutMs;
    let rows = await this.#rows();
    while (this.#open(rows) > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      rows = await this.#rows();
    }
    const recoveryS = (performance.now() - overAt) / 1000;
    const unanswered = rows.filter(({ id }) => this.#unanswered.has(id));
    const mine = [...rows.filter(({ id }) => this.#accepted.has(id)), ...unanswered];
    return {
      accepted: this.#accepted.size + unanswered.length,
      right: mine.filter((row) => this.#isRight(row)).length,
      failed: mine.filter(({ ended }) => ended !== null && ended !== 'succeeded').length,
      lost: this.#open(rows),
      doubled: rows.filter(({ ends }) => ends > 1).length,
      refused: Object.fromEntries(this.#refused),
      recoveryS,
    };
  }

  #isRight({ id, ended, class: found, confidence }: Row): boolean {
    const image = this.#accepted.get(id) ?? this.#unanswered.get(id);
    if (!image || ended !== 'succeeded' || found !== image.class) return false;
    return Math.abs((confidence ?? 0) - image.confidence) < SAME;
  }

  #open(rows: readonly Row[]): number {
    const ended = new Set(rows.filter((row) => row.ended !== null).map(({ id }) => id));
    const missing = [...this.#accepted.keys()].filter((id) => !ended.has(id)).length;
    return missing + rows.filter(({ id, ended: end }) => this.#unanswered.has(id) && end === null).length;
  }

  #rows(): Promise<Row[]> {
    return withClient(this.#system, async (client) => (await client.query<Row>(ROWS)).rows);
  }
}

async function withClient<T>(system: CountedSystem, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: system.database.url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
