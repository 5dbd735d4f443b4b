/** Why a picture could not be prepared, in sentences for the person who sent it. */
import { CODES, type PredictionError } from '@scry/shared/prediction';

export interface PictureLimits {
  /** Largest width × height that is decoded. */
  readonly maxPixels: number;
  /** A picture that takes longer to decode is given up, seconds. */
  readonly timeoutS: number;
}

const unsupported = (message: string): PredictionError => ({ code: CODES.pictureNotSupported, message });

/** One line of a library's words, short enough for an answer. */
function brief(message: string): string {
  return (message.split('\n').find((line) => line.trim() !== '') ?? '').trim().slice(0, 120);
}

export const failures = {
  empty: () => unsupported('The picture is empty; upload the file again.'),
  format: () =>
    unsupported(
      'This is not a picture that can be read; send JPEG, PNG, WebP, GIF, TIFF, AVIF, HEIC or BMP.',
    ),
  pixels: ({ maxPixels }: PictureLimits) =>
    unsupported(`The picture has more than ${maxPixels} pixels (width × height); send a smaller one.`),
  time: ({ timeoutS }: PictureLimits) =>
    unsupported(`The picture took longer than ${timeoutS} s to decode; send a smaller or simpler one.`),
  damaged: (format: string, cause: string) =>
    unsupported(`The ${format} picture is damaged or cut short; upload it again (${brief(cause)}).`),
};

/** Source: messages of sharp 0.35 and libvips 8.18; their errors carry no codes. */
export function decodingFailure(error: unknown, format: string, limits: PictureLimits): PredictionError {
  const message = error instanceof Error ? error.message : String(error);
  if (/exceeds pixel limit/i.test(message)) return failures.pixels(limits);
  if (/^timeout:/i.test(message)) return failures.time(limits);
  return failures.damaged(format, message);
}
