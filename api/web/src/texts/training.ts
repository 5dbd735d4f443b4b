/** The texts of the views for data sets and trainings: English comes with them, other languages have them in their file. */

import { type TrainingTexts, trainingTexts } from './english/training.js';
import { useTexts as useFirstTexts } from './index.js';
import type { FirstTexts } from './languages/en.js';

export * from './numbers.js';
export type Texts = FirstTexts & TrainingTexts;

/** All texts in the language chosen; a component that uses them is drawn again when it changes. */
export function useTexts(): Texts {
  return { ...trainingTexts, ...useFirstTexts() };
}
