/** Rotation of a HEIC picture. Source: ISO/IEC 23008-12, 6.5.10: an `irot` property box turns by quarters, anticlockwise. */

const IROT = Buffer.from('irot');
/** Length, type and one byte of angle. */
const BOX_BYTES = 9;

/** Quarter turns of the first rotation property in a file's beginning; 0 when there is none. */
export function heicTurns(head: Buffer): number {
  const type = head.indexOf(IROT);
  if (type < 4 || type + 5 > head.length || head.readUInt32BE(type - 4) !== BOX_BYTES) return 0;
  return head.readUInt8(type + 4) & 3;
}
