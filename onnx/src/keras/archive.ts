/** The zip that a `.keras` file is. */
import { unzipSync } from 'fflate';
import { ConversionError } from '../errors.js';

/** JSON parts of a model, beyond what any has. */
const LARGEST_JSON = 64 * 2 ** 20;
/** Weights hardly shrink; a part that unfolds further is made to fill memory. */
const UNFOLDS = 20;
const ALWAYS_ALLOWED = 64 * 2 ** 20;

const PARTS = ['metadata.json', 'config.json', 'model.weights.h5'];

export interface KerasArchive {
  readonly metadata: Record<string, unknown>;
  readonly config: unknown;
  readonly weights: Uint8Array;
}

/** Whether bytes begin as zip files do. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

function unzip(bytes: Uint8Array): Record<string, Uint8Array> {
  const allowed = ALWAYS_ALLOWED + UNFOLDS * bytes.length;
  try {
    return unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (!PARTS.includes(name)) return false;
        const limit = name.endsWith('.json') ? LARGEST_JSON : allowed;
        if (originalSize > limit)
          throw new ConversionError(
            `The part ${name} of the file claims ${originalSize} bytes, more than it can hold.`,
          );
        return true;
      },
    });
  } catch (error) {
    if (error instanceof ConversionError) throw error;
    throw new ConversionError('The .keras file is damaged or was cut off: its zip cannot be read.', {
      cause: error,
    });
  }
}

function json(bytes: Uint8Array | undefined, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new ConversionError(`The part ${name} of the .keras file is not JSON.`);
  }
}

/** @throws ConversionError when a part is missing or cannot be read */
export function readArchive(bytes: Uint8Array): KerasArchive {
  const parts = unzip(bytes);
  const weights = parts['model.weights.h5'];
  if (!parts['config.json'] || !weights)
    throw new ConversionError('The zip is not a .keras file: it holds no config.json with model.weights.h5.');
  const metadata = parts['metadata.json'] ? json(parts['metadata.json'], 'metadata.json') : {};
  return {
    metadata: typeof metadata === 'object' && metadata !== null ? (metadata as Record<string, unknown>) : {},
    config: json(parts['config.json'], 'config.json'),
    weights,
  };
}
