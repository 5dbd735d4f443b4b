/** Files that are cut off, lie or attack: each ends in one sentence, soon, and without the memory that it asks for. */
import { convert } from '@scry/onnx/convert';
import { ConversionError } from '@scry/onnx/errors';

export type Files = Map<string, Uint8Array>;

const SLOWEST_MS = 5000;
const MOST_MIB = 300;

export const bytes = (value: unknown) =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

export async function refusal(files: Files): Promise<string> {
  const before = process.memoryUsage();
  const start = performance.now();
  const error = await convert(files).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(performance.now() - start).toBeLessThan(SLOWEST_MS);
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  expect((heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers) / 2 ** 20).toBeLessThan(MOST_MIB);
  expect(error).toBeInstanceOf(ConversionError);
  const { message } = error as Error;
  expect(message).toMatch(/^[^\n]{10,400}[.]$/);
  return message;
}
