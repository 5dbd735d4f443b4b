/** Largest colour profile that is used, bytes. Those of printers take 0.5 to 3 MB; a larger one is left out. */
export const LARGEST_PROFILE = 4 * 1024 * 1024;
