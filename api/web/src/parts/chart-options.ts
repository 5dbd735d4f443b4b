/** How a chart is drawn: uPlot's options, in the colours of the page. */
import type uPlot from 'uplot';
import { count, locale } from '../texts/index.js';
import { powers, ticks } from './ticks.js';

export interface Series {
  readonly name: string;
  /** Degrees. */
  readonly hue: number;
  readonly values: readonly (number | null)[];
}

export const HEIGHT = 170;
const DAY_S = 86_400;

/** A custom property as the browser resolves it, for a canvas that knows no custom properties. */
function colour(host: HTMLElement, property: string, hue = 0): string {
  const probe = document.createElement('span');
  probe.className = 'toned';
  probe.style.setProperty('--hue', String(hue));
  probe.style.color = `var(${property})`;
  host.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}

/** Values with nothing on either side: a line would not show them, a point does. */
function lonely(plot: uPlot, index: number): number[] {
  const values = plot.data[index] ?? [];
  const empty = (at: number) => values[at] === null || values[at] === undefined;
  return [...values.keys()].filter((at) => !empty(at) && empty(at - 1) && empty(at + 1));
}

/** A time of day, or a day where the chart is about several. */
export function moment(seconds: number, times: readonly number[]): string {
  const time = new Date(seconds * 1000);
  const isLong = (times.at(-1) ?? 0) - (times[0] ?? 0) > 2 * DAY_S;
  const hour = { hour: '2-digit', minute: '2-digit' } as const;
  return isLong
    ? time.toLocaleDateString(locale(), { weekday: 'short', ...hour })
    : time.toLocaleTimeString(locale(), hour);
}

function dayOrTime(seconds: number, times: readonly number[]): string {
  const isLong = (times.at(-1) ?? 0) - (times[0] ?? 0) > 2 * DAY_S;
  if (!isLong) return moment(seconds, times);
  return new Date(seconds * 1000).toLocaleDateString(locale(), { weekday: 'short', day: 'numeric' });
}

export interface Drawing {
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly digits: number;
  readonly logarithmic: boolean;
  /** Told which place the pointer is at; null: none. */
  readonly onPlace: (place: number | null) => void;
}

/** Logarithmic down to a smallest value, and straight from there to 0, which a logarithm could not show. */
export function optionsFor(host: HTMLElement, drawing: Drawing): uPlot.Options {
  const { series, digits, logarithmic, onPlace } = drawing;
  const ink = colour(host, '--ink-2');
  const line = colour(host, '--line');
  const font = `12px ${getComputedStyle(host).fontFamily}`;
  const axis = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  const least = digits === 0 ? 1 : 0.1;
  const splits = (most: number) => (logarithmic ? powers(most, least) : ticks(most, digits === 0 ? 1 : 0));
  return {
    width: host.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false, x: false, y: false } },
    padding: [8, 8, 0, 0],
    scales: {
      y: {
        ...(logarithmic && { distr: 4 as const, asinh: least }),
        range: (_, __, most) => [0, Math.max(1, most * 1.1)],
      },
    },
    axes: [
      {
        ...axis,
        size: 30,
        grid: { show: false },
        space: 70,
        values: (plot, at) => at.map((seconds) => dayOrTime(seconds, plot.data[0] as number[])),
      },
      {
        ...axis,
        size: 48,
        splits: (_, __, ___, most) => splits(most),
        values: (_, at) => at.map((value) => count(value, digits)),
      },
    ],
    series: [
      {},
      ...series.map(({ name, hue }) => ({
        label: name,
        stroke: colour(host, '--tone', hue),
        width: 2,
        points: { size: 4, filter: lonely },
        spanGaps: false,
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onPlace(cursor.idx ?? null)] },
  };
}
