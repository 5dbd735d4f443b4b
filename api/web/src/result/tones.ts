/** Colours of classes, the same as in annotated images (api/src/rendering/colors.ts). */
import { type ClassColors, type ClassOfAnswer, classHue } from '@scry/shared/tasks/class-hue';

export type { ClassColors };

/** Hues of lines in charts and of other things that are no classes, degrees. */
export const hueOf = (index: number): number => classHue({ class_index: index, class_name: '' }, {});

/** Style for an element of the CSS class "toned", which makes `--tone` and `--tone-bright` of the hue. */
export function tone(hue: number): Record<string, string> {
  return { '--hue': hue.toFixed(1) };
}

/** The same for a class. */
export const classTone = (answer: ClassOfAnswer, colors: ClassColors): Record<string, string> =>
  tone(classHue(answer, colors));
