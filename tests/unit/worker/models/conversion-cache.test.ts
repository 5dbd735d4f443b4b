import { mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ConversionReport } from '@scry/onnx/readers/report';
import {
  clearConversions,
  findConverted,
  keepConverted,
  reportOf,
} from '@scry/worker/models/conversion/cache';

const ONNX = new Uint8Array([1, 2, 3, 4]);
const REPORT = { format: 'keras', dialect: 'Keras 3' } as unknown as ConversionReport;

let cache: string;
let network: string;

beforeEach(async () => {
  cache = path.join(await mkdtemp(path.join(tmpdir(), 'scry-cache-')), 'converted');
  ({ network } = await keepConverted(cache, 'id', ONNX, REPORT));
});
afterEach(() => rm(path.dirname(cache), { recursive: true }));

const record = () => network.replace(/onnx$/, 'json');

test('a converted file is found with what was read', async () => {
  expect(await findConverted(cache, 'id')).toEqual({ network, report: REPORT });
  expect(await reportOf(network)).toEqual(REPORT);
  expect(new Uint8Array(await readFile(network))).toEqual(ONNX);
  expect(await findConverted(cache, 'other')).toBeNull();
  expect((await readdir(cache)).sort()).toEqual(['id.json', 'id.onnx']);
});

test.each([
  ['empty', () => truncate(network, 0)],
  ['cut short', () => truncate(network, 3)],
  ['changed', () => writeFile(network, 'x', { flag: 'r+' })],
  ['missing', () => rm(network)],
  ['without its record', () => rm(record())],
  ['with an empty record', () => truncate(record(), 0)],
  ['with a record of something else', () => writeFile(record(), 'null')],
])('one that is %s is not, until it is made again', async (_, damage) => {
  await damage();
  expect(await findConverted(cache, 'id')).toBeNull();
  await keepConverted(cache, 'id', ONNX, REPORT);
  expect(await findConverted(cache, 'id')).toEqual({ network, report: REPORT });
});

test('files that nobody asked for in a month are removed, with their records and what was never finished', async () => {
  const part = path.join(cache, 'id.onnx.1.part');
  await writeFile(part, 'x');
  await clearConversions(cache);
  expect(await readdir(cache)).toHaveLength(3);
  const old = new Date(Date.now() - 31 * 24 * 3_600_000);
  for (const file of [network, part]) await utimes(file, old, old);
  await findConverted(cache, 'id');
  await clearConversions(cache);
  expect((await stat(network)).isFile()).toBe(true);
  await utimes(network, old, old);
  await clearConversions(cache);
  expect(await readdir(cache)).toEqual([]);
});
