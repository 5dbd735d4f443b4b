/** A file that cannot be read or converted. The message is one sentence for whoever brought the file. */
export class ConversionError extends Error {
  override readonly name = 'ConversionError';
}

/** A file that is damaged, cut off or lies about itself, so that no other reader should try it either. */
export class DamagedFileError extends ConversionError {}

/** Shortens what a file says about itself before it goes into a sentence. */
export function quote(text: unknown, limit = 80): string {
  const plain = String(text).replace(/[^\x20-\x7e]/g, '?');
  return JSON.stringify(plain.length > limit ? `${plain.slice(0, limit)}…` : plain);
}
