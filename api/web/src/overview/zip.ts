/** A zip with the annotated images and the tables, put together in the browser: the server draws the images anyway. */
import { strToU8, Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import { request } from '../client/http.js';
import { predictionPath } from '../client/predictions.js';
import { annotatedNames, csvOf, jsonOf, type Named } from './tables.js';

/**
 * @param onProgress told how many images are in it
 * @throws RequestFailed, AbortError
 */
export async function zipOf(
  all: readonly Named[],
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const zip = new Zip((error, data) => {
    if (error) throw error;
    parts.push(data as Uint8Array<ArrayBuffer>);
  });
  const add = (file: ZipDeflate | ZipPassThrough, bytes: Uint8Array) => {
    zip.add(file);
    file.push(bytes, true);
  };
  add(new ZipDeflate('predictions.csv'), strToU8(csvOf(all)));
  add(new ZipDeflate('predictions.json'), strToU8(jsonOf(all)));
  const drawn = all.filter(({ prediction }) => prediction.status === 'succeeded');
  const names = annotatedNames(drawn.map(({ name }) => name));
  for (const [index, { prediction }] of drawn.entries()) {
    const path = `${predictionPath(prediction.prediction_id)}/annotated`;
    const response = await request(path, { headers: { Accept: 'image/*' }, signal });
    // JPEGs do not get smaller.
    add(new ZipPassThrough(`annotated/${names[index]}`), new Uint8Array(await response.arrayBuffer()));
    onProgress(index + 1);
  }
  zip.end();
  return new Blob(parts, { type: 'application/zip' });
}
