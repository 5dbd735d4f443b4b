/** A detection: threshold, classes with counts, and what was found as rows and cut-outs, linked with the boxes. */
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { count, percent, useTexts } from '../texts/index.js';
import type { DetectionState, Found } from './detection-state.js';
import { type ClassColors, classTone } from './tones.js';

interface Props {
  /** So many objects one answer lists; null: not known. */
  readonly most: number | null;
  readonly state: DetectionState;
  readonly colors: ClassColors;
  readonly image: { readonly url: string | null; readonly width: number; readonly height: number };
}

function Controls({ state, colors }: Pick<Props, 'state' | 'colors'>) {
  const t = useTexts();
  return (
    <div class="detection-controls">
      <label class="slider">
        <span>{t.result.threshold}</span>
        <input
          type="range"
          min={state.lowest}
          max={1}
          step={0.01}
          value={state.threshold}
          aria-valuetext={percent(state.threshold, 0)}
          onInput={(event) => state.setThreshold(event.currentTarget.valueAsNumber)}
        />
        <output class="figures">{percent(state.threshold, 0)}</output>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={state.labels}
          onChange={(event) => state.setLabels(event.currentTarget.checked)}
        />
        {t.result.labels}
      </label>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would bring a border and a legend for three switches */}
      <div class="class-filter" role="group" aria-label={t.result.classes}>
        {state.classes.map(({ class_index, class_name, count: objects }) => (
          <button
            key={class_index}
            type="button"
            class="chip toned"
            style={classTone({ class_index, class_name }, colors)}
            aria-pressed={!state.hidden.has(class_index)}
            onClick={() => state.toggleClass(class_index)}
          >
            <span class="swatch" />
            {class_name} <span class="figures">{count(objects)}</span>
          </button>
        ))}
      </div>
    </div>
  );
}

/** A cut-out: the same image seen through a smaller window, so that nothing more is loaded. */
function Crop({ one, image }: { readonly one: Found; readonly image: Props['image'] }) {
  const { width, height } = image;
  const { cx, cy, w, h } = one.bbox;
  const side = Math.max(w * width, h * height, 8) * 1.15;
  const window = `${cx * width - side / 2} ${cy * height - side / 2} ${side} ${side}`;
  return (
    <svg class="crop" viewBox={window} aria-hidden="true">
      {image.url && <image href={image.url} width={width} height={height} preserveAspectRatio="none" />}
    </svg>
  );
}

/** Scrolls the list to a row; scrollIntoView would move the page under the pointer. */
export function scrollTo(row: HTMLElement): void {
  const list = row.parentElement;
  if (list) list.scrollTop = row.offsetTop - list.clientHeight / 2 + row.offsetHeight / 2;
}

interface RowProps {
  readonly one: Found;
  readonly colors: ClassColors;
  readonly image: Props['image'];
  readonly onActive: (index: number | null) => void;
}

function Row({ one, colors, image, onActive }: RowProps) {
  return (
    <li data-index={one.index} class="toned" style={classTone(one, colors)}>
      <button
        type="button"
        onPointerEnter={() => onActive(one.index)}
        onPointerLeave={() => onActive(null)}
        onFocus={() => onActive(one.index)}
        onBlur={() => onActive(null)}
      >
        <Crop one={one} image={image} />
        <span class="found-name">
          <span class="swatch" />
          {one.class_name}
        </span>
        <span class="figures">{percent(one.confidence)}</span>
      </button>
    </li>
  );
}

/** Marks the row of the object that is pointed at. Not drawn with the rows, so that hundreds need not be gone through. */
function useActiveRow(active: number | null, rows: unknown) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>(`[data-index="${active}"]`);
    const button = row?.querySelector('button');
    button?.classList.add('active');
    if (row && !list.current?.matches(':hover, :focus-within')) scrollTo(row);
    return () => button?.classList.remove('active');
  }, [active, rows]);
  return list;
}

export function Detection({ state, colors, image, most }: Props) {
  const t = useTexts();
  const { active, setActive, shown } = state;
  const { url, width, height } = image;
  const rows = useMemo(
    () =>
      shown.map((one) => (
        <Row key={one.index} one={one} colors={colors} image={{ url, width, height }} onActive={setActive} />
      )),
    [shown, colors, url, width, height, setActive, t],
  );
  const list = useActiveRow(active, rows);
  if (state.found.length === 0) return null;
  return (
    <div class="detection">
      {most !== null && state.found.length >= most && <p class="quiet-text">{t.result.most(most)}</p>}
      <Controls state={state} colors={colors} />
      {shown.length === 0 && <p class="quiet-text">{t.result.nothing}</p>}
      <ul class="found" ref={list} aria-label={t.result.list}>
        {rows}
      </ul>
    </div>
  );
}
