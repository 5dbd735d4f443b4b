/**
 * The folder of converted files, shared by all workers. Owns what lies in it: ID.onnx, and ID.json with the network's hash
 * and what was read.
 *
 *     absent ──▶ ID.onnx alone (being written, or cut short by a power cut) ──▶ ID.json names its hash: kept
 *
 * A network whose hash ID.json does not name is none, and is converted again.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { ConversionReport } from '@scry/onnx/readers/report';

const FORGET_AFTER_MS = 30 * 24 * 3_600_000;

interface Record {
  /** SHA-256 of the network, in hex. */
  readonly sha256: string;
  readonly report: ConversionReport;
}

export interface Converted {
  /** Absolute path of the ONNX file. */
  readonly network: string;
  readonly report: ConversionReport;
}

/** Under DATA_DIR, since it may be made again at any time. */
export function conversionCache(dataDir: string): string {
  return path.join(dataDir, 'converted');
}

const networkFile = (cache: string, id: string) => path.join(cache, `${id}.onnx`);
const recordFile = (network: string) => network.replace(/\.onnx$/, '.json');
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function recordOf(network: string): Promise<Record | null> {
  const text = await readFile(recordFile(network), 'utf8').catch(() => '');
  try {
    const record = JSON.parse(text) as Partial<Record> | null;
    return record?.sha256 && record.report ? (record as Record) : null;
  } catch {
    return null; // absent, or cut short
  }
}

/** What was read when a model was converted; null where that is not known. */
export async function reportOf(network: string): Promise<ConversionReport | null> {
  return (await recordOf(network))?.report ?? null;
}

/** @param id names what the model's files are converted to @returns null when it is not there whole */
export async function findConverted(cache: string, id: string): Promise<Converted | null> {
  const network = networkFile(cache, id);
  const record = await recordOf(network);
  const bytes = record && (await readFile(network).catch(() => null));
  if (!bytes || hashOf(bytes) !== record.sha256) return null;
  await utimes(network, new Date(), new Date()); // still in use, for whoever clears the folder
  return { network, report: record.report };
}

/** On the disk whole or not at all, whoever else writes the same. */
async function writeWhole(file: string, content: Uint8Array | string): Promise<void> {
  const part = `${file}.${randomUUID()}.part`;
  try {
    const handle = await open(part, 'wx');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** Names of files reach the disk with their folder; Windows has no such step. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Keeps a converted network. @throws what the disk says */
export async function keepConverted(
  cache: string,
  id: string,
  onnx: Uint8Array,
  report: ConversionReport,
): Promise<Converted> {
  await mkdir(cache, { recursive: true });
  const network = networkFile(cache, id);
  const record: Record = { sha256: hashOf(onnx), report };
  await writeWhole(network, onnx);
  await writeWhole(recordFile(network), JSON.stringify(record));
  await syncFolder(cache);
  return { network, report };
}

/** Removes converted files that no worker has asked for in a month. */
export async function clearConversions(cache: string, now = Date.now()): Promise<void> {
  const names = await readdir(cache).catch(() => []);
  for (const name of names.filter((name) => name.endsWith('.onnx') || name.endsWith('.part'))) {
    const file = path.join(cache, name);
    const found = await stat(file).catch(() => null);
    if (!found || now - found.mtimeMs < FORGET_AFTER_MS) continue;
    await Promise.all([rm(file, { force: true }), rm(recordFile(file), { force: true })]);
  }
}
