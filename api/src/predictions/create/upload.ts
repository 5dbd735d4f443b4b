/**
 * Takes the image of a request, as a form or as JSON, to a temporary file, hashing it while it streams. Until
 * `keep` is called nothing is visible to anyone; whatever stops the request removes the file.
 */
import type { ImageStorage, PendingImage } from '@scry/shared/storage/image-storage';
import type { Request, Response } from 'express';
import { fileForm } from '../../http/form.js';
import { Problem } from '../../http/problems.js';
import { mostJsonBytes, readJsonBody } from './json-body.js';

const FORM_LIMITS = {
  files: 1,
  fields: 32,
  parts: 40,
  fieldNameSize: 64,
  fieldSize: 8192,
  headerPairs: 32,
} as const;

/** A request's image and its other fields, unchecked. */
export interface Upload {
  readonly image: PendingImage;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** @returns a function that receives a request's image. Its answer's `image` must be kept or discarded. */
export function uploadReceiver(storage: ImageStorage, maxBytes: number) {
  const receiveImage = (chunks: AsyncIterable<Buffer>) => storage.receive(chunks, maxBytes);
  const discard = (image: PendingImage) => image.discard();
  const form = fileForm('image', { receive: receiveImage, discard }, FORM_LIMITS);

  async function fromForm(req: Request, res: Response): Promise<Upload> {
    const image = await form(req, res);
    const fields = { ...(req.body as Record<string, unknown>) };
    if (image) return { image, fields };
    const hint = 'image' in fields ? 'The field "image" came as text' : 'No file came';
    throw new Problem(
      'no-image',
      `${hint}: send the image as a file in the field "image" (curl -F image=@photo.jpg).`,
    );
  }

  /** @throws Problem, ImageTooLarge and what multer and the file system say */
  return async function receive(req: Request, res: Response): Promise<Upload> {
    if (Number(req.headers['content-length'] ?? 0) > mostJsonBytes(maxBytes))
      throw new Problem(
        'too-large',
        `The body is larger than an image of ${maxBytes} bytes can make it. Send a smaller image.`,
      );
    if (req.is('multipart/form-data')) return fromForm(req, res);
    if (req.is('json')) return readJsonBody(req, receiveImage, maxBytes);
    const detail =
      'Send the image as multipart/form-data (a file in the field "image") or as application/json.';
    throw new Problem(req.headers['content-type'] ? 'unsupported-body' : 'no-image', detail);
  };
}
