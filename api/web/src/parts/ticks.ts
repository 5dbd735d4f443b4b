/** Where a chart's lines of measure lie. */

/** Powers of ten up to the most, after 0. @param least the smallest that is told apart from 0 */
export function powers(most: number, least: number): number[] {
  const last = Math.max(0, Math.floor(Math.log10(Math.max(most, least) / least)));
  return [0, ...Array.from({ length: last + 1 }, (_, power) => least * 10 ** power)];
}

/**
 * A few round values from 0 to the most.
 * @param least smallest step worth drawing: 1 where values are shown whole
 */
export function ticks(most: number, least = 0): number[] {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const round = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const step = Math.max(round, least);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
}
