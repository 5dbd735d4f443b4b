/** Images drawn from formulas, the same to the last bit everywhere, for answers that are written down in the tests. */
import sharp from 'sharp';
import { drawScene } from '../corpus/scene.js';

/** Writes the scene of the corpus, a ship on the sea, as PNG. */
export async function writeShip(file: string): Promise<void> {
  const { data, width, height } = drawScene();
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
}

type Color = readonly [number, number, number];

interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly color: Color;
  /** Color of the middle: red cells are paler there. */
  readonly middle: Color;
}

export const SMEAR = { width: 320, height: 240 };
const GROUND: Color = [222, 214, 220];
const RED = { color: [196, 128, 128], middle: [214, 172, 174] } as const;
const WHITE = { color: [112, 72, 150], middle: [92, 48, 140] } as const;

/** Red cells and one white cell, as a microscope shows them. */
export const CELLS: readonly Disc[] = [
  { x: 60, y: 60, radius: 25, ...RED },
  { x: 130, y: 45, radius: 25, ...RED },
  { x: 250, y: 60, radius: 25, ...RED },
  { x: 60, y: 180, radius: 25, ...RED },
  { x: 265, y: 185, radius: 25, ...RED },
  { x: 165, y: 140, radius: 38, ...WHITE },
];

function colorAt(x: number, y: number): Color {
  let color = GROUND;
  for (const disc of CELLS) {
    const distance = Math.hypot(x - disc.x, y - disc.y);
    const inside = 1 / (1 + Math.exp((distance - disc.radius) * 1.2));
    const centre = 1 / (1 + Math.exp((distance - disc.radius * 0.45) * 0.35));
    color = color.map((value, channel) => {
      const paint =
        (disc.color[channel] as number) * (1 - centre) + (disc.middle[channel] as number) * centre;
      return value + inside * (paint - value);
    }) as unknown as Color;
  }
  return color;
}

/** Writes the blood smear as PNG. */
export async function writeSmear(file: string): Promise<void> {
  const { width, height } = SMEAR;
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const color = colorAt(x + 0.5, y + 0.5);
      for (let channel = 0; channel < 3; channel++)
        data[(y * width + x) * 3 + channel] = Math.round(color[channel] as number);
    }
  }
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
}
