/**
 * Logging of faults that repeat many times a second. Owns, per sentence, when it was last written and how often it was
 * left out since; the next line says how often.
 */
import type { Logger } from './log.js';

const EVERY_MS = 10_000;

interface Sentence {
  at: number;
  omitted: number;
}

export class ThrottledLog {
  readonly #log: Logger;
  readonly #everyMs: number;
  readonly #sentences = new Map<string, Sentence>();

  /** @param everyMs how often the same sentence is written at the most, milliseconds */
  constructor(log: Logger, everyMs: number = EVERY_MS) {
    this.#log = log;
    this.#everyMs = everyMs;
  }

  /** Writes a warning, unless the same sentence was written a moment ago. @param sentence one of a few constants */
  warn(fields: Readonly<Record<string, unknown>>, sentence: string): void {
    const now = performance.now();
    const last = this.#sentences.get(sentence);
    if (last && now - last.at < this.#everyMs) {
      last.omitted++;
      return;
    }
    const repeated = last?.omitted ? { repeated: last.omitted } : {};
    this.#log.warn({ ...fields, ...repeated }, sentence);
    this.#sentences.set(sentence, { at: now, omitted: 0 });
  }
}
