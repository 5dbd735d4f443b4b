/** A live line chart. uPlot draws it; colours come from the style sheet, so that a change of theme changes them. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { tone } from '../result/tones.js';
import { useValue } from '../state/observable.js';
import { language, theme } from '../state/settings.js';
import { count, locale, useTexts } from '../texts/index.js';
import { ticks } from './ticks.js';

export interface Series {
  readonly name: string;
  /** Degrees. */
  readonly hue: number;
  readonly values: readonly (number | null)[];
}

interface Props {
  readonly title: string;
  readonly unit: string;
  /** Unix seconds. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly digits?: number;
}

const HEIGHT = 170;

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

function optionsFor(host: HTMLElement, series: readonly Series[], digits: number): uPlot.Options {
  const ink = colour(host, '--ink-2');
  const line = colour(host, '--line');
  const font = `12px ${getComputedStyle(host).fontFamily}`;
  const axis = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return {
    width: host.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      { ...axis, size: 30, grid: { show: false }, space: 70, values: (_, splits) => splits.map(clock) },
      {
        ...axis,
        size: 48,
        splits: (_, __, ___, most) => ticks(most, digits === 0 ? 1 : 0),
        values: (_, splits) => splits.map((value) => count(value, digits)),
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
  };
}

/** Values with nothing on either side: a line would not show them, a point does. */
function lonely(plot: uPlot, index: number): number[] {
  const values = plot.data[index] ?? [];
  const empty = (at: number) => values[at] === null || values[at] === undefined;
  return [...values.keys()].filter((at) => !empty(at) && empty(at - 1) && empty(at + 1));
}

function clock(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString(locale(), { hour: '2-digit', minute: '2-digit' });
}

function useChart({ times, series, digits = 0 }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const data = [times, ...series.map(({ values }) => values)] as unknown as uPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;
  const themeNow = useValue(theme);
  const languageNow = useValue(language);
  const shape = `${series.map(({ name, hue }) => `${name}${hue}`).join()} ${themeNow} ${languageNow}`;
  // Made again only when its shape changes.
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const make = () => {
      chart.current?.destroy();
      chart.current = new uPlot(optionsFor(element, series, digits), latest.current, element);
    };
    make();
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', make);
    const observer = new ResizeObserver(() =>
      chart.current?.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    observer.observe(element);
    return () => {
      dark.removeEventListener('change', make);
      observer.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [shape]);
  useEffect(() => chart.current?.setData(latest.current), [times]);
  return host;
}

export function Chart(props: Props) {
  const t = useTexts();
  const host = useChart(props);
  const { title, unit, series, digits = 0 } = props;
  return (
    <figure class="chart">
      <figcaption>
        <h2>{title}</h2>
        <span class="quiet-text">{unit}</span>
      </figcaption>
      <div ref={host} class="chart-canvas" aria-hidden="true" />
      <ul class="chart-legend" aria-label={t.operations.chartTable(title)}>
        {series.map(({ name, hue, values }) => (
          <li key={name} class="toned" style={tone(hue)}>
            <span class="swatch" />
            {name} <span class="figures">{newest(values, digits)}</span>
          </li>
        ))}
      </ul>
    </figure>
  );
}

function newest(values: readonly (number | null)[], digits: number): string {
  const value = values.findLast((one) => one !== null);
  return value === null || value === undefined ? '–' : count(value, digits);
}
