/** Data sets drawn for tests: squares of three colors, which any network tells apart. */
import { zipSync } from 'fflate';
import sharp from 'sharp';

const SIDE = 24;
export const COLORS = { red: [200, 40, 40], green: [40, 180, 60], blue: [50, 60, 200] } as const;

/** A square of one color, as PNG, with a frame that differs for every seed. */
export async function square(color: readonly [number, number, number], seed: number): Promise<Uint8Array> {
  const data = new Uint8Array(SIDE * SIDE * 3);
  for (let at = 0; at < data.length; at += 1)
    data[at] = Math.max(0, Math.min(255, (color[at % 3] as number) + (((at * 7 + seed * 131) % 61) - 30)));
  return new Uint8Array(
    await sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .png()
      .toBuffer(),
  );
}

/** A zip with a folder per color. @param others files beside them, by their paths */
export async function colorZip(
  perClass: number,
  others: Readonly<Record<string, Uint8Array>> = {},
): Promise<Uint8Array> {
  const folders: Record<string, Record<string, Uint8Array>> = {};
  for (const [name, color] of Object.entries(COLORS)) {
    const files: Record<string, Uint8Array> = {};
    for (let index = 0; index < perClass; index += 1) files[`${index}.png`] = await square(color, index);
    folders[name] = files;
  }
  return zipSync({ ...folders, ...others }, { level: 0 });
}
