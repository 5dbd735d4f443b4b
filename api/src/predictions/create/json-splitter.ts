/**
 * Takes the image out of `{"image": "<base64>", …}` while the JSON arrives, so that neither the text nor the image is
 * ever held whole. Everything else, with "" in the place of the image, is kept for JSON.parse, which judges the syntax;
 * it may be so long and hold so many brackets, since what a parser makes of a byte can be a hundred times as large.
 *
 *     structure ⇄ string (a key, or any value but the image)
 *         └────▶ image ⇄ escape, until its closing quote ──▶ structure
 */
import { Problem } from '../../http/problems.js';

/** Room for the fields besides the image. */
export const FIELDS_BYTES = 64 * 1024;
/** No field of a request is nested: more brackets are an attack on the parser's memory. */
const MAX_BRACKETS = 64;
/** "image" with every letter escaped. */
const LONGEST_KEY = 'image'.length * '\\u0000'.length;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];
const NO_IMAGE = Buffer.from('""');
/** RFC 8259: what may follow a backslash. */
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const UNICODE_ESCAPE = /^u[0-9a-f]{4}$/i;

export function invalidJson(): Problem {
  return new Problem(
    'invalid-json',
    'The body is not valid JSON. Check quotes, commas and that it is whole.',
  );
}

function isImageKey(raw: string): boolean {
  if (raw === 'image') return true;
  if (raw.length > LONGEST_KEY || !raw.includes('\\')) return false;
  try {
    return JSON.parse(`"${raw}"`) === 'image';
  } catch {
    return false; // JSON.parse of the whole says so, in a sentence
  }
}

/** A chunk that is being read. */
interface Piece {
  readonly chunk: Buffer;
  at: number;
  /** Where what is still to be kept begins. */
  from: number;
  /** Of an image, the next ones once they were looked for, so that no byte is looked at again and again. */
  quote: number;
  backslash: number;
}

export class JsonSplitter {
  #state: 'structure' | 'string' | 'image' | 'escape' = 'structure';
  readonly #fields: Buffer[] = [];
  #fieldsBytes = 0;
  #brackets = 0;
  #depth = 0;
  /** Whether the outermost value is an object, whose keys count. */
  #isObject = false;
  /** The key that is being read or was read last, as it is written; null while a value is read. */
  #key: string | null = null;
  #expectsKey = false;
  #escaped = false;
  #escape = '';
  #images = 0;

  /** Whether an image has begun. */
  get foundImage(): boolean {
    return this.#images > 0;
  }

  /** Everything but the image, as JSON. */
  get fields(): string {
    return Buffer.concat(this.#fields)
      .toString()
      .replace(/^\ufeff/, '');
  }

  /**
   * Takes the next bytes of the body.
   * @returns the part of the image's text that is in them, unescaped
   * @throws Problem "invalid-json", "invalid-request" or "too-large"
   */
  push(chunk: Buffer): string {
    const piece: Piece = { chunk, at: 0, from: 0, quote: -1, backslash: -1 };
    let image = '';
    for (; piece.at < chunk.length; piece.at++) {
      const byte = chunk[piece.at] as number;
      if (this.#state === 'structure') this.#structure(byte, piece);
      else if (this.#state === 'string') this.#string(byte);
      else if (this.#state === 'escape') image += this.#unescape(byte);
      else image += this.#plain(piece);
    }
    if (this.#state === 'structure' || this.#state === 'string') this.#keep(chunk.subarray(piece.from));
    return image;
  }

  /** The image up to its end, an escape or the chunk's end; goes on there. */
  #plain(piece: Piece): string {
    const { chunk, at } = piece;
    if (piece.quote < at) piece.quote = indexOr(chunk, QUOTE, at);
    if (piece.backslash < at) piece.backslash = indexOr(chunk, BACKSLASH, at);
    const end = Math.min(piece.quote, piece.backslash);
    if (end < chunk.length) this.#state = end === piece.quote ? 'structure' : 'escape';
    piece.at = end;
    piece.from = end + 1;
    return chunk.toString('latin1', at, end);
  }

  #keep(bytes: Buffer): void {
    this.#fieldsBytes += bytes.length;
    if (this.#fieldsBytes > FIELDS_BYTES) {
      const detail = `The JSON holds more than ${FIELDS_BYTES} bytes besides the image. Send the image in "image" and only the known fields.`;
      throw new Problem('too-large', detail);
    }
    if (bytes.length > 0) this.#fields.push(Buffer.from(bytes)); // a copy: the chunk is large and can go
  }

  #structure(byte: number, piece: Piece): void {
    switch (byte) {
      case QUOTE:
        this.#beginString(piece);
        break;
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        if (++this.#brackets > MAX_BRACKETS)
          throw new Problem('invalid-json', 'The JSON is nested too deeply: send one flat object.');
        if (this.#depth++ === 0) this.#isObject = byte === OPEN_OBJECT;
        this.#expectsKey = this.#depth === 1 && this.#isObject;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        this.#depth--;
        break;
      case COMMA:
        this.#expectsKey = this.#depth === 1 && this.#isObject;
        break;
      case COLON:
        this.#expectsKey = false;
        break;
    }
  }

  #beginString({ chunk, at, from }: Piece): void {
    const isValue = this.#depth === 1 && this.#isObject && !this.#expectsKey;
    if (isValue && this.#key !== null && isImageKey(this.#key)) {
      if (++this.#images > 1) throw new Problem('invalid-request', 'image: came twice. Send one image.');
      this.#state = 'image';
      this.#keep(chunk.subarray(from, at));
      this.#keep(NO_IMAGE);
    } else this.#state = 'string';
    this.#key = this.#expectsKey ? '' : null;
  }

  #string(byte: number): void {
    if (byte === QUOTE && !this.#escaped) {
      this.#state = 'structure';
      return;
    }
    this.#escaped = byte === BACKSLASH && !this.#escaped;
    if (this.#key !== null && this.#key.length <= LONGEST_KEY) this.#key += String.fromCharCode(byte);
  }

  /** @returns the character that an escape stands for, or nothing while it goes on */
  #unescape(byte: number): string {
    this.#escape += String.fromCharCode(byte);
    const sequence = this.#escape;
    if (sequence[0] === 'u' && sequence.length < 'u0000'.length) return '';
    const character = UNICODE_ESCAPE.test(sequence)
      ? String.fromCharCode(Number.parseInt(sequence.slice(1), 16))
      : ESCAPES[sequence];
    if (character === undefined) throw invalidJson();
    this.#escape = '';
    this.#state = 'image';
    return character;
  }
}

/** Where a byte comes next; the chunk's end when it does not. */
function indexOr(chunk: Buffer, byte: number, from: number): number {
  const at = chunk.indexOf(byte, from);
  return at < 0 ? chunk.length : at;
}
