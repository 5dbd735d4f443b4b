/** How well answers fit what images show. */
import type { Answer, Box } from '@scry/shared/contracts/prediction';
import type { Truth } from './truth.js';

export interface Score {
  /** Images, of which the figures are. */
  readonly images: number;
  /** Accuracy of a classifier, AP50 of a detector: 0 to 1. */
  readonly value: number;
  /** Tells settings apart that are equally right: mean log probability of the right class; for detectors 0. */
  readonly certainty: number;
}

export interface Judged {
  readonly truth: Truth;
  readonly answers: readonly Answer[];
}

/** A probability of zero would outweigh everything. */
const LEAST_PROBABILITY = 1e-5;
const MATCHING_OVERLAP = 0.5;
/** COCO reads the curve at these many recalls. */
const RECALLS = 101;

function overlap(a: Box, b: Box): number {
  const across = Math.min(a.cx + a.w / 2, b.cx + b.w / 2) - Math.max(a.cx - a.w / 2, b.cx - b.w / 2);
  const down = Math.min(a.cy + a.h / 2, b.cy + b.h / 2) - Math.max(a.cy - a.h / 2, b.cy - b.h / 2);
  const both = Math.max(0, across) * Math.max(0, down);
  return both === 0 ? 0 : both / (a.w * a.h + b.w * b.h - both);
}

function accuracy(judged: readonly Judged[]): Score {
  let right = 0;
  let certainty = 0;
  for (const { truth, answers } of judged) {
    if (truth.kind !== 'class') continue;
    const best = answers.reduce((a, b) => (b.confidence > a.confidence ? b : a), answers[0] as Answer);
    if (best?.class_index === truth.classIndex) right++;
    const own = answers.find(({ class_index }) => class_index === truth.classIndex)?.confidence ?? 0;
    certainty += Math.log(Math.max(own, LEAST_PROBABILITY));
  }
  return { images: judged.length, value: right / judged.length, certainty: certainty / judged.length };
}

/** Of one class: whether each answer, the most confident first, found a box that none before it had found. */
function hits(judged: readonly Judged[], classIndex: number): { found: boolean[]; boxes: number } {
  const taken = new Set<Box>();
  let boxes = 0;
  const answers: { confidence: number; box: Box; truths: readonly Box[] }[] = [];
  for (const { truth, answers: all } of judged) {
    if (truth.kind !== 'boxes') continue;
    const truths = truth.boxes.filter((one) => one.classIndex === classIndex).map(({ box }) => box);
    boxes += truths.length;
    for (const { class_index, confidence, bbox } of all)
      if (class_index === classIndex && bbox) answers.push({ confidence, box: bbox, truths });
  }
  const found = answers
    .sort((a, b) => b.confidence - a.confidence)
    .map(({ box, truths }) => {
      const free = truths.filter((one) => !taken.has(one));
      const best = free.toSorted((a, b) => overlap(b, box) - overlap(a, box))[0];
      if (!best || overlap(best, box) < MATCHING_OVERLAP) return false;
      taken.add(best);
      return true;
    });
  return { found, boxes };
}

/** Mean precision over recalls of 0, 0.01, … 1, each the best at that recall or beyond it. */
function averagePrecision(found: readonly boolean[], boxes: number): number {
  let right = 0;
  const curve = found.map((hit, index) => {
    if (hit) right++;
    return { recall: right / boxes, precision: right / (index + 1) };
  });
  let best = 0;
  for (let at = curve.length - 1; at >= 0; at--) {
    const point = curve[at] as { recall: number; precision: number };
    best = Math.max(best, point.precision);
    point.precision = best;
  }
  let sum = 0;
  for (let step = 0; step < RECALLS; step++)
    sum += curve.find(({ recall }) => recall >= step / (RECALLS - 1) - 1e-9)?.precision ?? 0;
  return sum / RECALLS;
}

function ap50(judged: readonly Judged[]): Score {
  const classes = new Set(
    judged.flatMap(({ truth }) => (truth.kind === 'boxes' ? truth.boxes.map((one) => one.classIndex) : [])),
  );
  const each = [...classes].map((classIndex) => {
    const { found, boxes } = hits(judged, classIndex);
    return averagePrecision(found, boxes);
  });
  const value = each.length === 0 ? 0 : each.reduce((a, b) => a + b, 0) / each.length;
  return { images: judged.length, value, certainty: 0 };
}

/**
 * Accuracy for images of one class each; for boxes AP50, the mean over classes of the average precision at an overlap of
 * 0.5, as COCO computes it.
 */
export function scoreOf(judged: readonly Judged[]): Score {
  return judged[0]?.truth.kind === 'boxes' ? ap50(judged) : accuracy(judged);
}

/** How much surer of the right classes settings must be to count as better when they are not more often right. */
const NOTABLE_CERTAINTY = 0.05;

/** Whether settings do better than others by more than chance moves them. */
export function isBetter(a: Score, b: Score): boolean {
  if (Math.abs(a.value - b.value) > 1e-9) return a.value > b.value;
  return a.certainty > b.certainty + NOTABLE_CERTAINTY;
}
