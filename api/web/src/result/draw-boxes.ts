/**
 * Boxes and their names on a canvas. With 300 boxes and rows, a move of the pointer took 17 to 22 ms of the main thread with one
 * SVG, and takes 10 to 14 with the canvas (docs/performance.md).
 */
import { classHue } from '@scry/shared/tasks/class-hue';
import type { Found } from './detection-state.js';
import type { ClassColors } from './tones.js';
import type { Size, Zoom } from './zoom.js';

/** CSS pixels. */
const LINE = 2;
const ACTIVE_LINE = 3;
/** Dark on both sides of a line, to be seen on any image. */
const CASING = 1;
const FONT_PX = 12;
const LABEL_HEIGHT = 19;
const PADDING = 6;
const NAME_CHARACTERS = 28;
/** Opacity of the others while one is pointed at. */
const BEHIND = 0.35;
const CASING_COLOUR = 'rgb(5 15 13 / 60%)';
const LABEL_COLOUR = '#07120f';

export interface Rectangle extends Size {
  readonly x: number;
  readonly y: number;
}

export interface Scene {
  /** In the order of painting: large boxes first. */
  readonly found: readonly Found[];
  readonly colors: ClassColors;
  readonly frame: Size;
  readonly zoom: Zoom;
  readonly labels: boolean;
  readonly active: number | null;
  readonly font: string;
  /** A confidence as text. */
  readonly percent: (fraction: number) => string;
}

/** As the CSS class "toned" has it. */
const colourOf = (one: Found, colors: ClassColors) => `hsl(${classHue(one, colors).toFixed(1)} 92% 64%)`;

/** Where an object lies in the frame. */
export function placeOf({ bbox: { cx, cy, w, h } }: Found, { width, height }: Size, zoom: Zoom): Rectangle {
  const [across, down] = [width * zoom.scale, height * zoom.scale];
  return {
    x: (cx - w / 2) * across + zoom.x,
    y: (cy - h / 2) * down + zoom.y,
    width: w * across,
    height: h * down,
  };
}

const overlap = (a: Rectangle, b: Rectangle) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** Pixels around a box that belong to it as well. */
const NEAR = 3;

/** The smallest object at a point; null where there is none. */
export function foundAt(
  { found, frame, zoom }: Pick<Scene, 'found' | 'frame' | 'zoom'>,
  at: { readonly x: number; readonly y: number },
): number | null {
  const point = { x: at.x - NEAR, y: at.y - NEAR, width: 2 * NEAR, height: 2 * NEAR };
  // Painted last is smallest.
  return found.findLast((one) => overlap(placeOf(one, frame, zoom), point))?.index ?? null;
}

/** Where a name of a given width goes: above its box, or inside where there is no room; always within the frame. */
export function labelPlace(box: Rectangle, width: number, frame: Size): Rectangle {
  const above = box.y - LABEL_HEIGHT - 1;
  const y = above >= 0 ? above : Math.max(0, box.y) + 1;
  const x = Math.max(0, Math.min(box.x - 1, frame.width - width));
  return { x, y: Math.min(y, frame.height - LABEL_HEIGHT), width, height: LABEL_HEIGHT };
}

const shortened = (name: string) =>
  name.length > NAME_CHARACTERS ? `${name.slice(0, NAME_CHARACTERS - 1)}…` : name;

/** On whole pixels, and so far within the image that the whole line is seen. */
function lined(at: Rectangle, image: Rectangle): Rectangle {
  const along = (start: number, length: number, least: number, most: number) => {
    const from = Math.max(Math.round(start), Math.round(least) + LINE);
    const to = Math.min(Math.round(start + length), Math.round(least + most) - LINE);
    return [from, Math.max(1, to - from)] as const;
  };
  const [x, width] = along(at.x, at.width, image.x, image.width);
  const [y, height] = along(at.y, at.height, image.y, image.height);
  return { x, y, width, height };
}

function drawBox(context: CanvasRenderingContext2D, colour: string, at: Rectangle, isActive: boolean): void {
  const line = isActive ? ACTIVE_LINE : LINE;
  context.lineWidth = line + 2 * CASING;
  context.strokeStyle = CASING_COLOUR;
  context.strokeRect(at.x, at.y, at.width, at.height);
  context.lineWidth = line;
  context.strokeStyle = colour;
  context.strokeRect(at.x, at.y, at.width, at.height);
}

function drawLabel(context: CanvasRenderingContext2D, colour: string, text: string, at: Rectangle): void {
  context.fillStyle = LABEL_COLOUR;
  context.beginPath();
  context.roundRect(at.x, at.y, at.width, at.height, 3);
  context.fill();
  context.fillStyle = colour;
  context.fillText(text, at.x + PADDING, at.y + LABEL_HEIGHT / 2 + 0.5, at.width - 2 * PADDING);
}

/**
 * Draws all of it again. The most confident get their names first; a name that would cover another one is left out until
 * zooming in makes room.
 * @returns how many names were drawn
 */
export function drawBoxes(context: CanvasRenderingContext2D, pixelRatio: number, scene: Scene): number {
  const { found, colors, frame, zoom, labels, active, font, percent } = scene;
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.clearRect(0, 0, frame.width, frame.height);
  context.font = `600 ${FONT_PX}px ${font}`;
  context.textBaseline = 'middle';
  const whole = { x: 0, y: 0, ...frame };
  const image = { ...zoom, width: frame.width * zoom.scale, height: frame.height * zoom.scale };
  const visible = found
    .map((one) => ({ one, at: lined(placeOf(one, frame, zoom), image) }))
    .filter(({ at }) => overlap(at, whole));
  const current = visible.find(({ one }) => one.index === active);
  context.globalAlpha = current ? BEHIND : 1;
  for (const { one, at } of visible)
    if (one.index !== active) drawBox(context, colourOf(one, colors), at, false);
  context.globalAlpha = 1;
  if (current) drawBox(context, colourOf(current.one, colors), current.at, true);

  const taken: Rectangle[] = [];
  const name = ({ one, at }: (typeof visible)[number], always: boolean) => {
    const text = `${shortened(one.class_name)} ${percent(one.confidence)}`;
    const width = Math.min(frame.width, context.measureText(text).width + 2 * PADDING);
    const place = labelPlace(at, width, frame);
    if (!always && taken.some((other) => overlap(other, place))) return;
    taken.push(place);
    drawLabel(context, colourOf(one, colors), text, place);
  };
  if (current) name(current, true);
  context.globalAlpha = current ? BEHIND : 1;
  const surest = labels ? visible.toSorted((a, b) => a.one.index - b.one.index) : [];
  for (const each of surest) if (each !== current) name(each, false);
  context.globalAlpha = 1;
  return taken.length;
}
