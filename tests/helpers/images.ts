/** Images made for tests: distinct, repeatable, and never the same bytes twice. */
import sharp from 'sharp';

/** A small repeatable generator of numbers from 0 to 1 (mulberry32, by T. Ettinger, public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A JPEG of colored shapes on a colored ground, different for every seed. */
export async function shapesJpeg(seed: number, width = 160, height = 120): Promise<Buffer> {
  const random = randomFrom(seed);
  const color = () =>
    `hsl(${Math.floor(random() * 360)} ${40 + Math.floor(random() * 60)}% ${20 + Math.floor(random() * 60)}%)`;
  const shapes = Array.from({ length: 5 }, () => {
    const [x, y, w, h] = [
      random() * width,
      random() * height,
      (0.1 + random() * 0.5) * width,
      (0.1 + random() * 0.5) * height,
    ];
    return random() < 0.5
      ? `<ellipse cx="${x}" cy="${y}" rx="${w / 2}" ry="${h / 2}" fill="${color()}"/>`
      : `<rect x="${x - w / 2}" y="${y - h / 2}" width="${w}" height="${h}" fill="${color()}"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${color()}"/>${shapes.join('')}</svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 90 }).toBuffer();
}
