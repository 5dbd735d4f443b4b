/** What images show, as people labelled them. */
import type { Box } from '@scry/shared/contracts/prediction';

export interface TrueBox {
  readonly classIndex: number;
  readonly box: Box;
}

export type Truth =
  | { readonly kind: 'class'; readonly classIndex: number }
  | { readonly kind: 'boxes'; readonly boxes: readonly TrueBox[] };

export interface LabelledImage {
  readonly file: string;
  /** Null where nothing says what it shows. */
  readonly truth: Truth | null;
}

export interface ImageSet {
  readonly images: readonly LabelledImage[];
  /** Where the labels come from, and what of them could not be used. */
  readonly notes: readonly string[];
}
