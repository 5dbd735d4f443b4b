/** A published YOLO in darknet's own files finds what OpenCV's darknet reader finds. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readDarknet } from '@scry/onnx/darknet/reader';
import { writeGraph } from '@scry/onnx/graph/file';
import * as ort from 'onnxruntime-node';
import sharp from 'sharp';
import { opencvLinear } from '../../helpers/opencv-resize.js';
import { describeWithReference, REFERENCE } from '../../helpers/reference.js';

type Row = readonly [label: number, confidence: number, cx: number, cy: number, w: number, h: number];

interface Expected {
  readonly models: Readonly<
    Record<
      string,
      { readonly width: number; readonly height: number; readonly pictures: Record<string, { kept: Row[] }> }
    >
  >;
}

const FOLDER = path.join(REFERENCE, 'darknet');

function iou([, , ax, ay, aw, ah]: Row, [, , bx, by, bw, bh]: Row): number {
  const overlap = (a: number, aSize: number, b: number, bSize: number) =>
    Math.max(0, Math.min(a + aSize / 2, b + bSize / 2) - Math.max(a - aSize / 2, b - bSize / 2));
  const both = overlap(ax, aw, bx, bw) * overlap(ay, ah, by, bh);
  return both / (aw * ah + bw * bh - both);
}

/** Rows of the output whose best class reaches the threshold. */
function rows(output: ort.Tensor, threshold: number): Row[] {
  const [, count = 0, width = 0] = output.dims;
  const data = output.data as Float32Array;
  return Array.from({ length: count }, (_, index) => data.subarray(index * width, (index + 1) * width))
    .map((row): Row => {
      const scores = row.subarray(5);
      const best = scores.reduce((at, score, index) => (score > (scores[at] as number) ? index : at), 0);
      const [cx, cy, w, h, objectness] = row as unknown as [number, number, number, number, number];
      return [best, objectness * (scores[best] as number), cx, cy, w, h];
    })
    .filter(([, confidence]) => confidence >= threshold);
}

async function image(name: string, width: number, height: number): Promise<ort.Tensor> {
  const file = path.join(REFERENCE, 'large', name);
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const pixels = opencvLinear(data, info, { width, height });
  const planes = new Float32Array(pixels.length);
  const size = width * height;
  for (let at = 0; at < size; at++)
    for (let c = 0; c < 3; c++) planes[c * size + at] = (pixels[at * 3 + c] as number) / 255;
  return new ort.Tensor('float32', planes, [1, 3, height, width]);
}

describeWithReference('yolo-fastest', () => {
  test('every box that OpenCV keeps at 0.25 is found', async () => {
    const expected = JSON.parse(await readFile(path.join(FOLDER, 'expected.json'), 'utf8')) as Expected;
    for (const [name, { width, height, pictures }] of Object.entries(expected.models)) {
      const cfg = await readFile(path.join(FOLDER, `${name}.cfg`), 'utf8');
      const { graph, report } = readDarknet(cfg, await readFile(path.join(FOLDER, `${name}.weights`)));
      expect(report.notes).toEqual([]);
      const session = await ort.InferenceSession.create(writeGraph(graph), { logSeverityLevel: 3 });
      for (const [file, { kept }] of Object.entries(pictures)) {
        const { detections } = await session.run({ image: await image(file, width, height) });
        const found = rows(detections as ort.Tensor, 0.2);
        for (const row of kept.filter(([, confidence]) => confidence >= 0.25)) {
          const best = found
            .filter(([label]) => label === row[0])
            .reduce<Row | null>((a, b) => (a && iou(a, row) >= iou(b, row) ? a : b), null);
          expect(best && iou(best, row)).toBeGreaterThanOrEqual(0.95);
          expect(Math.abs((best?.[1] ?? 0) - row[1])).toBeLessThan(0.01);
        }
      }
      await session.release();
    }
  });
});
