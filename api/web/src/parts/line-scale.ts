/** Where the values of a line chart lie on its plane, in pixels. */
import { ticks } from './ticks.js';

export interface Line {
  readonly name: string;
  /** Degrees. */
  readonly hue: number;
  readonly dashed?: boolean;
  /** By step; null: not measured. */
  readonly values: readonly (number | null)[];
}

export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly edge: {
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
    readonly left: number;
  };
  readonly shares: boolean;
}

export interface LineScale {
  readonly x: (step: number) => number;
  readonly y: (value: number) => number;
  /** Values to draw lines at. */
  readonly ticks: readonly number[];
}

/** Distances between lines that people read easily; the first that gives few enough is taken. */
const STEPS = [0.02, 0.05, 0.1, 0.2, 0.25, 0.5] as const;
const MOST_TICKS = 6;

/** From the least share, rounded down, to 1. */
function shareTicks(least: number): number[] {
  const step = STEPS.find((one) => Math.ceil((1 - least) / one - 1e-9) < MOST_TICKS) ?? 0.5;
  const count = Math.max(1, Math.ceil((1 - least) / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, index) =>
    Number((1 - (count - index) * step).toFixed(2)),
  ).filter((tick) => tick >= 0);
}

export function lineScale(steps: readonly number[], lines: readonly Line[], plane: Plane): LineScale {
  const { width, height, edge, shares } = plane;
  const values = lines.flatMap((line) => line.values.filter((value): value is number => value !== null));
  const most = shares ? 1 : Math.max(1e-6, ...values);
  const marks = shares ? shareTicks(Math.max(0, Math.min(0.98, ...values))) : ticks(most * 1.05);
  const bottom = shares ? Math.min(...marks, ...values) : 0;
  const top = Math.max(most, marks.at(-1) ?? most);
  const [first = 0, last = 0] = [steps[0], steps.at(-1)];
  const across = width - edge.left - edge.right;
  const down = height - edge.top - edge.bottom;
  return {
    x: (step) => edge.left + (last > first ? ((step - first) / (last - first)) * across : across / 2),
    y: (value) => edge.top + (1 - (value - bottom) / (top - bottom)) * down,
    ticks: marks,
  };
}

/** The line through the values there are, for the attribute `d` of a path. */
export function pathOf(
  scale: LineScale,
  steps: readonly number[],
  values: readonly (number | null)[],
): string {
  return steps
    .flatMap((step, index) => {
      const value = values[index];
      return value === null || value === undefined
        ? []
        : [`${scale.x(step).toFixed(1)} ${scale.y(value).toFixed(1)}`];
    })
    .map((point, index) => `${index === 0 ? 'M' : 'L'}${point}`)
    .join('');
}

/** The step that is nearest to a place, by its index. */
export function indexAt(scale: LineScale, steps: readonly number[], x: number): number {
  let nearest = 0;
  for (const [index, step] of steps.entries())
    if (Math.abs(scale.x(step) - x) < Math.abs(scale.x(steps[nearest] ?? 0) - x)) nearest = index;
  return nearest;
}
