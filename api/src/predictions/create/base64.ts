/** Base64 as it arrives, piece by piece: RFC 4648 with either alphabet, with or without padding, bare or as a data URL. */
import { Problem } from '../../http/problems.js';
import { invalidJson } from './json-splitter.js';

const DATA_URL = /^data:[^,]{0,200};base64,/;
/** Longer than any beginning that DATA_URL accepts. */
const LONGEST_PREFIX = 220;
const ALPHABET = /^[A-Za-z0-9+/_-]*/;
const PADDING = /^=*$/;
/** What may be left at the end. */
const PADDED = /^[A-Za-z0-9+/_-]*={0,2}$/;
/** Characters that JSON lets in as escapes only. */
const CONTROL = /[^\P{Cc}\x7f-\x9f]/u;
const MOST_PADDING = 2;
/** Characters that stand for three bytes. */
const GROUP = 4;

function notBase64(): Problem {
  return new Problem(
    'invalid-request',
    'image: not base64. Send the file as base64 or as a data URL (data:image/jpeg;base64,…).',
  );
}

/** Decodes one text. Give every piece to `push`, then call `end` once. */
export class Base64Decoder {
  /** The beginning, until it can be told whether it is that of a data URL; null from then on. */
  #beginning: string | null = '';
  /** Characters that do not make a whole group yet. */
  #rest = '';
  #padding = 0;

  /** @returns the bytes that are complete now. @throws Problem "invalid-request" when the text is not base64 */
  push(text: string): Buffer {
    if (this.#beginning === null) return this.#decode(text);
    this.#beginning += text;
    return this.#beginning.length < LONGEST_PREFIX ? Buffer.alloc(0) : this.#begin();
  }

  /** @returns the last bytes. @throws Problem as `push` */
  end(): Buffer {
    const last = this.#beginning === null ? Buffer.alloc(0) : this.#begin();
    const rest = this.#rest;
    this.#rest = '';
    if (PADDED.test(rest)) return Buffer.concat([last, Buffer.from(rest, 'base64')]);
    throw CONTROL.test(rest) ? invalidJson() : notBase64();
  }

  #begin(): Buffer {
    const text = this.#beginning ?? '';
    this.#beginning = null;
    return this.#decode(text.slice(DATA_URL.exec(text)?.[0].length ?? 0));
  }

  #decode(text: string): Buffer {
    const all = this.#rest + text;
    const whole = all.length - (all.length % GROUP);
    const groups = all.slice(0, whole);
    const bytes = Buffer.from(groups, 'base64');
    // Node leaves out what is not base64, and stops at padding: where nothing is missing there was neither.
    if (this.#padding === 0 && bytes.length === (whole / GROUP) * 3) {
      this.#rest = all.slice(whole);
      return bytes;
    }
    const found = this.#padding > 0 ? this.#rest : (ALPHABET.exec(all)?.[0] ?? '');
    const padding = all.slice(found.length);
    this.#padding += padding.length;
    if (CONTROL.test(padding)) throw invalidJson(); // it would have to be escaped
    if (!PADDING.test(padding) || this.#padding > MOST_PADDING) throw notBase64();
    const end = found.length - (found.length % GROUP);
    this.#rest = found.slice(end);
    return Buffer.from(found.slice(0, end), 'base64');
  }
}
