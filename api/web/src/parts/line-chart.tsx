/** Lines over whole steps such as epochs, as SVG. Pointer, touch and arrow keys read the values of one step. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { tone } from '../result/tones.js';
import { useTexts } from '../texts/training.js';
import { indexAt, type Line, lineScale, pathOf } from './line-scale.js';

interface Props {
  readonly title: string;
  readonly steps: readonly number[];
  readonly lines: readonly Line[];
  /** Whether the values are shares, which end at 1; else they begin at 0. */
  readonly shares: boolean;
  readonly format: (value: number) => string;
  /** Names a step: "Epoch 3". */
  readonly nameOf: (step: number) => string;
}

const HEIGHT = 190;
const EDGE = { top: 10, right: 10, bottom: 24, left: 44 } as const;

function useWidth() {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return { element, width };
}

export function LineChart({ title, steps, lines, shares, format, nameOf }: Props) {
  const t = useTexts();
  const { element, width } = useWidth();
  const [read, setRead] = useState<number | null>(null);
  const last = steps.length - 1;
  const at = read === null ? last : Math.min(read, last);
  const scale = lineScale(steps, lines, { width, height: HEIGHT, edge: EDGE, shares });
  const said = (index: number) =>
    lines
      .filter(({ values }) => values[index] !== null && values[index] !== undefined)
      .map(({ name, values }) => `${name} ${format(values[index] as number)}`)
      .join(', ');
  const name = nameOf(steps[at] ?? 0);
  return (
    <figure class="line-chart">
      <figcaption>
        <h3>{title}</h3>
        <ul class="chart-legend">
          {lines.map(({ name: line, hue, values, dashed }) => (
            <li key={line} class="toned" style={tone(hue)}>
              <span class={`line-mark${dashed ? ' dashed' : ''}`} />
              {line} <span class="figures">{values[at] == null ? '–' : format(values[at])}</span>
            </li>
          ))}
        </ul>
      </figcaption>
      <div
        ref={element}
        class="line-plot"
        onPointerMove={(event) => {
          const { left } = event.currentTarget.getBoundingClientRect();
          setRead(indexAt(scale, steps, event.clientX - left));
        }}
        onPointerLeave={() => setRead(null)}
      >
        {width > 0 && (
          <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden="true">
            {scale.ticks.map((tick) => (
              <g key={tick}>
                <line
                  class="grid-line"
                  x1={EDGE.left}
                  x2={width - EDGE.right}
                  y1={scale.y(tick)}
                  y2={scale.y(tick)}
                />
                <text class="tick" x={EDGE.left - 8} y={scale.y(tick) + 4} text-anchor="end">
                  {format(tick)}
                </text>
              </g>
            ))}
            {[steps[0], steps[last]].map(
              (step, index) =>
                step !== undefined &&
                (index === 0 || last > 0) && (
                  <text
                    key={index}
                    class="tick"
                    x={scale.x(step)}
                    y={HEIGHT - 6}
                    text-anchor={index === 0 ? 'start' : 'end'}
                  >
                    {step}
                  </text>
                ),
            )}
            {read !== null && (
              <line
                class="read-line"
                x1={scale.x(steps[at] ?? 0)}
                x2={scale.x(steps[at] ?? 0)}
                y1={EDGE.top}
                y2={HEIGHT - EDGE.bottom}
              />
            )}
            {lines.map((line) => (
              <g key={line.name} class="toned" style={tone(line.hue)}>
                <path
                  class={`chart-line${line.dashed ? ' dashed' : ''}`}
                  d={pathOf(scale, steps, line.values)}
                />
                {line.values[at] != null && (
                  <circle
                    class="chart-point"
                    cx={scale.x(steps[at] ?? 0)}
                    cy={scale.y(line.values[at])}
                    r={3.5}
                  />
                )}
              </g>
            ))}
          </svg>
        )}
        <input
          type="range"
          class="line-reader"
          min={0}
          max={Math.max(0, last)}
          value={at}
          aria-label={title}
          aria-valuetext={`${name}: ${said(at)}`}
          title={t.trainings.chartHelp}
          onInput={({ currentTarget }) => setRead(currentTarget.valueAsNumber)}
          onBlur={() => setRead(null)}
        />
        {read !== null && (
          <div
            class={`chart-tip${scale.x(steps[at] ?? 0) > width / 2 ? ' left' : ''}`}
            style={{ left: `${scale.x(steps[at] ?? 0)}px` }}
            aria-hidden="true"
          >
            <strong>{name}</strong>
            {lines.map(
              ({ name: line, values }) =>
                values[at] != null && (
                  <span key={line} class="figures">
                    {line} {format(values[at])}
                  </span>
                ),
            )}
          </div>
        )}
      </div>
    </figure>
  );
}
