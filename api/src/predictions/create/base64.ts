/** Base64 as it arrives, piece by piece: RFC 4648 with either alphabet, with or without padding, bare or as a data URL. */
import { Problem } from '../../http/problems.js';

const DATA_URL = /^data:[^,]{0,200};base64,/;
/** Longer than any beginning that DATA_URL accepts. */
const LONGEST_PREFIX = 220;
const ALPHABET = /^[A-Za-z0-9+/_-]*/;
const PADDING = /^=*$/;
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
    return Buffer.concat([last, Buffer.from(this.#rest, 'base64')]);
  }

  #begin(): Buffer {
    const text = this.#beginning ?? '';
    this.#beginning = null;
    return this.#decode(text.slice(DATA_URL.exec(text)?.[0].length ?? 0));
  }

  #decode(text: string): Buffer {
    const found = this.#padding > 0 ? '' : (ALPHABET.exec(text)?.[0] ?? '');
    const padding = text.slice(found.length);
    this.#padding += padding.length;
    if (!PADDING.test(padding) || this.#padding > MOST_PADDING) throw notBase64();
    const all = this.#rest + found;
    const whole = all.length - (all.length % GROUP);
    this.#rest = all.slice(whole);
    return Buffer.from(all.slice(0, whole), 'base64');
  }
}
