/** Answers that are images made here: how they are described, and how they are sent. */
import type { Response } from 'express';
import { z } from 'zod';
import { problems } from '../../http/describe.js';
import { isKnown } from '../present.js';
import { setImageHeaders } from './image.js';

type MediaType = 'image/jpeg' | 'image/png' | 'image/*';

/** What a route that answers with an image says of its answers. */
export function imageResponses(description: string, type: MediaType) {
  return {
    200: { description, content: { [type]: { schema: z.string().meta({ format: 'binary' }) } } },
    304: { description: 'The client has it.' },
  };
}

/** What can be wrong with an image of a prediction. */
export const imageProblems = problems(
  'prediction-not-found',
  'image-gone',
  'unreadable-image',
  'database-unavailable',
  'storage-unavailable',
);

/**
 * Sends what `draw` makes, unless the client has it.
 * @param name of the rendering, as `renderingName` makes it: the same name stands for the same bytes
 * @param sha256 of the image, where the name says nothing of it
 */
export async function sendRendering(
  res: Response,
  { name, sha256 }: { readonly name: string; readonly sha256?: string },
  draw: () => Promise<Buffer>,
): Promise<void> {
  const tag = sha256 === undefined ? `"${name}"` : `"${sha256.slice(0, 16)}-${name}"`;
  setImageHeaders(res, name.endsWith('.png') ? 'image/png' : 'image/jpeg', tag);
  if (isKnown(res.req, tag)) res.status(304).end();
  else res.send(await draw());
}
