/** What a detection format does: it reads boxes that a model may mean out of its outputs. */
import type { Outputs, TensorData } from '../../engines/engine.js';
import type { Candidate } from '../nms.js';

export interface DetectionFormat {
  /** Outputs that must be computed. */
  readonly outputNames: readonly string[];
  /** Name of the output that scores come from. */
  readonly scores: string;
  /** Whether overlapping boxes are still to be suppressed. */
  readonly nms: boolean;
  /** @throws ManifestProblem when the outputs of a warm-up run do not fit the manifest */
  check(outputs: Outputs, batch: number): void;
  /**
   * Boxes of image `index` of a batch whose score reaches the threshold, in pixels of the model input.
   * @throws NotNumbers when scores or boxes are not finite
   */
  read(outputs: Outputs, index: number, batch: number, threshold: number): Candidate[];
}

export type Activation = 'none' | 'sigmoid' | 'softmax';

export const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

/** Finds the best class in rows of class scores. One object serves all rows, since there are thousands. */
export class BestClass {
  /** Of the row that `find` saw last. */
  label = 0;
  score = 0;

  readonly #activation: Activation;
  readonly #background: number | undefined;

  /** @param background index of the class that means "nothing" and takes no label */
  constructor(activation: Activation, background?: number) {
    this.#activation = activation;
    this.#background = background;
  }

  /**
   * @param at where the row begins in `data`; its values are `step` apart
   * @returns false when a value is not finite
   */
  find(data: TensorData, at: number, step: number, count: number): boolean {
    let best = Number.NEGATIVE_INFINITY;
    let bestClass = 0;
    let sum = 0;
    for (let index = 0; index < count; index++) {
      const value = Number(data[at + index * step]);
      sum += value;
      if (value > best && index !== this.#background) {
        best = value;
        bestClass = index;
      }
    }
    this.label = this.#background !== undefined && bestClass > this.#background ? bestClass - 1 : bestClass;
    this.score = this.#activate(best, data, at, step, count);
    return Number.isFinite(sum);
  }

  #activate(best: number, data: TensorData, at: number, step: number, count: number): number {
    if (this.#activation === 'none') return best;
    if (this.#activation === 'sigmoid') return sigmoid(best);
    let sum = 0; // of e^(value − best): 1 for the best itself
    for (let index = 0; index < count; index++) sum += Math.exp(Number(data[at + index * step]) - best);
    return 1 / sum;
  }
}
