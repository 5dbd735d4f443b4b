/** Boxes over an image. For the eye and the pointer; the rows beside it say the same to everyone else. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useValue } from '../state/observable.js';
import { language } from '../state/settings.js';
import { percent } from '../texts/index.js';
import type { Found } from './detection-state.js';
import { drawBoxes, foundAt } from './draw-boxes.js';
import type { ClassColors } from './tones.js';
import type { Size, Zoom } from './zoom.js';

interface Props {
  readonly found: readonly Found[];
  readonly colors: ClassColors;
  /** Whether every box has its name, or only the one pointed at. */
  readonly labels: boolean;
  readonly active: number | null;
  readonly zoom: Zoom;
  readonly onActive: (index: number | null) => void;
  /** @param canvas that was clicked */
  readonly onPick: (index: number, canvas: HTMLElement) => void;
}

const area = ({ bbox }: Found): number => bbox.w * bbox.h;
const wholePercent = (fraction: number) => percent(fraction, 0);

/** An element's size, CSS pixels, now and after each change. */
function useSize(element: { readonly current: HTMLElement | null }): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const own = element.current;
    if (!own) return;
    const observer = new ResizeObserver(() => setSize({ width: own.clientWidth, height: own.clientHeight }));
    observer.observe(own);
    return () => observer.disconnect();
  }, []);
  return size;
}

export function Boxes({ found, colors, labels, active, zoom, onActive, onPick }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useSize(canvas);
  const locale = useValue(language);
  // Small boxes are drawn last, so that the pointer reaches them inside big ones.
  const ordered = useMemo(() => [...found].sort((one, other) => area(other) - area(one)), [found]);
  useLayoutEffect(() => {
    const own = canvas.current;
    const context = own?.getContext('2d');
    if (!own || !context || frame.width === 0) return; // a browser without a canvas shows the rows
    const ratio = window.devicePixelRatio;
    const [width, height] = [Math.round(frame.width * ratio), Math.round(frame.height * ratio)];
    if (own.width !== width || own.height !== height) Object.assign(own, { width, height });
    const font = getComputedStyle(own).fontFamily;
    const names = drawBoxes(context, ratio, {
      ...{ found: ordered, colors, frame, zoom, labels, active, font },
      percent: wholePercent,
    });
    Object.assign(own.dataset, { boxes: ordered.length, names, active: active ?? '' });
  }, [ordered, colors, frame, zoom, labels, active, locale]);
  const at = (event: PointerEvent | MouseEvent) =>
    foundAt({ found: ordered, frame, zoom }, { x: event.offsetX, y: event.offsetY });
  return (
    <div class="boxes" aria-hidden="true">
      <canvas
        ref={canvas}
        onPointerMove={(event) => {
          const index = at(event);
          if (index !== active) onActive(index);
        }}
        onPointerLeave={(event) => event.pointerType === 'mouse' && onActive(null)}
        onClick={(event) => {
          const index = at(event);
          onActive(index);
          if (index !== null) onPick(index, event.currentTarget);
        }}
      />
    </div>
  );
}
