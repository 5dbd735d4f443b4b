/**
 * The one image that every readable case of the corpus shows: a ship on the sea, drawn from smooth shapes.
 * The bundled classifier is sure of it (0.97, in gray 0.96), smooth edges make lossy storage harmless, and it
 * looks different when it is turned or mirrored top to bottom, so a wrong orientation shows in the answer.
 */

export const WIDTH = 96;
export const HEIGHT = 64;

/** Interleaved 8-bit RGB. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Buffer;
}

type Color = readonly [number, number, number];

interface Shape {
  readonly color: Color;
  /** Below zero inside, in fractions of the image's width. */
  distance(u: number, v: number): number;
}

const box = (u: number, v: number, halfWidth: number, halfHeight: number) => (x: number, y: number) =>
  Math.max(Math.abs(x - u) - halfWidth, Math.abs(y - v) - halfHeight);

const SHAPES: readonly Shape[] = [
  { color: [40, 90, 150], distance: (_u, v) => 0.62 - v }, // sea
  {
    color: [130, 35, 35], // hull, narrower towards the water
    distance: (u, v) => Math.max(Math.abs(u - 0.47) - 0.3 - (0.6 - v) * 0.4, Math.abs(v - 0.62) - 0.09),
  },
  { color: [240, 240, 235], distance: box(0.58, 0.46, 0.12, 0.08) }, // bridge
  { color: [200, 60, 40], distance: box(0.6, 0.32, 0.035, 0.07) }, // funnel
];

function colorAt(u: number, v: number): Color {
  let color: Color = [150 + 70 * (1 - v), 185 + 40 * (1 - v), 225 + 20 * (1 - v)];
  for (const shape of SHAPES) {
    const cover = 1 / (1 + Math.exp(shape.distance(u, v) * WIDTH * 0.9));
    color = color.map((value, channel) => value + cover * ((shape.color[channel] ?? 0) - value)) as never;
  }
  return color;
}

/** Draws the scene. */
export function drawScene(width = WIDTH, height = HEIGHT): Pixels {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const color = colorAt((x + 0.5) / width, (y + 0.5) / height);
      for (let channel = 0; channel < 3; channel++) {
        data[(y * width + x) * 3 + channel] = Math.min(255, Math.max(0, Math.round(color[channel] ?? 0)));
      }
    }
  }
  return { width, height, data };
}

/** Where the pixel shown at (x, y) lies in a stored image of the given EXIF orientation. Source: EXIF 2.32, tag 0x0112. */
const STORED_AT: Readonly<
  Record<number, (x: number, y: number, width: number, height: number) => [number, number]>
> = {
  1: (x, y) => [x, y],
  2: (x, y, width) => [width - 1 - x, y],
  3: (x, y, width, height) => [width - 1 - x, height - 1 - y],
  4: (x, y, _width, height) => [x, height - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, width) => [y, width - 1 - x],
  7: (x, y, width, height) => [height - 1 - y, width - 1 - x],
  8: (x, y, _width, height) => [height - 1 - y, x],
};

/**
 * Stores an image so that a viewer which honours the orientation shows it as it was.
 * @param orientation EXIF's, 1 to 8
 */
export function storeTurned(shown: Pixels, orientation: number): Pixels {
  const place = STORED_AT[orientation];
  if (!place) throw new Error(`EXIF knows no orientation ${orientation}`);
  const turned = orientation >= 5;
  const [width, height] = turned ? [shown.height, shown.width] : [shown.width, shown.height];
  const data = Buffer.alloc(shown.data.length);
  for (let y = 0; y < shown.height; y++) {
    for (let x = 0; x < shown.width; x++) {
      const [storedX, storedY] = place(x, y, shown.width, shown.height);
      const from = (y * shown.width + x) * 3;
      shown.data.copy(data, (storedY * width + storedX) * 3, from, from + 3);
    }
  }
  return { width, height, data };
}
