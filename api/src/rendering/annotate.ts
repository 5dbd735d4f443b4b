/** Draws answers onto images, as their task says: boxes with labels, masks, a line above the image. */
import type { Answer, Output } from '@scry/shared/contracts/prediction';
import type { ClassColors } from '@scry/shared/tasks/class-hue';
import { taskSpec } from '@scry/shared/tasks/registry';
import type { OverlayOptions, Sharp } from 'sharp';
import { type Canvas, placeLabels, planCanvas, type Rect, type Size, toRect } from './canvas.js';
import { classColor } from './colors.js';
import { maskLayer } from './masks.js';
import { drawTag, drawTags, shortened, type Tag, type TagStyle } from './text.js';

const BACKGROUND = '#14171c';
const BANNER_INK = '#ffffff';
/** Enlarged this much, an image's own pixels are better seen than blurred. */
const PIXELS_SHOW_FROM = 4;
const QUALITY = 90;
const LEAST_FONT = 8;
const NAME_CHARACTERS = 32;

/** "cat 97 %", or "cat <1 %" */
export function labelText({ class_name, confidence }: Answer): string {
  const percent = confidence * 100;
  return `${shortened(class_name, NAME_CHARACTERS)} ${percent > 0 && percent < 1 ? '<1' : Math.round(percent)} %`;
}

interface Labelled {
  readonly box: Rect;
  readonly color: string;
  readonly tag: Tag;
  /** Where the tag lies. */
  readonly place: Rect;
}

async function labelled(
  answers: readonly Answer[],
  canvas: Canvas,
  colors: ClassColors,
): Promise<Labelled[]> {
  const boxes: Rect[] = [];
  const styles: (TagStyle & { text: string })[] = [];
  for (const answer of answers) {
    if (!answer.bbox) continue;
    boxes.push(toRect(answer.bbox, canvas.image));
    const { hex, ink } = classColor(answer, colors);
    styles.push({ text: labelText(answer), ink, background: hex });
  }
  const tags = await drawTags(styles, canvas.fontSize);
  const places = placeLabels(boxes, tags, canvas);
  return boxes.map((box, index) => ({
    box,
    color: styles[index]?.background ?? BACKGROUND,
    tag: tags[index] as Tag,
    place: places[index] as Rect,
  }));
}

const rounded = (value: number) => Math.round(value * 10) / 10;
const at = ({ left, top, width, height }: Rect) =>
  `x="${rounded(left)}" y="${rounded(top)}" width="${rounded(width)}" height="${rounded(height)}"`;

/** The boxes. Each has a dark rim, to be seen on any image. */
function frames({ width, height, lineWidth }: Canvas, items: readonly Labelled[]): Buffer {
  const parts = items.map(
    ({ box, color }) =>
      `<rect ${at(box)} fill="none" stroke="#000" stroke-opacity="0.55" stroke-width="${lineWidth * 2}"/>` +
      `<rect ${at(box)} fill="none" stroke="${color}" stroke-width="${lineWidth}"/>`,
  );
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${parts.join('')}</svg>`,
  );
}

function layer({ pixels, width, height }: Tag, { left, top }: Pick<Rect, 'left' | 'top'>): OverlayOptions {
  return { input: pixels, raw: { width, height, channels: 3 }, left, top };
}

/** One line in the middle of the banner, small enough to fit. */
async function bannerLayer({ banner, fontSize }: Canvas, sentence: string): Promise<OverlayOptions> {
  const style = { ink: BANNER_INK, background: BACKGROUND };
  let size = fontSize;
  let tag = await drawTag(sentence, style, size);
  while (tag.width > banner.width && size > LEAST_FONT) {
    size = Math.max(LEAST_FONT, Math.floor((size * banner.width) / tag.width) - 1);
    tag = await drawTag(sentence, style, size);
  }
  const middle = (outer: number, inner: number) => Math.max(0, Math.floor((outer - inner) / 2));
  return layer(tag, { left: middle(banner.width, tag.width), top: middle(banner.height, tag.height) });
}

/** What is written above the image; null for answers whose drawing speaks for itself. */
export function bannerText(output: Output, task: string): string | null {
  const [top] = output.predictions;
  if (!top) return 'nothing found';
  return taskSpec(task).drawing.banner ? labelText(top) : null;
}

/**
 * Draws a prediction's answer.
 * @param open opens the image, upright and in color
 * @param size the image's, as a person sees it
 * @param colors of the model's classes
 * @returns a JPEG whose longer side is 640 to 2048 pixels (a thin image has a rim)
 */
export async function annotate(
  open: () => Promise<Sharp>,
  size: Size,
  output: Output,
  task: string,
  colors: ClassColors,
): Promise<Buffer> {
  const sentence = bannerText(output, task);
  const canvas = planCanvas(size, sentence !== null);
  // The most confident choose their places first and are painted last.
  const { boxes, masks } = taskSpec(task).drawing;
  const items = boxes ? await labelled(output.predictions, canvas, colors) : [];
  const colored = masks ? await maskLayer(output.predictions.toReversed(), canvas.image, colors) : null;
  const painted = items.toReversed();
  const { image, width, height } = canvas;
  const layers: OverlayOptions[] = [
    ...(colored === null ? [] : [colored]),
    { input: frames(canvas, painted), left: 0, top: 0 },
    ...painted.map(({ tag, place }) => layer(tag, place)),
    ...(sentence === null ? [] : [await bannerLayer(canvas, sentence)]),
  ];
  const opened = await open();
  return opened
    .resize(image.width, image.height, {
      fit: 'fill',
      kernel: canvas.scale >= PIXELS_SHOW_FROM ? 'nearest' : 'lanczos3',
    })
    .extend({
      left: image.left,
      top: image.top,
      right: width - image.left - image.width,
      bottom: height - image.top - image.height,
      background: BACKGROUND,
    })
    .composite(layers)
    .jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' })
    .toBuffer();
}
