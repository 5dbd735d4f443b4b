/** Why an image could not be prepared, in sentences for the person who sent it. */
import { CODES, type PredictionError } from '@scry/shared/contracts/prediction';

export interface ImageLimits {
  /** Largest width × height that is decoded. */
  readonly maxPixels: number;
  /** An image that takes longer to decode is given up, seconds. */
  readonly timeoutS: number;
}

const unsupported = (message: string): PredictionError => ({ code: CODES.imageNotSupported, message });

/** A library's words in brackets, on one line and short enough for an answer; nothing when they say nothing. */
function brief(message: string): string {
  const words = message
    .replace(/\s+/g, ' ')
    .replace(/^(Input buffer has corrupt header|\w*Error): /i, '')
    .trim();
  return words === '' || /^(unknown error|the value of)/i.test(words)
    ? ''
    : ` (${words.slice(0, 120).trim()})`;
}

export const failures = {
  empty: () => unsupported('The image is empty; upload the file again.'),
  format: () =>
    unsupported('This is not an image that can be read; send JPEG, PNG, WebP, GIF, TIFF, AVIF, HEIC or BMP.'),
  pixels: ({ maxPixels }: ImageLimits) =>
    unsupported(`The image has more than ${maxPixels} pixels (width × height); send a smaller one.`),
  time: ({ timeoutS }: ImageLimits) =>
    unsupported(`The image took longer than ${timeoutS} s to decode; send a smaller or simpler one.`),
  damaged: (format: string, cause: string) =>
    unsupported(
      `The ${format} image cannot be decoded: it is damaged, cut short or of a rare kind${brief(cause)}; save it again and upload that.`,
    ),
};

/** Source: messages of sharp 0.35 and libvips 8.18; their errors carry no codes. */
export function decodingFailure(error: unknown, format: string, limits: ImageLimits): PredictionError {
  const message = String((error as Partial<Error>).message ?? error);
  if (/exceeds pixel limit/i.test(message)) return failures.pixels(limits);
  if (/^timeout:/i.test(message)) return failures.time(limits);
  return failures.damaged(format, message);
}
