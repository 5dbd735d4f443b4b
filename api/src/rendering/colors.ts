/** One color per class, that of the page's boxes (--tone-bright in api/web/src/styles/tokens.css), and the ink that can be read on it. */

import { type ClassColors, type ClassOfAnswer, classHue } from '@scry/shared/tasks/class-hue';

export interface Color {
  readonly hex: string;
  /** Black or white, whichever contrasts more: 4.5 to 1 at least, whatever the color. */
  readonly ink: string;
}

const SATURATION = 0.92;
const LIGHTNESS = 0.64;
/** Relative luminance at which black and white contrast the same. Source: WCAG 2.2, contrast ratio. */
const INK_TURNS_AT = 0.179;

/** Source of the conversion: CSS Color 4, hsl. */
function channel(hue: number, offset: number): number {
  const k = (offset + hue / 30) % 12;
  return (
    LIGHTNESS - SATURATION * Math.min(LIGHTNESS, 1 - LIGHTNESS) * Math.max(-1, Math.min(k - 3, 9 - k, 1))
  );
}

const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

/** The color of a class. */
export function classColor(answer: ClassOfAnswer, colors: ClassColors): Color {
  const hue = classHue(answer, colors);
  const [red, green, blue] = [channel(hue, 0), channel(hue, 8), channel(hue, 4)];
  const luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const hex = [red, green, blue].map((value) =>
    Math.round(value * 255)
      .toString(16)
      .padStart(2, '0'),
  );
  return { hex: `#${hex.join('')}`, ink: luminance > INK_TURNS_AT ? '#000000' : '#ffffff' };
}
