/** What bringing an image to the size of an input costs, by the way that a manifest can ask for, with the workers' own code. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { configureSharp } from '@scry/shared/imaging/libvips';
import { type ImageInput, ImageReader, type Pixels } from '@scry/worker/imaging/image-reader';
import sharp from 'sharp';
import { makeImages } from '../load/images.js';
import { type Spread, spread } from '../load/latency.js';

type Setting = Pick<ImageInput, 'resample' | 'filter' | 'antialias'>;

const SETTINGS: readonly Setting[] = [
  { resample: 'fast', filter: 'bilinear', antialias: false },
  { resample: 'pillow', filter: 'bilinear', antialias: false },
  { resample: 'pillow', filter: 'bicubic', antialias: false },
  { resample: 'pillow', filter: 'lanczos', antialias: false },
  { resample: 'opencv', filter: 'bilinear', antialias: false },
  { resample: 'opencv', filter: 'bicubic', antialias: false },
  { resample: 'opencv', filter: 'area', antialias: false },
  { resample: 'tensorflow', filter: 'bilinear', antialias: false },
  { resample: 'tensorflow', filter: 'bilinear', antialias: true },
  { resample: 'torch', filter: 'bilinear', antialias: false },
  { resample: 'torch', filter: 'bicubic', antialias: true },
];

export interface ResamplingRow {
  readonly name: string;
  /** CPU milliseconds of the whole process per JPEG of 640 × 480. */
  readonly cpuMs: Spread;
  /** Milliseconds for one JPEG of 50 megapixels, nothing else running. */
  readonly largeMs: number;
  /** Levels by which a JPEG and a PNG of the same pixels come out different. */
  readonly difference: { readonly mean: number; readonly most: number };
}

const SIZE = 224;
const IMAGES = 8;
const WARM_UP = 3;
const ROUNDS = 7;
const LARGE = { width: 8660, height: 5770 };

const inputOf = (setting: Setting): ImageInput => ({
  ...setting,
  width: SIZE,
  height: SIZE,
  channels: 'rgb',
  resize: 'stretch',
  pad: 0,
  align: 'center',
});

async function pixelsOf(reader: ImageReader, file: string, setting: Setting): Promise<Pixels> {
  const prepared = await reader.prepare(readFile(file), inputOf(setting));
  if (!prepared.ok) throw new Error(prepared.error.message);
  return prepared.image.pixels;
}

interface Files {
  readonly jpegs: readonly string[];
  readonly pngs: readonly string[];
  readonly large: string;
}

async function writeFiles(folder: string): Promise<Files> {
  const jpegs: string[] = [];
  const pngs: string[] = [];
  for (const [index, { bytes }] of (await makeImages(IMAGES)).entries()) {
    const file = path.join(folder, String(index));
    await writeFile(`${file}.jpg`, bytes);
    await sharp(bytes).png().toFile(`${file}.png`);
    jpegs.push(`${file}.jpg`);
    pngs.push(`${file}.png`);
  }
  const large = path.join(folder, 'large.jpg');
  await sharp(jpegs[0] as string)
    .resize({ ...LARGE, fit: 'fill' })
    .jpeg()
    .toFile(large);
  return { jpegs, pngs, large };
}

async function cpuMs(reader: ImageReader, files: readonly string[], setting: Setting): Promise<number> {
  const before = process.cpuUsage();
  for (const file of files) await pixelsOf(reader, file, setting);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / files.length;
}

async function elapsedMs(reader: ImageReader, file: string, setting: Setting): Promise<number> {
  const start = performance.now();
  await pixelsOf(reader, file, setting);
  return performance.now() - start;
}

async function difference(reader: ImageReader, { jpegs, pngs }: Files, setting: Setting) {
  let sum = 0;
  let most = 0;
  let values = 0;
  for (const [index, jpeg] of jpegs.entries()) {
    const one = await pixelsOf(reader, jpeg, setting);
    const other = await pixelsOf(reader, pngs[index] as string, setting);
    for (const [at, level] of one.entries()) {
      const off = Math.abs(level - (other[at] as number));
      sum += off;
      most = Math.max(most, off);
    }
    values += one.length;
  }
  return { mean: sum / values, most };
}

const nameOf = ({ resample, filter, antialias }: Setting) =>
  `${resample}, ${filter}${antialias ? ', antialias' : ''}`;

/** Measures every setting in turns, so that other work on the machine meets all of them alike. */
export async function measureResampling(): Promise<readonly ResamplingRow[]> {
  configureSharp();
  const folder = await mkdtemp(path.join(tmpdir(), 'scry-resampling-'));
  const reader = new ImageReader({ maxPixels: 50_000_000, timeoutS: 60 });
  try {
    const files = await writeFiles(folder);
    const measured = SETTINGS.map((setting) => ({ setting, rounds: [] as number[] }));
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      for (const { setting, rounds } of measured) {
        const cpu = await cpuMs(reader, files.jpegs, setting);
        if (round >= 0) rounds.push(cpu);
      }
    }
    const rows: ResamplingRow[] = [];
    for (const { setting, rounds } of measured)
      rows.push({
        name: nameOf(setting),
        cpuMs: spread(rounds),
        largeMs: await elapsedMs(reader, files.large, setting),
        difference: await difference(reader, files, setting),
      });
    return rows;
  } finally {
    await reader.close();
    await rm(folder, { recursive: true });
  }
}
