/** A report as data; `html.ts` and `markdown.ts` write it down. */

export interface Table {
  readonly columns: readonly string[];
  /** Cells as they are shown; the first of each row names it. */
  readonly rows: readonly (readonly string[])[];
}

export interface Series {
  readonly name: string;
  /** [x, y], x ascending. */
  readonly points: readonly (readonly [number, number])[];
}

export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
  /** Equal distances along x are doublings instead of sums; for x of 1 or more. */
  readonly doublingX?: boolean;
  /** A vertical line with a word to it, such as where a system breaks; in the colour of a series, where it belongs to one. */
  readonly marks?: readonly { readonly x: number; readonly label: string; readonly series?: number }[];
}

export interface Section {
  readonly heading: string;
  /** Paragraphs of plain text. */
  readonly text?: readonly string[];
  readonly tables?: readonly Table[];
  readonly plots?: readonly Plot[];
}

export interface Report {
  readonly title: string;
  /** Said first, in bold: the outcome in a sentence. */
  readonly verdict: string;
  readonly sections: readonly Section[];
}

/** A number with as many digits as say something: 0.123, 4.56, 78.9, 1,234. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const digits = size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
