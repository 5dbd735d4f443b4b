/**
 * A line chart, live or not. uPlot draws it; colours come from the style sheet, so that a change of theme changes them. The
 * values at one time show beside the pointer, or where the arrow keys lead.
 */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { tone } from '../result/tones.js';
import { useValue } from '../state/observable.js';
import { language, theme } from '../state/settings.js';
import { count } from '../texts/index.js';
import { useTexts } from '../texts/operating.js';
import { HEIGHT, moment, optionsFor, type Series } from './chart-options.js';

export type { Series };

interface Props {
  readonly title: string;
  readonly unit: string;
  /** Unix seconds. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly digits?: number;
  readonly logarithmic?: boolean;
}

function useChart(
  { times, series, digits = 0, logarithmic = false }: Props,
  onPlace: (at: number | null) => void,
) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const data = [times, ...series.map(({ values }) => values)] as unknown as uPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;
  const themeNow = useValue(theme);
  const languageNow = useValue(language);
  const shape = `${series.map(({ name, hue }) => `${name}${hue}`).join()} ${themeNow} ${languageNow} ${logarithmic}`;
  // Made again only when its shape changes.
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const make = () => {
      chart.current?.destroy();
      const drawing = { times, series, digits, logarithmic, onPlace };
      chart.current = new uPlot(optionsFor(element, drawing), latest.current, element);
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
  return { host, chart };
}

/** Moves the place by the arrow keys, Home and End; Escape leaves it. */
function useKeys(
  chart: RefObject<uPlot | null>,
  places: number,
  place: number | null,
  onPlace: (at: number | null) => void,
) {
  return (event: KeyboardEvent) => {
    const last = places - 1;
    const from = place ?? last + (event.key === 'ArrowRight' ? -1 : 1);
    const target = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[event.key];
    if (event.key === 'Escape') onPlace(null);
    if (target === undefined || !chart.current) return;
    event.preventDefault();
    const at = Math.min(last, Math.max(0, target));
    const left = chart.current.valToPos(chart.current.data[0]?.[at] ?? 0, 'x');
    chart.current.setCursor({ left, top: 0 });
    onPlace(at);
  };
}

interface TipProps extends Props {
  readonly chart: uPlot;
  readonly place: number;
}

/** The values at one time, beside it. What it says, the chart tells screen readers as its value. */
function Tip({ chart, place, times, series, digits = 0 }: TipProps) {
  const at = times[place];
  if (at === undefined) return null;
  const left = chart.over.offsetLeft + chart.valToPos(at, 'x');
  const isRight = left > chart.width / 2;
  return (
    <div class={`chart-tip ${isRight ? 'to-left' : ''}`} style={{ left: `${left}px` }} aria-hidden="true">
      <strong class="figures">{moment(at, times)}</strong>
      {series.map(({ name, hue, values }) => (
        <span key={name} class="toned" style={tone(hue)}>
          <span class="swatch" />
          {name} <span class="figures">{shown(values[place], digits)}</span>
        </span>
      ))}
    </div>
  );
}

export function Chart(props: Props) {
  const t = useTexts();
  const [place, setPlace] = useState<number | null>(null);
  const { host, chart } = useChart(props, setPlace);
  const { title, unit, series, times, digits = 0 } = props;
  const onKeyDown = useKeys(chart, times.length, place, setPlace);
  const values = (index: number) =>
    series.map(({ name, values: all }) => `${name} ${shown(all[index], digits)}`).join(', ');
  const now = place ?? times.length - 1;
  return (
    <figure class="chart">
      <figcaption>
        <h2>{title}</h2>
        <span class="quiet-text">{unit}</span>
      </figcaption>
      <div class="chart-area">
        <div
          ref={host}
          class="chart-canvas"
          role="slider"
          tabIndex={0}
          aria-label={t.operations.chartTable(title)}
          aria-valuemin={0}
          aria-valuemax={Math.max(0, times.length - 1)}
          aria-valuenow={Math.max(0, now)}
          aria-valuetext={`${moment(times[now] ?? 0, times)}: ${values(now)}`}
          onKeyDown={onKeyDown}
          onBlur={() => setPlace(null)}
        />
        {place !== null && chart.current && <Tip chart={chart.current} place={place} {...props} />}
      </div>
      <ul class="chart-legend">
        {series.map(({ name, hue, values: all }) => (
          <li key={name} class="toned" style={tone(hue)}>
            <span class="swatch" />
            {name} <span class="figures">{newest(all, digits)}</span>
          </li>
        ))}
      </ul>
    </figure>
  );
}

const shown = (value: number | null | undefined, digits: number): string =>
  value === null || value === undefined ? '–' : count(value, digits);

const newest = (values: readonly (number | null)[], digits: number): string =>
  shown(
    values.findLast((one) => one !== null),
    digits,
  );
