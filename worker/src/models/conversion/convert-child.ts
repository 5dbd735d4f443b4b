/**
 * The process in which a model file is converted to ONNX: its memory is given back when it ends, and a file that kills
 * it kills nothing else. It converts what the first message names, answers once, and ends.
 */
import { ConversionError, DamagedFileError } from '@scry/onnx/errors';
import type { ConversionReport } from '@scry/onnx/readers/report';
import { oneLine } from '../manifest-problem.js';
import { findConverted, keepConverted } from './cache.js';
import { hashFiles, readModelFiles } from './files.js';

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
      /** What was read. */
      readonly report: ConversionReport;
      /** How long it took; null when it was converted before. */
      readonly ms: number | null;
    }
  | {
      readonly ok: false;
      readonly problem: string;
      /** The file is broken, rather than of a kind that cannot be converted. */
      readonly damaged: boolean;
    };

async function answer({ file, cache }: ConversionRequest): Promise<ConversionReply> {
  const start = performance.now();
  try {
    const files = await readModelFiles(file);
    const id = hashFiles(files);
    const known = await findConverted(cache, id);
    if (known) return { ok: true, ...known, ms: null };
    const { convert } = await import('@scry/onnx/convert');
    const { onnx, report } = await convert(files);
    const kept = await keepConverted(cache, id, onnx, report);
    return { ok: true, ...kept, ms: performance.now() - start };
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
