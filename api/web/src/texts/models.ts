/** The texts of the views about models: English comes with them, other languages have them in their file. */

import { type ModelTexts, modelTexts } from './english/models.js';
import { useTexts as useFirstTexts } from './index.js';
import type { FirstTexts } from './languages/en.js';

export * from './numbers.js';
export type Texts = FirstTexts & ModelTexts;

/** All texts in the language chosen; a component that uses them is drawn again when the language changes. */
export function useTexts(): Texts {
  return { ...modelTexts, ...useFirstTexts() };
}
