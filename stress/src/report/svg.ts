/** Line plots as SVG text, with no script and no font of their own. */
import { escapeHtml } from './escape.js';
import { figure, type Plot } from './report.js';

/** Small enough that 12 px of text stay readable when a phone shrinks the plot to its width. */
const WIDTH = 480;
const HEIGHT = 270;
const MARGIN = { top: 16, right: 16, bottom: 44, left: 64 };
const MAX_DOTS = 20;
/** Told apart by people who see colours differently. Source: Okabe and Ito, "Color Universal Design" (2008). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

/** Round numbers from 0 (or below `min`, where that is negative) to at least `max`: steps of 1, 2 or 5 times a power of ten. */
export function ticks(min: number, max: number, wanted = 5): number[] {
  const low = Math.min(0, min);
  const top = max > low ? max : low + 1;
  const span = top - low;
  const power = 10 ** Math.floor(Math.log10(span / wanted));
  const step = ([1, 2, 5, 10].find((factor) => factor * power * wanted >= span) ?? 10) * power;
  const found: number[] = [];
  for (let tick = Math.floor(low / step); (tick - 1) * step < top; tick++) {
    found.push(Number((tick * step).toPrecision(12)));
  }
  return found;
}

/** Powers of two from the one at or below `min` to the one at or above `max`, at least two of them. Values below 1 count as 1. */
export function doublings(min: number, max: number): number[] {
  const first = Math.floor(Math.log2(Math.max(1, min)));
  const last = Math.max(first + 1, Math.ceil(Math.log2(Math.max(1, max))));
  return Array.from({ length: last - first + 1 }, (_, index) => 2 ** (first + index));
}

interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

function doublingScale(values: readonly number[], from: number, to: number): Scale {
  const found = doublings(
    ...(values.length > 0 ? ([Math.min(...values), Math.max(...values)] as const) : ([1, 2] as const)),
  );
  const [low = 1, high = 2] = [found[0], found.at(-1)];
  const span = Math.log2(high / low);
  return { at: (value) => from + (Math.log2(Math.max(low, value) / low) / span) * (to - from), ticks: found };
}

function scale(values: readonly number[], from: number, to: number): Scale {
  const isWhole = values.every(Number.isInteger); // half a worker is none
  const found = ticks(Math.min(...values, 0), Math.max(...values, 0)).filter(
    (tick) => !isWhole || Number.isInteger(tick),
  );
  const [low = 0, high = 1] = [found[0], found.at(-1)];
  return { at: (value) => from + ((value - low) / (high - low)) * (to - from), ticks: found };
}

/** Ticks of whole numbers are written as such: 2 workers, not 2.00. */
function tickLabels(found: readonly number[]): string[] {
  const whole = found.every(Number.isInteger);
  return found.map((tick) => (whole ? tick.toLocaleString('en-GB') : figure(tick)));
}

const text = (x: number, y: number, anchor: string, content: string, extra = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${extra}>${escapeHtml(content)}</text>`;

function axes(plot: Plot, x: Scale, y: Scale): string[] {
  const bottom = HEIGHT - MARGIN.bottom;
  const parts: string[] = [];
  const [xLabels, yLabels] = [tickLabels(x.ticks), tickLabels(y.ticks)];
  for (const [index, tick] of y.ticks.entries()) {
    const height = y.at(tick).toFixed(1);
    parts.push(
      `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${height}" y2="${height}"/>`,
    );
    parts.push(text(MARGIN.left - 6, y.at(tick) + 4, 'end', yLabels[index] ?? ''));
  }
  for (const [index, tick] of x.ticks.entries()) {
    parts.push(text(x.at(tick), bottom + 16, 'middle', xLabels[index] ?? ''));
  }
  parts.push(text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 6, 'middle', plot.x));
  const middle = (MARGIN.top + bottom) / 2;
  parts.push(text(14, middle, 'middle', plot.y, ` transform="rotate(-90 14 ${middle})"`));
  return parts;
}

const colour = (index: number) => COLOURS[index % COLOURS.length];

/** Each label on a line of its own, on the side of its mark that has more room. */
function marks(plot: Plot, x: Scale): string[] {
  return (plot.marks ?? []).flatMap((mark, index) => {
    const at = x.at(mark.x);
    const stroke = mark.series === undefined ? '' : ` style="stroke:${colour(mark.series)}"`;
    const line = `<line class="mark" x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}"${stroke}/>`;
    const [offset, anchor] = at > WIDTH / 2 ? [-4, 'end'] : [4, 'start'];
    return [line, text(at + offset, MARGIN.top + 12 + 14 * index, anchor, mark.label)];
  });
}

/** A line, with a dot at each point where there are few enough of them to be told apart. */
function drawn(
  points: Plot['series'][number]['points'],
  stroke: string | undefined,
  x: Scale,
  y: Scale,
): string {
  const at = points.map((point) => [x.at(point[0]).toFixed(1), y.at(point[1]).toFixed(1)] as const);
  const line = `<polyline fill="none" stroke-width="2" stroke="${stroke}" points="${at.map((pair) => pair.join(',')).join(' ')}"/>`;
  if (points.length > MAX_DOTS) return line;
  return [line, ...at.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${stroke}"/>`)].join('\n');
}

/** One plot as an `<svg>` element with its title for screen readers; its legend is `legend`. */
export function toSvg(plot: Plot): string {
  const points = plot.series.flatMap((series) => series.points);
  const xs = [...points.map(([x]) => x), ...(plot.marks ?? []).map((mark) => mark.x)];
  const x = (plot.doublingX ? doublingScale : scale)(xs, MARGIN.left, WIDTH - MARGIN.right);
  const y = scale(
    points.map(([, value]) => value),
    HEIGHT - MARGIN.bottom,
    MARGIN.top,
  );
  const lines = plot.series.map((series, index) => drawn(series.points, colour(index), x, y));
  const content = [...axes(plot, x, y), ...lines, ...marks(plot, x)].join('\n');
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(plot.title)}">\n${content}\n</svg>`;
}

/** Names of a plot's lines with their colours. */
export function legend(plot: Plot): string {
  const names = plot.series.map(
    (series, index) => `<span><i style="background:${colour(index)}"></i>${escapeHtml(series.name)}</span>`,
  );
  return `<p class="legend">${names.join(' ')}</p>`;
}
