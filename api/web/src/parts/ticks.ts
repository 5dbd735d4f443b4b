/** Where a chart's lines of measure lie. */

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
