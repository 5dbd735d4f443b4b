/** The hue of each class, the same on the page and on annotated images. Imports nothing, so that the page can have it. */

/** Neighbouring classes lie this far apart on the color wheel, degrees: the golden angle never comes round. */
const GOLDEN_ANGLE = 137.508;
/** Difference of levels below which a color is a gray, which has no hue. */
const LEAST_CHROMA = 16;

/** A manifest's colors of classes, by label, such as "#c0392b". */
export type ClassColors = Readonly<Record<string, string>>;

export interface ClassOfAnswer {
  readonly class_index: number;
  readonly class_name: string;
}

/** Source: CSS Color 4, rgb to hsl. @returns degrees, or null for grays */
function hueOfColor(hex: string): number | null {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  const most = Math.max(red, green, blue);
  const chroma = most - Math.min(red, green, blue);
  if (!(chroma >= LEAST_CHROMA)) return null;
  const sixth =
    most === red
      ? (green - blue) / chroma
      : most === green
        ? (blue - red) / chroma + 2
        : (red - green) / chroma + 4;
  return (sixth * 60 + 360) % 360;
}

/**
 * The hue of a class, degrees: that of the manifest's color, else one of its number. Lightness is chosen where it is drawn, so
 * that every color can be seen there.
 */
export function classHue({ class_index, class_name }: ClassOfAnswer, colors: ClassColors): number {
  const color = colors[class_name];
  const own = color === undefined ? null : hueOfColor(color);
  return own ?? (class_index * GOLDEN_ANGLE) % 360;
}
