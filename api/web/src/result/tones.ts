/** Colours of classes, the same as in annotated images (api/src/rendering/colors.ts). */

/** Neighbouring classes lie this far apart on the colour wheel, degrees: the golden angle never comes round. */
const GOLDEN_ANGLE = 137.508;

/** The hue of a class, degrees. */
export function hueOf(classIndex: number): number {
  return (classIndex * GOLDEN_ANGLE) % 360;
}

/** Style for an element of the CSS class "toned", which makes `--tone` and `--tone-bright` of the hue. */
export function tone(hue: number): Record<string, string> {
  return { '--hue': hue.toFixed(1) };
}
