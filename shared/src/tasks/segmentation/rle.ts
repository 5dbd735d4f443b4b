/**
 * Masks as COCO's compressed run lengths: runs of 0 and 1 in turn, column by column, beginning with 0; each from the
 * fourth on as the difference to the one two before; in groups of five bits, least first, as characters from "0" on.
 * Source: cocoapi, common/maskApi.c (rleEncode, rleToString, rleFrString).
 */
import type { Mask } from '../answer.js';

/** @param mask rows × columns values, row by row; what is not 0 is set */
export function encodeMask(mask: Uint8Array, rows: number, columns: number): Mask {
  const counts: number[] = [];
  let run = 0;
  let previous = 0;
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      const value = mask[row * columns + column] === 0 ? 0 : 1;
      if (value !== previous) {
        counts.push(run);
        run = 0;
        previous = value;
      }
      run++;
    }
  }
  counts.push(run);
  return { size: [rows, columns], counts: counts.map((_, at) => characters(counts, at)).join('') };
}

function characters(counts: readonly number[], at: number): string {
  let value = (counts[at] as number) - (at > 2 ? (counts[at - 2] as number) : 0);
  let text = '';
  for (let more = true; more; ) {
    const bits = value & 0x1f;
    value >>= 5;
    more = (bits & 0x10) === 0 ? value !== 0 : value !== -1;
    text += String.fromCharCode((more ? bits | 0x20 : bits) + 48);
  }
  return text;
}

/** @returns the run lengths of a mask's `counts` */
function runLengths(text: string): number[] {
  const counts: number[] = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    for (let shift = 0; ; shift += 5) {
      const bits = text.charCodeAt(at++) - 48;
      value |= (bits & 0x1f) << shift;
      if ((bits & 0x20) !== 0) continue;
      if ((bits & 0x10) !== 0) value |= -1 << (shift + 5);
      break;
    }
    counts.push(counts.length > 2 ? value + (counts[counts.length - 2] as number) : value);
  }
  return counts;
}

/** @returns rows × columns values, row by row: 1 where the mask is set */
export function decodeMask({ size: [rows, columns], counts }: Pick<Mask, 'size' | 'counts'>): Uint8Array {
  const mask = new Uint8Array(rows * columns);
  let position = 0;
  for (const [index, run] of runLengths(counts).entries()) {
    if (index % 2 === 1) {
      for (let at = position; at < position + run; at++)
        mask[(at % rows) * columns + Math.floor(at / rows)] = 1;
    }
    position += run;
  }
  return mask;
}
