/** Line plots as SVG text, with no script and no font of their own. */
import { escapeHtml } from './escape.js';
import { figure, type Plot } from './report.js';

const WIDTH = 640;
const HEIGHT = 300;
const MARGIN = { top: 16, right: 16, bottom: 44, left: 64 };
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

interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

function scale(values: readonly number[], from: number, to: number): Scale {
  const found = ticks(Math.min(...values, 0), Math.max(...values, 0));
  const [low = 0, high = 1] = [found[0], found.at(-1)];
  return { at: (value) => from + ((value - low) / (high - low)) * (to - from), ticks: found };
}

const text = (x: number, y: number, anchor: string, content: string, extra = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${extra}>${escapeHtml(content)}</text>`;

function axes(plot: Plot, x: Scale, y: Scale): string[] {
  const bottom = HEIGHT - MARGIN.bottom;
  const parts: string[] = [];
  for (const tick of y.ticks) {
    const height = y.at(tick).toFixed(1);
    parts.push(
      `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${height}" y2="${height}"/>`,
    );
    parts.push(text(MARGIN.left - 6, y.at(tick) + 4, 'end', figure(tick)));
  }
  for (const tick of x.ticks) parts.push(text(x.at(tick), bottom + 16, 'middle', figure(tick)));
  parts.push(text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 6, 'middle', plot.x));
  const middle = (MARGIN.top + bottom) / 2;
  parts.push(text(14, middle, 'middle', plot.y, ` transform="rotate(-90 14 ${middle})"`));
  return parts;
}

function marks(plot: Plot, x: Scale): string[] {
  return (plot.marks ?? []).flatMap((mark) => {
    const at = x.at(mark.x).toFixed(1);
    const line = `<line class="mark" x1="${at}" x2="${at}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}"/>`;
    return [line, text(x.at(mark.x) - 4, MARGIN.top + 12, 'end', mark.label)];
  });
}

/** One plot as an `<svg>` element with its title for screen readers; its legend is `legend`. */
export function toSvg(plot: Plot): string {
  const points = plot.series.flatMap((series) => series.points);
  const xs = [...points.map(([x]) => x), ...(plot.marks ?? []).map((mark) => mark.x)];
  const x = scale(xs, MARGIN.left, WIDTH - MARGIN.right);
  const y = scale(
    points.map(([, value]) => value),
    HEIGHT - MARGIN.bottom,
    MARGIN.top,
  );
  const lines = plot.series.map((series, index) => {
    const path = series.points.map((point) => `${x.at(point[0]).toFixed(1)},${y.at(point[1]).toFixed(1)}`);
    return `<polyline fill="none" stroke-width="2" stroke="${COLOURS[index % COLOURS.length]}" points="${path.join(' ')}"/>`;
  });
  const content = [...axes(plot, x, y), ...lines, ...marks(plot, x)].join('\n');
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(plot.title)}">\n${content}\n</svg>`;
}

/** Names of a plot's lines with their colours. */
export function legend(plot: Plot): string {
  const names = plot.series.map(
    (series, index) =>
      `<span><i style="background:${COLOURS[index % COLOURS.length]}"></i>${escapeHtml(series.name)}</span>`,
  );
  return `<p class="legend">${names.join(' ')}</p>`;
}
