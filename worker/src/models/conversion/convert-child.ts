/**
 * The process in which a model file is converted to ONNX: its memory is given back when it ends, and a file that kills
 * it kills nothing else. It converts what the first message names, answers once, and ends.
 */
import { mkdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConversionError, DamagedFileError } from '@scry/onnx/errors';
import type { ConversionReport } from '@scry/onnx/readers/report';
import { oneLine } from '../manifest-problem.js';
import { type Files, hashFiles, readModelFiles, reportFile, reportOf } from './files.js';

export interface ConversionRequest {
  /** Absolute path of the model file. */
  readonly file: string;
  /** Folder for converted files, shared by all workers. */
  readonly cache: string;
}

export type ConversionReply =
  | {
      readonly ok: true;
      readonly network: string;
      /** What was read; null when that is not known any more. */
      readonly report: ConversionReport | null;
      /** How long it took; null when it was converted before. */
      readonly ms: number | null;
    }
  | {
      readonly ok: false;
      readonly problem: string;
      /** The file is broken, rather than of a kind that cannot be converted. */
      readonly damaged: boolean;
    };

/** Whole or not at all, whoever else writes the same. */
async function writeWhole(file: string, content: Uint8Array | string): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  await writeFile(part, content);
  await rename(part, file);
}

async function convertTo(files: Files, network: string): Promise<ConversionReport> {
  const { convert } = await import('@scry/onnx/convert');
  const { onnx, report } = await convert(files);
  await mkdir(path.dirname(network), { recursive: true });
  await writeWhole(reportFile(network), JSON.stringify(report));
  await writeWhole(network, onnx);
  return report;
}

async function answer({ file, cache }: ConversionRequest): Promise<ConversionReply> {
  const start = performance.now();
  try {
    const files = await readModelFiles(file);
    const network = path.join(cache, `${hashFiles(files)}.onnx`);
    const known = await stat(network).catch(() => null);
    if (known) await utimes(network, new Date(), new Date()); // still in use, for whoever clears the folder
    if (known) return { ok: true, network, report: await reportOf(network), ms: null };
    const report = await convertTo(files, network);
    return { ok: true, network, report, ms: performance.now() - start };
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    return { ok: false, problem: oneLine(error), damaged: error instanceof DamagedFileError };
  }
}

async function reply(request: ConversionRequest): Promise<void> {
  const answered = await answer(request).catch(
    (error: unknown): ConversionReply => ({
      ok: false,
      problem: `It cannot be converted (${oneLine(error)}).`,
      damaged: true,
    }),
  );
  process.send?.(answered, () => process.disconnect());
}

process.once('message', (request: ConversionRequest) => void reply(request));
