/** Which libraries' resizing can be had, and their filters by the names that manifests use. */

export const LIBRARY_FILTERS = {
  pillow: ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'],
  opencv: ['nearest', 'bilinear', 'bicubic', 'area'],
  tensorflow: ['nearest', 'bilinear', 'bicubic', 'area'],
  torch: ['nearest', 'nearest-exact', 'bilinear', 'bicubic'],
} as const satisfies Record<string, readonly string[]>;

/** Their names, as manifests have them. */
export const LIBRARIES = ['pillow', 'opencv', 'tensorflow', 'torch'] as const;

export type Library = keyof typeof LIBRARY_FILTERS;
export type FilterOf<Name extends Library> = (typeof LIBRARY_FILTERS)[Name][number];
export type Filter = FilterOf<Library>;

/** Every filter that some library has. */
export const FILTERS = [...new Set<Filter>(Object.values(LIBRARY_FILTERS).flat())];

/** Filters of `fast`, which libvips has. */
export const FAST_FILTERS = ['nearest', 'bilinear', 'bicubic'] as const satisfies readonly Filter[];
export type FastFilter = (typeof FAST_FILTERS)[number];

/** Libraries that widen a filter when reducing only if they are asked to. Pillow always does, OpenCV never. */
export const ANTIALIAS_IS_A_CHOICE: ReadonlySet<string> = new Set<Library>(['tensorflow', 'torch']);
