/** The texts of the view for operators: English comes with it, other languages have them in their file. */

import { type OperatingTexts, operatingTexts } from './english/operating.js';
import { useTexts as useFirstTexts } from './index.js';
import type { FirstTexts } from './languages/en.js';

export * from './numbers.js';
export type Texts = FirstTexts & OperatingTexts;

/** All texts in the language chosen; a component that uses them is drawn again when the language changes. */
export function useTexts(): Texts {
  return { ...operatingTexts, ...useFirstTexts() };
}
