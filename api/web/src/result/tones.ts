/** Colours of classes. Eight are told apart; from the ninth class on they come again. */
const TONES = 8;

/** CSS class that sets `--tone`. */
export function toneOf(classIndex: number): string {
  return `tone-${classIndex % TONES}`;
}
