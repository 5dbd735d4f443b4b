/** Darknet's .cfg files: sections of `key=value` lines. Source: AlexeyAB/darknet src/parser.c, option_list.c. */
import { ConversionError, quote } from '../errors.js';

/** More than any published network has; a longer list is not one. */
const MOST_LAYERS = 4096;
const MOST_BYTES = 4 * 2 ** 20;

/** One section: its kind and its options, with readers that name the layer when a value is wrong. */
export class Section {
  readonly kind: string;
  /** Number that darknet gives the layer: the first after [net] is 0. */
  readonly index: number;
  readonly #options: ReadonlyMap<string, string>;

  constructor(kind: string, index: number, options: ReadonlyMap<string, string>) {
    this.kind = kind;
    this.index = index;
    this.#options = options;
  }

  /** "layer 12 [maxpool]" */
  get name(): string {
    return this.index < 0 ? `section [${this.kind}]` : `layer ${this.index} [${this.kind}]`;
  }

  has(key: string): boolean {
    return this.#options.has(key);
  }

  text(key: string, otherwise: string): string {
    return this.#options.get(key) ?? otherwise;
  }

  number(key: string, otherwise: number): number {
    const given = this.#options.get(key);
    if (given === undefined) return otherwise;
    const value = Number.parseFloat(given);
    if (Number.isFinite(value)) return value;
    throw new ConversionError(`In ${this.name}, ${key}=${quote(given, 40)} is not a number.`);
  }

  /** @throws ConversionError unless the value lies from `least` to `most` */
  int(key: string, otherwise: number, least = 0, most = 65536): number {
    const value = Math.trunc(this.number(key, otherwise));
    if (value >= least && value <= most) return value;
    throw new ConversionError(`In ${this.name}, ${key}=${value} must be a number from ${least} to ${most}.`);
  }

  numbers(key: string): number[] {
    const given = this.#options.get(key);
    if (given === undefined) return [];
    return given
      .split(',')
      .filter((part) => part.trim() !== '')
      .map((part) => {
        const value = Number.parseFloat(part);
        if (Number.isFinite(value)) return value;
        throw new ConversionError(`In ${this.name}, ${key} holds ${quote(part, 40)}, which is not a number.`);
      });
  }
}

function optionOf(line: string): [key: string, value: string] {
  const equals = line.indexOf('=');
  if (equals < 1)
    throw new ConversionError(
      `The .cfg file holds the line ${quote(line, 60)}, which is neither [section] nor key=value.`,
    );
  return [line.slice(0, equals).trim(), line.slice(equals + 1).trim()];
}

/**
 * Splits a .cfg file into its sections; the first is [net].
 * @throws ConversionError for anything that is not a darknet configuration
 */
export function readCfg(text: string): Section[] {
  if (text.length > MOST_BYTES) throw new ConversionError('The .cfg file is too large to be one of darknet.');
  const sections: Section[] = [];
  let options = new Map<string, string>();
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.replace(/[#;].*$/, '').trim();
    if (line === '') continue;
    const kind = /^\[([^\]]*)\]$/.exec(line)?.[1];
    if (kind !== undefined) {
      options = new Map();
      sections.push(new Section(kind.trim().toLowerCase(), sections.length - 1, options));
    } else if (sections.length === 0) {
      throw new ConversionError('The .cfg file does not begin with a section such as [net].');
    } else {
      const [key, value] = optionOf(line);
      if (!options.has(key)) options.set(key, value);
    }
  }
  if (sections[0]?.kind !== 'net' && sections[0]?.kind !== 'network')
    throw new ConversionError('The .cfg file is not one of darknet: it does not begin with [net].');
  if (sections.length < 2) throw new ConversionError('The .cfg file names no layers.');
  if (sections.length > MOST_LAYERS)
    throw new ConversionError(
      `The .cfg file names ${sections.length} layers; at most ${MOST_LAYERS} are read.`,
    );
  return sections;
}
