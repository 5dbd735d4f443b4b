/** Zooming by wheel (with Ctrl, as in maps; alone in full screen), two fingers, double click and buttons; moving by dragging. */
import { useEffect, useState } from 'preact/hooks';
import { moved, type Pair, type Point, pinched, type Size, WHOLE, type Zoom, zoomedAt } from './zoom.js';

/** Of a button or a key. */
const STEP = 1.5;
const DOUBLE_CLICK = 2.5;
/** A wheel's notch is 100 to 120 pixels; a touchpad sends many small steps. */
const PER_PIXEL = 0.004;
/** A pointer that moved no further was a click. */
const CLICK_PX = 4;

type Change = (zoom: Zoom, frame: Size) => Zoom;

type Listen = <K extends keyof HTMLElementEventMap>(
  type: K,
  call: (event: HTMLElementEventMap[K]) => void,
  options?: AddEventListenerOptions,
) => void;

/** Dragging and pinching. */
function followPointers(
  frame: HTMLElement,
  on: Listen,
  pointOf: (event: MouseEvent) => Point,
  change: (by: Change) => void,
): void {
  const pointers = new Map<number, Point>();
  let travelled = 0;
  const end = (event: PointerEvent) => pointers.delete(event.pointerId);
  on('pointerdown', (event) => {
    if (pointers.size === 0) travelled = 0;
    pointers.set(event.pointerId, pointOf(event));
  });
  on('pointermove', (event) => {
    const from = pointers.get(event.pointerId);
    if (!from) return;
    const to = pointOf(event);
    const before = [...pointers.values()];
    pointers.set(event.pointerId, to);
    travelled += Math.hypot(to.x - from.x, to.y - from.y);
    if (travelled > CLICK_PX && event.pointerType === 'mouse') frame.setPointerCapture(event.pointerId);
    const now = [...pointers.values()];
    if (now.length === 1) change((zoom, size) => moved(zoom, { x: to.x - from.x, y: to.y - from.y }, size));
    if (now.length === 2)
      change((zoom, size) => pinched(zoom, before as unknown as Pair, now as unknown as Pair, size));
  });
  on('pointerup', end);
  on('pointercancel', end);
  on('pointerleave', end);
  // What was dragged was not clicked.
  on('click', (event) => travelled > CLICK_PX && event.stopPropagation(), { capture: true });
}

/** Listens on a frame. @returns a function that stops */
function listen(frame: HTMLElement, change: (by: Change) => void): () => void {
  const stop = new AbortController();
  const on: Listen = (type, call, options = {}) =>
    frame.addEventListener(type, call, { ...options, signal: stop.signal });
  const pointOf = (event: MouseEvent): Point => {
    const { left, top } = frame.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const onWheel = (event: WheelEvent) => {
    if (!event.ctrlKey && !event.metaKey && !document.fullscreenElement) return;
    event.preventDefault();
    const point = pointOf(event);
    change((zoom, size) => zoomedAt(zoom, Math.exp(-event.deltaY * PER_PIXEL), point, size));
  };
  on('wheel', onWheel, { passive: false });
  on('dblclick', (event) => {
    const point = pointOf(event);
    change((zoom, size) => (zoom.scale > 1 ? WHOLE : zoomedAt(zoom, DOUBLE_CLICK, point, size)));
  });
  followPointers(frame, on, pointOf, change);
  return () => stop.abort();
}

export interface Zooming {
  readonly zoom: Zoom;
  /** In by a step, out, or back to the whole image. */
  readonly step: (direction: 1 | -1 | 0) => void;
}

export function useZoom(element: { readonly current: HTMLElement | null }): Zooming {
  const [zoom, setZoom] = useState(WHOLE);
  const change = (by: Change) => {
    const frame = element.current;
    if (frame) setZoom((before) => by(before, { width: frame.clientWidth, height: frame.clientHeight }));
  };
  useEffect(() => (element.current ? listen(element.current, change) : undefined), []);
  const step = (direction: 1 | -1 | 0) =>
    change((before, size) =>
      direction === 0
        ? WHOLE
        : zoomedAt(before, STEP ** direction, { x: size.width / 2, y: size.height / 2 }, size),
    );
  return { zoom, step };
}
