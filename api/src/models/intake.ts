/**
 * Takes the files of a model from a request: weights as they are, or a zip of a model's folder. They stream into storage and
 * are nobody's until a version keeps them; whatever stops the request discards them.
 */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { type Blobs, BlobTooLarge, type PendingBlob } from '@scry/shared/storage/blobs';
import { type Space, StorageFull } from '@scry/shared/storage/free-space';
import { type ZipLimits, ZipProblem, zipEntries } from '@scry/shared/storage/zip-reader';
import type { Request, Response } from 'express';
import multer, { type StorageEngine } from 'multer';
import { run } from '../http/form.js';
import { Problem } from '../http/problem.js';
import { discardAll, type IncomingFile } from './incoming-file.js';
import { invalid } from './version-problems.js';

/** What a request brought, unchecked. */
export interface ModelUpload {
  readonly files: readonly IncomingFile[];
  readonly fields: Readonly<Record<string, unknown>>;
  /** As the files have it: manifest.json of a zip, or the field; empty where there is none. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** What the model may be called when nobody says: the name of the file. */
  readonly suggestedName: string;
}

export interface IntakeLimits {
  /** Bytes of all files together. */
  readonly maxBytes: number;
  /** What room there is for them. */
  readonly space: () => Promise<Space>;
}

const MOST_FILES = 1000;
const MANIFEST = 'manifest.json';
const MIB = 1 << 20;
const MOST_MANIFEST_BYTES = MIB;
const FORM_LIMITS = {
  files: MOST_FILES,
  fields: 16,
  parts: MOST_FILES + 16,
  fieldNameSize: 64,
  fieldSize: MOST_MANIFEST_BYTES,
  headerPairs: 32,
} as const;

/** Fields of the form that hold files; all of them become files of the model. */
const FILE_FIELDS = new Set(['file', 'labels', 'metadata']);

interface Received extends IncomingFile {
  readonly field: string;
}

/** Keeps what arrives by its name alone: what folders a browser says a file was in is nobody's business. */
function storageEngine(blobs: Blobs, maxBytes: number, received: Received[]): StorageEngine {
  let left = maxBytes;
  return {
    _handleFile(_req, file, done) {
      const chunks: AsyncIterable<Uint8Array> = file.stream.iterator({ destroyOnReturn: false });
      blobs.receive(chunks, left).then(
        (blob) => {
          left -= blob.bytes;
          received.push({ field: file.fieldname, path: path.posix.basename(file.originalname), blob });
          done(null, { size: blob.bytes });
        },
        (error: unknown) => done(error),
      );
    },
    _removeFile: (_req, _file, done) => done(null), // all are discarded together
  };
}

function parseManifest(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid('manifest', `is not valid JSON (${(error as Error).message})`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw invalid('manifest', 'must be one JSON object');
}

/** "My Leaves v2.onnx" → "my-leaves-v2". */
export function suggestName(fileName: string): string {
  const base = path.posix.basename(fileName).replace(/\.(zip|onnx|keras|h5|hdf5|cfg|weights|json|bin)$/i, '');
  const safe = base
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 63);
  return safe === '' ? 'model' : safe;
}

function noRoom({ freeBytes, reserveBytes }: Space): StorageFull {
  const [free, reserve] = [freeBytes, reserveBytes].map((bytes) => Math.round(bytes / MIB));
  return new StorageFull(
    `The disk of DATA_DIR has ${free} MiB free, and ${reserve} MiB of them must stay (DISK_RESERVE_BYTES): the model does not fit. Make room.`,
  );
}

/**
 * How much may be written: what is allowed, and leaves the reserve free.
 * @param needed bytes that are written at least
 * @throws StorageFull when there is no room for these
 */
async function mostBytes({ maxBytes, space }: IntakeLimits, needed: number): Promise<number> {
  const now = await space();
  if (now.reserveBytes === 0) return maxBytes; // a full disk then says so itself
  const room = now.freeBytes - now.reserveBytes;
  if (room < needed || room <= 0) throw noRoom(now);
  return Math.min(maxBytes, room);
}

/** @returns a function that takes the model of a request. The files of its answer must be kept or discarded. */
export function modelIntake(blobs: Blobs, limits: IntakeLimits) {
  return async function receive(req: Request, res: Response): Promise<ModelUpload> {
    if (!req.is('multipart/form-data'))
      throw new Problem(
        'unsupported-body',
        'Send the model as multipart/form-data, with its weights as "file".',
      );
    const received: Received[] = [];
    try {
      const maxBytes = await mostBytes(limits, Number(req.get('content-length') ?? 0));
      const storage = storageEngine(blobs, maxBytes, received);
      await run(multer({ storage, limits: FORM_LIMITS, defParamCharset: 'utf8' }).any(), req, res);
      return await understand(blobs, limits, received, { ...(req.body as Record<string, unknown>) });
    } catch (error) {
      await discardAll(received);
      if (!(error instanceof BlobTooLarge)) throw error;
      if (error.maxBytes < limits.maxBytes) throw noRoom(await limits.space());
      const detail = `The model has more than ${limits.maxBytes} bytes (MAX_MODEL_BYTES).`;
      throw new Problem('too-large', detail, { cause: error });
    }
  };
}

async function understand(
  blobs: Blobs,
  limits: IntakeLimits,
  received: Received[],
  fields: Record<string, unknown>,
): Promise<ModelUpload> {
  const stray = received.find(({ field }) => !FILE_FIELDS.has(field));
  if (stray) throw invalid(stray.field, `is no field for files; there are ${[...FILE_FIELDS].join(', ')}`);
  const [first] = received.filter(({ field }) => field === 'file');
  if (!first) throw invalid('file', 'is missing: send the weights (curl -F file=@model.onnx)');
  const isZip = received.length === 1 && isZipFile(first);
  const files = isZip ? await unpack(blobs, first.blob, limits) : received;
  try {
    const { manifest: text, ...others } = fields;
    const given = typeof text === 'string' ? parseManifest(text) : null;
    const manifest = given ?? (await manifestAmong(files));
    const name = manifest.name;
    return {
      files: files.filter((file) => file.path !== MANIFEST),
      fields: others,
      manifest,
      suggestedName: typeof name === 'string' ? name : suggestName(first.path),
    };
  } catch (error) {
    if (isZip) await discardAll(files);
    throw error;
  }
}

/** A Keras file is a zip, too, and stays as it is. */
const isZipFile = ({ path: name, blob }: IncomingFile) =>
  blob.head[0] === 0x50 && blob.head[1] === 0x4b && !/\.keras$/i.test(name);

/** @throws Problem "invalid-request" when the zip is none, or holds more than it may */
async function unpack(
  blobs: Blobs,
  zip: PendingBlob,
  { maxBytes, space }: IntakeLimits,
): Promise<IncomingFile[]> {
  const key = `incoming-zips/${randomUUID()}`;
  const limits: ZipLimits = { maxEntries: MOST_FILES, maxEntryBytes: maxBytes, maxTotalBytes: maxBytes };
  const files: IncomingFile[] = [];
  await zip.keep(key);
  try {
    for await (const entry of zipEntries(blobs, key, limits)) {
      if (entry.kind === 'skipped')
        throw invalid('file', `"${entry.path}" in the zip cannot be taken: ${entry.reason}`);
      await mostBytes({ maxBytes, space }, entry.bytes);
      files.push({ path: entry.path, blob: await blobs.receive(entry.open(), entry.bytes) });
    }
    return withoutTopFolder(files);
  } catch (error) {
    await discardAll(files);
    throw error instanceof ZipProblem ? invalid('file', error.message) : error;
  } finally {
    await blobs.delete(key);
  }
}

/** A zip of a folder holds that folder, and nothing beside it. */
function withoutTopFolder(files: readonly IncomingFile[]): IncomingFile[] {
  const tops = new Set(files.map((file) => file.path.split('/')[0]));
  const nested = tops.size === 1 && files.every((file) => file.path.includes('/'));
  return files.map((file) =>
    nested ? { ...file, path: file.path.slice(file.path.indexOf('/') + 1) } : file,
  );
}

async function manifestAmong(files: readonly IncomingFile[]): Promise<Readonly<Record<string, unknown>>> {
  const file = files.find(({ path: name }) => name === MANIFEST);
  if (!file) return {};
  if (file.blob.bytes > MOST_MANIFEST_BYTES)
    throw invalid('manifest', `may have ${MOST_MANIFEST_BYTES} bytes at the most`);
  return parseManifest((await file.blob.whole()).toString());
}
