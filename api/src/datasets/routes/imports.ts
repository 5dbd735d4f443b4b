/** POST /v1/datasets/{id}/import: a zip of images comes in and is read while the client looks on. */
import { randomUUID } from 'node:crypto';
import { importSchema, newDatasetId } from '@scry/shared/contracts/dataset';
import { BlobTooLarge, type PendingBlob } from '@scry/shared/storage/blobs';
import { StorageFull } from '@scry/shared/storage/free-space';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { json, problems } from '../../http/describe.js';
import { fileForm } from '../../http/form.js';
import { Problem } from '../../http/problems.js';
import type { Needs, Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { ZipImport } from '../zip-import.js';
import { datasetParams, importParams, presentImport } from './views.js';

const access = problems(
  'invalid-request',
  'unauthorized',
  'forbidden',
  'dataset-not-found',
  'database-unavailable',
);
const MOST_ENTRIES = 200_000;

const formSchema = z
  .object({
    file: z
      .string()
      .meta({ format: 'binary' })
      .describe('A zip: a folder per class, or images with labels.csv.'),
  })
  .meta({ id: 'DatasetImportForm', description: 'multipart/form-data' });

const FORM_LIMITS = { files: 1, fields: 4, parts: 8 } as const;

/** Takes the zip of a request into storage: a form with a file, or the zip itself as the body. */
async function receiveZip(
  { blobs, config }: Needs<'blobs' | 'config'>,
  req: Request,
  res: Response,
): Promise<PendingBlob> {
  const maxBytes = config.MAX_DATASET_BYTES;
  if (req.is(['application/zip', 'application/octet-stream'])) return blobs.receive(req, maxBytes);
  if (!req.is('multipart/form-data'))
    throw new Problem(
      'unsupported-body',
      'Send the zip as multipart/form-data in the field "file", or as application/zip.',
    );
  const form = fileForm(
    'file',
    { receive: (chunks) => blobs.receive(chunks, maxBytes), discard: (blob: PendingBlob) => blob.discard() },
    FORM_LIMITS,
  );
  const received = await form(req, res);
  if (received) return received;
  throw new Problem(
    'invalid-request',
    'file: no zip came; send it in the field "file" (curl -F file=@photos.zip).',
  );
}

/** @throws StorageFull when the zip would not leave the reserve free, as far as the request says how large it is */
async function admit({ storage }: Needs<'storage'>, req: Request): Promise<void> {
  const { freeBytes, reserveBytes } = await storage.space();
  const announced = Number(req.get('content-length') ?? 0);
  if (reserveBytes > 0 && freeBytes - announced < reserveBytes)
    throw new StorageFull(
      `A zip of ${announced} bytes would not leave the reserve of ${reserveBytes} bytes free (DISK_RESERVE_BYTES). Send it in parts, or make room.`,
    );
}

type ImportNeeds = Needs<'datasetStore' | 'datasets' | 'storage' | 'blobs' | 'config' | 'log'>;

export const importZip: Route<keyof ImportNeeds | 'imports'> = {
  scope: 'datasets:write',
  description: {
    method: 'post',
    path: '/v1/datasets/{id}/import',
    operationId: 'importZip',
    summary: 'Add the images of a zip',
    description: 'Folders are classes, unless the zip holds `labels.csv` with the columns file and class.',
    tags: ['data sets'],
    request: {
      params: datasetParams,
      body: { required: true, content: { 'multipart/form-data': { schema: formSchema } } },
    },
    responses: {
      202: json(importSchema, 'It is being read; `Location` says how far it is.'),
      ...access,
      ...problems(
        'invalid-multipart',
        'too-large',
        'unsupported-body',
        'storage-unavailable',
        'storage-full',
      ),
    },
  },
  handlers: (services) => [
    async (req, res) => {
      const { datasets, datasetStore, blobs, imports } = services;
      const { id } = check(datasetParams, req.params);
      await datasets.get(id);
      await admit(services, req);
      const zip = await receiveZip(services, req, res).catch((error: unknown) => {
        if (!(error instanceof BlobTooLarge)) throw error;
        throw new Problem(
          'too-large',
          `A zip may have ${error.maxBytes} bytes (MAX_DATASET_BYTES). Send it in parts.`,
        );
      });
      const key = `incoming-zips/${randomUUID()}`;
      await zip.keep(key);
      const started = await datasetStore.startImport(newDatasetId(), id).catch(async (error: unknown) => {
        await blobs.delete(key);
        throw error;
      });
      imports.start(new ZipImport(importParts(services), id, started.id), key);
      res.status(202).location(`/v1/datasets/${id}/imports/${started.id}`).json(presentImport(started));
    },
  ],
};

function importParts({ datasetStore, datasets, storage, blobs, config, log }: ImportNeeds) {
  const maxImageBytes = config.MAX_UPLOAD_BYTES;
  const limits = {
    maxEntries: MOST_ENTRIES,
    maxEntryBytes: maxImageBytes,
    maxTotalBytes: 4 * config.MAX_DATASET_BYTES,
  };
  return { datasets: datasetStore, service: datasets, storage, blobs, maxImageBytes, limits, log };
}

export const getImport: Route<'datasetStore'> = {
  scope: 'read',
  description: {
    method: 'get',
    path: '/v1/datasets/{id}/imports/{import}',
    operationId: 'getImport',
    summary: 'How far the import of a zip is, and what was skipped',
    tags: ['data sets'],
    request: { params: importParams },
    responses: { 200: json(importSchema, 'The import.'), ...access, ...problems('import-not-found') },
  },
  handlers: ({ datasetStore }) => [
    async (req, res) => {
      const { id, import: importId } = check(importParams, req.params);
      const found = await datasetStore.getImport(id, importId);
      if (!found) throw new Problem('import-not-found', `The data set has no import "${importId}".`);
      res.json(presentImport(found));
    },
  ],
};
