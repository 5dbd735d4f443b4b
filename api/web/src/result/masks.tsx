/** Masks over an image, each in the color of its class. For the eye; the rows beside it say the same to everyone else. */
import type { Answer, Mask } from '@scry/shared/tasks/answer';
import { classHue } from '@scry/shared/tasks/class-hue';
import { decodeMask } from '@scry/shared/tasks/segmentation/rle';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { ClassColors } from './tones.js';

interface Props {
  readonly answers: readonly Answer[];
  readonly colors: ClassColors;
  readonly active: number | null;
}

/** Opacity of a mask, and while another one is pointed at, of 255. */
const SHOWN = 140;
const BEHIND = 40;

/** A color of the hue, as the CSS class "toned" makes it. */
function rgbOf(hue: number): readonly [number, number, number] {
  const channel = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    return Math.round(255 * (0.55 - 0.36 * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

interface Layer {
  readonly index: number;
  readonly color: readonly [number, number, number];
  readonly mask: Mask;
  readonly cells: Uint8Array;
}

function paint(canvas: HTMLCanvasElement, layers: readonly Layer[], active: number | null): void {
  const [rows, columns] = layers[0]?.mask.size ?? [1, 1];
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext('2d');
  if (!context) return; // a browser without a canvas shows the rows
  const pixels = context.createImageData(columns, rows);
  // The most confident are painted last, and the one that is pointed at above all.
  const order = layers.toReversed().sort((a, b) => Number(a.index === active) - Number(b.index === active));
  for (const { index, color, cells } of order) {
    const alpha = active === null || active === index ? SHOWN : BEHIND;
    for (const [at, cell] of cells.entries()) if (cell === 1) pixels.data.set([...color, alpha], at * 4);
  }
  context.putImageData(pixels, 0, 0);
}

export function Masks({ answers, colors, active }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const layers = useMemo(
    () =>
      answers.flatMap((answer, index) => {
        const { mask } = answer;
        return mask ? [{ index, color: rgbOf(classHue(answer, colors)), mask, cells: decodeMask(mask) }] : [];
      }),
    [answers, colors],
  );
  useEffect(() => {
    if (canvas.current) paint(canvas.current, layers, active);
  }, [layers, active]);
  return (
    <div class="masks" aria-hidden="true">
      <canvas ref={canvas} />
    </div>
  );
}
