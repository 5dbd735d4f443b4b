/** Non-maximum suppression: of boxes of one class that overlap, only the strongest stays. */
import type { Corners } from '../../imaging/geometry.js';

/** A box that a model may mean, in pixels of its input. */
export interface Candidate extends Corners {
  readonly score: number;
  /** Index into the labels. */
  readonly label: number;
  /** Weights of the mask prototypes, where the model makes masks. */
  readonly coefficients?: Float32Array;
}

/** Weaker candidates are not looked at: a bound on the work that a threshold of 0 can cause. */
const MOST_CANDIDATES = 8192;

const area = (box: Corners): number => (box.x1 - box.x0) * (box.y1 - box.y0);

/** Intersection over union of two boxes, 0 to 1. */
export function overlap(a: Corners, b: Corners): number {
  const width = Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0);
  const height = Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0);
  if (width <= 0 || height <= 0) return 0;
  const common = width * height;
  return common / (area(a) + area(b) - common);
}

/** The strongest first, at most `max`. */
export function strongest(candidates: Candidate[], max: number): Candidate[] {
  return candidates.sort((a, b) => b.score - a.score).slice(0, max);
}

/**
 * Greedy suppression per class.
 * @param iou a box goes when it overlaps a stronger one of its class by more than this
 * @param max stops at so many boxes: the strongest of all classes
 * @returns kept boxes, the strongest first
 */
export function suppress(candidates: Candidate[], iou: number, max: number): Candidate[] {
  const kept: Candidate[] = [];
  const perLabel = new Map<number, Candidate[]>();
  for (const candidate of strongest(candidates, MOST_CANDIDATES)) {
    let rivals = perLabel.get(candidate.label);
    if (!rivals) {
      rivals = [];
      perLabel.set(candidate.label, rivals);
    }
    if (rivals.some((rival) => overlap(rival, candidate) > iou)) continue;
    rivals.push(candidate);
    if (kept.push(candidate) === max) break;
  }
  return kept;
}
