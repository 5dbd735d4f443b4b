/** GET /v1/predictions/{id}/image: the upload, byte by byte as it came. */
import { pipeline } from 'node:stream/promises';
import type { ImageFormat, ImageInfo } from '@scry/shared/contracts/prediction';
import { BlobMissing, type ByteRange } from '@scry/shared/storage/blobs';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { idParams, problems } from '../../http/describe.js';
import { Problem } from '../../http/problems.js';
import type { Route } from '../../http/route.js';
import { isKnown } from '../present.js';
import { findPrediction } from './find.js';

/** What browsers are told: ids are secrets, so private; content-addressed, so it never changes. */
export const FOR_EVER = 'private, max-age=31536000, immutable';

/** Images come from strangers: nothing in them may run, whatever a browser takes them for. */
export const SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

const mediaType = (format: ImageFormat) => `image/${format}`;

/** An image that a manifest lets be deleted, or that someone took from the volume. */
export function imageGone(): Problem {
  return new Problem('image-gone', 'The image of this prediction is not kept any more. Its answer is.');
}

/** Headers of every answer that is an image. */
export function setImageHeaders(res: Response, type: string, tag: string): void {
  res.set({
    'Content-Type': type,
    'Content-Security-Policy': SANDBOX,
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Cache-Control': FOR_EVER,
    ETag: tag,
  });
}

/** What a client asked for of an image of so many bytes; null: all of it. */
function rangeAsked(req: Request, size: number, tag: string): ByteRange | 'unsatisfiable' | null {
  const condition = req.get('if-range');
  if (condition !== undefined && condition !== tag) return null; // what it has a part of is another image
  const ranges = req.range(size, { combine: true });
  if (ranges === -1) return 'unsatisfiable';
  const [range, ...others] = Array.isArray(ranges) && ranges.type === 'bytes' ? ranges : [];
  return range && others.length === 0 ? range : null;
}

/**
 * Sends a stored image, or the range of it that was asked for. Headers as `setImageHeaders` sets them come before.
 * @throws Problem "image-gone"
 */
export async function sendImage(
  req: Request,
  res: Response,
  storage: ImageStorage,
  { sha256 }: ImageInfo,
): Promise<void> {
  const size = await storage.size(sha256);
  if (size === null) throw imageGone();
  const range = rangeAsked(req, size, String(res.get('ETag')));
  res.set('Accept-Ranges', 'bytes');
  if (range === 'unsatisfiable') {
    res.status(416).set('Content-Range', `bytes */${size}`).end();
    return;
  }
  const { start, end = size - 1 } = range ?? { start: 0 };
  if (range) res.status(206).set('Content-Range', `bytes ${start}-${end}/${size}`);
  res.set('Content-Length', String(end - start + 1));
  if (req.method === 'HEAD') res.end();
  else await stream(res, () => storage.open(sha256, { start, end }));
}

async function stream(res: Response, open: () => Promise<AsyncIterable<Uint8Array>>): Promise<void> {
  try {
    await pipeline(await open(), res);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof BlobMissing) throw imageGone(); // removed since its size was read
    if (code !== 'ERR_STREAM_PREMATURE_CLOSE' && code !== 'EPIPE' && code !== 'ECONNRESET') throw error; // the client left
  }
}

export const predictionImage: Route<'predictions' | 'storage'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/predictions/{id}/image',
    operationId: 'predictionImage',
    summary: 'The image as it was uploaded',
    tags: ['images'],
    request: { params: idParams },
    responses: {
      200: {
        description: 'The image.',
        content: { 'image/*': { schema: z.string().meta({ format: 'binary' }) } },
      },
      304: { description: 'The client has it.' },
      ...problems('prediction-not-found', 'image-gone', 'database-unavailable', 'storage-unavailable'),
    },
  },
  handlers: (services) => [
    async (req, res) => {
      const { image } = await findPrediction(services, req);
      const tag = `"${image.sha256}"`;
      setImageHeaders(res, mediaType(image.format), tag);
      if (isKnown(req, tag)) res.status(304).end();
      else await sendImage(req, res, services.storage, image);
    },
  ],
};
