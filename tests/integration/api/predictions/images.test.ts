import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Outcome, PredictionView } from '@scry/shared/contracts/prediction';
import sharp, { type Sharp } from 'sharp';
import { type BmpKind, makeBmp } from '../../../corpus/bmp.js';
import { CAT, finish, jpeg, predict, startApp, type TestApp } from '../../../helpers/app.js';
import { REPO } from '../../../helpers/system.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const blank = (width: number, height: number): Sharp =>
  sharp({ create: { width, height, channels: 3, background: '#336699' } });

/** A blue image as each kind of BMP, and a HEIC that libvips does not decode. */
const bmp = (kind: BmpKind) =>
  makeBmp({ width: 60, height: 40, data: Buffer.alloc(60 * 40 * 3, '336699', 'hex') }, kind);
const heic = () => readFile(path.join(REPO, 'tests/fixtures/ship.heic'));

describe('what an image is, is read from its bytes', () => {
  const encoders: [string, () => Promise<Buffer>][] = [
    ['jpeg', () => blank(60, 40).jpeg().toBuffer()],
    ['jpeg', () => blank(60, 40).jpeg({ progressive: true, mozjpeg: true }).toBuffer()],
    ['png', () => blank(60, 40).png().toBuffer()],
    ['webp', () => blank(60, 40).webp().toBuffer()],
    ['webp', () => blank(60, 40).webp({ lossless: true }).toBuffer()],
    ['gif', () => blank(60, 40).gif().toBuffer()],
    ['tiff', () => blank(60, 40).tiff().toBuffer()],
    ['avif', () => blank(60, 40).avif({ effort: 0 }).toBuffer()],
  ];
  test.each(encoders)('%s', async (format, encode) => {
    const { image } = await predict(app, await encode());
    expect(image).toMatchObject({ format, width: 60, height: 40 });
  });

  test.each<BmpKind>(['24', '24-top-down', '8', '1', 'os2-24'])('bmp of kind %s', async (kind) => {
    expect((await predict(app, bmp(kind))).image).toMatchObject({ format: 'bmp', width: 60, height: 40 });
  });

  test('heic', async () => {
    expect((await predict(app, await heic())).image).toMatchObject({ format: 'heic', width: 96, height: 64 });
  });

  const turned: [string, (orientation: number) => Promise<Buffer>][] = [
    ['jpeg', (orientation) => blank(60, 40).withMetadata({ orientation }).jpeg().toBuffer()],
    ['png', (orientation) => blank(60, 40).withMetadata({ orientation }).png().toBuffer()],
    ['webp', (orientation) => blank(60, 40).withMetadata({ orientation }).webp().toBuffer()],
    ['tiff', (orientation) => blank(60, 40).withMetadata({ orientation }).tiff().toBuffer()],
  ];
  test.each(turned)('%s that lies on its side is measured as a person sees it', async (_format, encode) => {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const { image } = await predict(app, await encode(orientation));
      const [width, height] = orientation >= 5 ? [40, 60] : [60, 40];
      expect({ orientation, ...image }).toMatchObject({ orientation, width, height });
    }
  });
});

describe('an image that says how it lies behind its pixels', () => {
  /** So many pixels of noise that the file is longer than what is held of its beginning; more than is held at all. */
  const noise = (width: number, height: number) =>
    sharp({
      create: {
        width,
        height,
        channels: 3,
        background: '#888',
        noise: { type: 'gaussian', mean: 128, sigma: 60 },
      },
    }).withMetadata({ orientation: 6 });
  const behindPixels = async (width: number, height: number) => {
    const png = await noise(width, height).png().toBuffer();
    const at = png.indexOf('eXIf', 0, 'latin1') - 4;
    const end = at + 12 + png.readUInt32BE(at);
    return Buffer.concat([
      png.subarray(0, at),
      png.subarray(end, -12),
      png.subarray(at, end),
      png.subarray(-12),
    ]);
  };
  const cases: [string, () => Promise<Buffer>][] = [
    ['webp', () => noise(300, 200).webp({ lossless: true }).toBuffer()],
    ['larger webp', () => noise(900, 600).webp({ lossless: true }).toBuffer()],
    ['png', () => behindPixels(300, 200)],
    ['larger png', () => behindPixels(900, 600)],
  ];

  test.each(cases)('is measured, cut and annotated as a person sees it: %s', async (_name, encode) => {
    const box: Outcome = {
      status: 'succeeded',
      output: {
        predictions: [
          {
            class_index: 0,
            class_name: 'RBC',
            confidence: 0.9,
            bbox: { cx: 0.5, cy: 0.75, w: 1, h: 0.5 },
          },
        ],
      },
    };
    const { prediction_id: id, image } = await answered(await encode(), box, 'blood-cells');
    const small = image.width === 200;
    expect(image).toMatchObject(small ? { width: 200, height: 300 } : { width: 600, height: 900 });
    const crop = await app.fetch(`/v1/predictions/${id}/crops/0`);
    expect(crop.status).toBe(200);
    expect(await sharp(await crop.arrayBuffer()).metadata()).toMatchObject({
      width: image.width,
      height: image.height / 2,
    });
    const annotated = await sharp(
      await (await app.fetch(`/v1/predictions/${id}/annotated`)).arrayBuffer(),
    ).metadata();
    expect(annotated.width / annotated.height).toBeCloseTo(2 / 3, 1);
  });
});

/** Uploads an image and writes an answer for it. */
async function answered(image: Buffer, outcome: Outcome, model = 'everyday-10'): Promise<PredictionView> {
  const prediction = await predict(app, image, { model });
  await app.services.predictions.finish(finish(prediction.prediction_id, outcome));
  return prediction;
}

const detections = (...boxes: { cx: number; cy: number; w: number; h: number }[]): Outcome => ({
  status: 'succeeded',
  output: {
    predictions: boxes.map((bbox, index) => ({
      class_index: index,
      class_name: 'RBC',
      confidence: 0.9,
      bbox,
    })),
  },
});

async function pixels(response: Response) {
  const { data, info } = await sharp(Buffer.from(await response.arrayBuffer()))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [
    ...data.subarray((y * info.width + x) * info.channels, (y * info.width + x) * info.channels + 3),
  ];
  return { width: info.width, height: info.height, at };
}

describe('the upload', () => {
  test('comes back as it was, harmless in a browser and for ever', async () => {
    const sent = await jpeg(1);
    const { prediction_id: id, image } = await predict(app, sent);
    const response = await app.fetch(`/v1/predictions/${id}/image`);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(sent);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox'),
      'cache-control': 'private, max-age=31536000, immutable',
      etag: `"${image.sha256}"`,
    });
    const again = await app.fetch(`/v1/predictions/${id}/image`, {
      headers: { 'If-None-Match': `"${image.sha256}"` },
    });
    expect(again.status).toBe(304);
  });

  test('is sent in parts to those that ask for a range', async () => {
    const bytes = await jpeg(21);
    const { prediction_id: id } = await predict(app, bytes);
    const get = (headers: Record<string, string>, method = 'GET') =>
      app.fetch(`/v1/predictions/${id}/image`, { method, headers });
    const part = await get({ Range: 'bytes=10-19' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 10-19/${bytes.length}`]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(10, 20));
    const tail = await get({ Range: 'bytes=-5', 'If-Range': String(part.headers.get('etag')) });
    expect(Buffer.from(await tail.arrayBuffer())).toEqual(bytes.subarray(-5));
    for (const headers of [{ Range: 'bytes=10-19', 'If-Range': '"other"' }, { Range: 'bytes=0-1,9-10' }]) {
      const whole = await get(headers as Record<string, string>);
      expect([whole.status, Buffer.from(await whole.arrayBuffer()).equals(bytes)]).toEqual([200, true]);
    }
    const beyond = await get({ Range: `bytes=${bytes.length}-` });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${bytes.length}`]);
    const head = await get({}, 'HEAD');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
  });

  test('that is no longer there is said to be gone', async () => {
    const { prediction_id: id, image } = await answered(await jpeg(2), CAT);
    await app.services.storage.removeUnlessUsed(image.sha256, async () => false);
    for (const what of ['image', 'annotated']) {
      const response = await app.fetch(`/v1/predictions/${id}/${what}`);
      expect(response.status).toBe(410);
      expect(response.headers.get('content-type')).toMatch('problem+json');
      expect(response.headers.get('cache-control') ?? '').not.toMatch('immutable');
      expect(await response.json()).toMatchObject({ type: '/problems/image-gone' });
    }
  });
});

describe('the annotated image', () => {
  test('shows detections where they are, also on an image that was taken sideways', async () => {
    const lying = await blank(400, 800).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const { prediction_id: id } = await answered(
      lying,
      detections({ cx: 0.5, cy: 0.5, w: 0.5, h: 0.5 }),
      'blood-cells',
    );
    const response = await app.fetch(`/v1/predictions/${id}/annotated`);
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    const { width, height, at } = await pixels(response);
    expect([width, height]).toEqual([800, 400]);
    const [red, , blue] = at(200, 200); // the middle of the box's left side: class 0 is red
    expect(red).toBeGreaterThan(150);
    expect(blue).toBeLessThan(90);
    expect(at(400, 200)[2]).toBeGreaterThan(130); // inside, the image is as it was
  });

  test.each([
    [32, 32],
    [8000, 6000],
    [3000, 8],
    [8, 3000],
  ])('is legible for an image of %d × %d', async (width, height) => {
    const image = await blank(width, height).jpeg().toBuffer();
    const { prediction_id: id } = await answered(
      image,
      detections({ cx: 0.5, cy: 0.5, w: 0.4, h: 0.4 }),
      'blood-cells',
    );
    const shown = await pixels(await app.fetch(`/v1/predictions/${id}/annotated`));
    expect(Math.max(shown.width, shown.height)).toBeGreaterThanOrEqual(640);
    expect(Math.max(shown.width, shown.height)).toBeLessThanOrEqual(2048);
    expect(Math.min(shown.width, shown.height)).toBeGreaterThanOrEqual(200);
  });

  test('names the most confident class of a classification above the image', async () => {
    const { prediction_id: id } = await answered(await blank(640, 640).jpeg().toBuffer(), CAT);
    const { width, height, at } = await pixels(await app.fetch(`/v1/predictions/${id}/annotated`));
    expect(width).toBe(640);
    expect(height).toBeGreaterThan(660);
    const banner = Array.from({ length: width }, (_, x) =>
      Math.max(...at(x, Math.round((height - 640) / 2))),
    );
    expect(Math.max(...banner)).toBeGreaterThan(220); // white letters
    expect(Math.min(...banner)).toBeLessThan(60); // on a dark ground
  });

  test('can be made of formats that libvips does not read', async () => {
    for (const image of [bmp('24'), await heic()]) {
      const { prediction_id: id } = await answered(image, CAT);
      const { width, height } = await pixels(await app.fetch(`/v1/predictions/${id}/annotated`));
      expect(width).toBe(640);
      expect(height).toBeGreaterThan(427);
    }
  });

  test('is the same bytes when asked for again, and not sent twice', async () => {
    const { prediction_id: id } = await answered(await jpeg(3), CAT);
    const first = await app.fetch(`/v1/predictions/${id}/annotated`);
    const bytes = await first.arrayBuffer();
    const second = await app.fetch(`/v1/predictions/${id}/annotated`);
    expect(Buffer.from(await second.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true);
    const tag = first.headers.get('etag') ?? '';
    expect(
      (await app.fetch(`/v1/predictions/${id}/annotated`, { headers: { 'If-None-Match': tag } })).status,
    ).toBe(304);
  });

  test('is refused while there is no answer', async () => {
    const { prediction_id: id } = await predict(app, await jpeg(4));
    const response = await app.fetch(`/v1/predictions/${id}/annotated`);
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      type: '/problems/not-answered',
      detail: expect.stringContaining('queued'),
    });
  });
});

describe('crops', () => {
  test('hold what lies in a box, in the pixels of the upload', async () => {
    const half = await sharp({ create: { width: 100, height: 100, channels: 3, background: '#ff0000' } })
      .png()
      .toBuffer();
    const image = await blank(200, 100)
      .composite([{ input: half, left: 100, top: 0 }])
      .jpeg()
      .toBuffer();
    const outcome = detections({ cx: 0.25, cy: 0.5, w: 0.4, h: 0.5 }, { cx: 0.9, cy: 0.5, w: 0.4, h: 1.2 });
    const { prediction_id: id } = await answered(image, outcome, 'blood-cells');
    const first = await pixels(await app.fetch(`/v1/predictions/${id}/crops/0`));
    expect([first.width, first.height]).toEqual([80, 50]);
    expect(first.at(40, 25)[2]).toBeGreaterThan(130);
    const second = await pixels(await app.fetch(`/v1/predictions/${id}/crops/1`));
    expect([second.width, second.height]).toEqual([60, 100]); // cut at the image's edge
    expect(second.at(30, 50)[0]).toBeGreaterThan(200);
  });

  test('that are not there are refused with those that are', async () => {
    const { prediction_id: id } = await answered(
      await jpeg(5),
      detections({ cx: 0.5, cy: 0.5, w: 1, h: 1 }),
      'blood-cells',
    );
    const ask = async (n: string) => (await app.fetch(`/v1/predictions/${id}/crops/${n}`)).json();
    expect(await ask('1')).toMatchObject({
      type: '/problems/crop-not-found',
      detail: expect.stringContaining('0 to 0'),
    });
    expect(await ask('-1')).toMatchObject({ status: 404 });
    expect(await ask('x')).toMatchObject({ status: 404 });
    const { prediction_id: cat } = await answered(await jpeg(6), CAT);
    expect(await (await app.fetch(`/v1/predictions/${cat}/crops/0`)).json()).toMatchObject({
      detail: expect.stringContaining('no boxes'),
    });
  });
});
