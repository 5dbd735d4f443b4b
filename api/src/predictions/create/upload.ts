/**
 * Takes the image of a request, as a form or as JSON, to a temporary file, hashing it while it streams. Until
 * `keep` is called nothing is visible to anyone; whatever stops the request removes the file.
 */
import type { ImageStorage, PendingImage } from '@scry/shared/storage/image-storage';
import type { Request, Response } from 'express';
import { fileForm } from '../../http/form.js';
import { onceLeft } from '../../http/left.js';
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

/** What stands for an image that does not come with the request, such as one that is stored already. */
export interface Substitute {
  /** The field that names it. */
  readonly field: string;
  /**
   * @param left fires when the client has gone
   * @throws Problem when there is no such image
   */
  readonly find: (named: unknown, left: AbortSignal) => Promise<PendingImage>;
}

type Fields = Upload['fields'];

/** @throws Problem when an image came and another one is named, or when two are named */
function refuseTwo(image: PendingImage | null, named: readonly Substitute[]): void {
  const fields = [...(image ? ['image'] : []), ...named.map(({ field }) => field)];
  if (fields.length < 2) return;
  throw new Problem('invalid-request', `${fields.join(', ')}: send one of them.`, {
    errors: fields.map((field) => ({ field, message: 'must be the only image' })),
  });
}

/** Looks for an image until the client leaves. */
async function findWhileThere(substitute: Substitute, named: unknown, res: Response): Promise<PendingImage> {
  const left = new AbortController();
  const stopListening = onceLeft(res, () => left.abort());
  try {
    return await substitute.find(named, left.signal);
  } finally {
    stopListening();
  }
}

/** The image that came, or the one that the fields name instead. @param missing says that there is none */
async function imageOf(
  image: PendingImage | null,
  fields: Fields,
  substitutes: readonly Substitute[],
  res: Response,
  missing: () => Problem,
): Promise<PendingImage> {
  try {
    const named = substitutes.filter(({ field }) => fields[field] !== undefined);
    refuseTwo(image, named);
    const [other] = named;
    const found = image ?? (other && (await findWhileThere(other, fields[other.field], res)));
    if (!found) throw missing();
    return found;
  } catch (error) {
    await image?.discard();
    throw error;
  }
}

/**
 * @param substitutes what may stand for the image
 * @returns a function that receives a request's image. Its answer's `image` must be kept or discarded.
 */
export function uploadReceiver(
  storage: ImageStorage,
  maxBytes: number,
  substitutes: readonly Substitute[] = [],
) {
  const receiveImage = (chunks: AsyncIterable<Buffer>) => storage.receive(chunks, maxBytes);
  const discard = (image: PendingImage) => image.discard();
  const form = fileForm('image', { receive: receiveImage, discard }, FORM_LIMITS);

  async function fromForm(req: Request, res: Response): Promise<Upload> {
    const image = await form(req, res);
    const fields = { ...(req.body as Record<string, unknown>) };
    const missing = () => {
      const hint = 'image' in fields ? 'The field "image" came as text' : 'No file came';
      const detail = `${hint}: send the image as a file in the field "image" (curl -F image=@photo.jpg).`;
      return new Problem('no-image', detail);
    };
    return { image: await imageOf(image, fields, substitutes, res, missing), fields };
  }

  async function fromJson(req: Request, res: Response): Promise<Upload> {
    const { image, fields } = await readJsonBody(req, receiveImage, maxBytes);
    const missing = () =>
      new Problem('no-image', 'No image came: put it in "image", as base64 or as a data URL.');
    return { image: await imageOf(image, fields, substitutes, res, missing), fields };
  }

  /** @throws Problem, ImageTooLarge and what multer and the file system say */
  return async function receive(req: Request, res: Response): Promise<Upload> {
    if (Number(req.headers['content-length'] ?? 0) > mostJsonBytes(maxBytes))
      throw new Problem(
        'too-large',
        `The body is larger than an image of ${maxBytes} bytes can make it. Send a smaller image.`,
      );
    if (req.is('multipart/form-data')) return fromForm(req, res);
    if (req.is('json')) return fromJson(req, res);
    const detail =
      'Send the image as multipart/form-data (a file in the field "image") or as application/json.';
    throw new Problem(req.headers['content-type'] ? 'unsupported-body' : 'no-image', detail);
  };
}
