/** What there is to know of a task outside the worker. One object per task; see `registry.ts` for adding one. */
import type { Output } from './answer.js';
import type { requestFields } from './fields.js';

export type ParameterName = keyof typeof requestFields;

/** What is used where neither request nor manifest says anything else. */
export type Defaults = Partial<Readonly<Record<ParameterName, number>>>;

/** What is drawn over an image to show its answer. */
export interface Drawing {
  /** The first answer in words, on a strip above the image. */
  readonly banner: boolean;
  /** Answers that carry a box: the box with its label. */
  readonly boxes: boolean;
  /** Answers that carry a mask: the mask in the color of its class. */
  readonly masks: boolean;
}

/** @typeParam Settings the part of a manifest that describes the task's outputs */
export interface TaskSpec<Settings = never> {
  /** Values of `output.format` in a manifest that mean this task. */
  readonly formats: readonly string[];
  /** Parameters of a request that have a meaning for the task. */
  readonly parameters: readonly ParameterName[];
  /** Values of the parameters where a request leaves them out. */
  defaults(settings: Settings): Defaults;
  /** Confidence below which the first answer says little; left out where there is no such thing. @param classes how many there are */
  unsureBelow?(settings: Settings, classes: number): number;
  /** The answer in a few words of plain text, without its confidence; null: nothing was found. */
  summary(output: Output): string | null;
  readonly drawing: Drawing;
}
