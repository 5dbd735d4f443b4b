/** A multipart/form-data body in one buffer, which costs one copy of the picture and nothing else. */
import type { Picture } from './pictures.js';

const BOUNDARY = 'scry-stress-7f3a91c0d5e84b26';

export const MULTIPART_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** @param fields sent before the picture, in order. Source of the form: RFC 7578. */
export function multipart(fields: Readonly<Record<string, string>>, picture: Picture): Buffer {
  let head = '';
  for (const [name, value] of Object.entries(fields)) {
    head += `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  }
  const fileName = picture.name.replace(/["\r\n\\]/g, '_');
  head += `--${BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="${fileName}"\r\n`;
  head += `Content-Type: ${picture.mime}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), picture.bytes, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
}
