import { jpegHeader } from '@scry/shared/imaging/metadata/jpeg';

const START = [0xff, 0xd8];
const segment = (marker: number, content: number[]) => [
  0xff,
  marker,
  (content.length + 2) >> 8,
  (content.length + 2) & 255,
  ...content,
];
const frame = (width: number, height: number, marker = 0xc0) =>
  segment(marker, [8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]);

/** An APP1 segment whose Exif says how the image lies. */
function exif(
  orientation: number,
  { little = false, type = 3, directoryAt = 8, entries = 1 } = {},
): number[] {
  const content = Buffer.alloc(6 + directoryAt + 2 + 12 * 2);
  content.write('Exif\0\0', 'latin1');
  content.write(little ? 'II' : 'MM', 6);
  const write16 = (value: number, at: number) =>
    little ? content.writeUInt16LE(value, at) : content.writeUInt16BE(value, at);
  const write32 = (value: number, at: number) =>
    little ? content.writeUInt32LE(value, at) : content.writeUInt32BE(value, at);
  write16(42, 8);
  write32(directoryAt, 10);
  const directory = 6 + directoryAt;
  write16(entries, directory);
  write16(0x0112, directory + 2);
  write16(type, directory + 4);
  write32(1, directory + 6);
  write16(orientation, directory + 10);
  return segment(0xe1, [...content]);
}

const header = (...parts: number[][]) => jpegHeader(Buffer.from([...START, ...parts.flat()]));
const SIZE = { width: 60, height: 40 };
const STANDING = { ...SIZE, orientation: 1 };
const LYING = { ...SIZE, orientation: 6 };

test('the size is read from every kind of frame', () => {
  for (const marker of [0xc0, 0xc1, 0xc2, 0xc3, 0xc9, 0xca, 0xcf])
    expect(header(frame(60, 40, marker))).toEqual(STANDING);
});

test('tables that look like frames are passed over', () => {
  for (const marker of [0xc4, 0xc8, 0xcc])
    expect(header(frame(1, 1, marker), frame(60, 40))).toEqual(STANDING);
});

test('the orientation is read in either byte order', () => {
  for (let orientation = 0; orientation <= 9; orientation++)
    for (const little of [true, false]) {
      const expected = orientation >= 1 && orientation <= 8 ? orientation : 1;
      expect(header(exif(orientation, { little }), frame(60, 40))?.orientation).toBe(expected);
    }
  expect(header(exif(6, { directoryAt: 20 }), frame(60, 40))).toEqual(LYING);
});

test('Exif that is not as it should be is passed over', () => {
  expect(header(exif(6, { type: 4 }), frame(60, 40))).toEqual(STANDING);
  expect(header(exif(6, { entries: 0 }), frame(60, 40))).toEqual(STANDING);
  expect(header(exif(9, { entries: 60_000 }), frame(60, 40))).toEqual(STANDING);
  expect(header(segment(0xe1, [0x45, 0x78, 0x69, 0x66]), frame(60, 40))).toEqual(STANDING);
  const beyond = exif(6);
  beyond.splice(14, 4, 0x7f, 0xff, 0xff, 0xff); // the directory lies beyond the segment
  expect(header(beyond, frame(60, 40))).toEqual(STANDING);
});

test('stray and fill bytes between segments do not matter, as they do not to decoders', () => {
  expect(header([0xff, 0xff, 0xff], frame(60, 40))).toEqual(STANDING);
  expect(header([1, 2, 3, 0xff, 0, 4], frame(60, 40))).toEqual(STANDING);
  expect(header([0xff, 0x01, 0xff, 0xd0], frame(60, 40))).toEqual(STANDING);
});

test('a header that goes on beyond what is at hand is not known, wherever it is cut', () => {
  const whole = [...START, ...exif(6), ...frame(60, 40)];
  const enough = whole.length - 6;
  for (let length = 0; length < enough; length++) {
    const cut = Buffer.from(whole.slice(0, length));
    expect(jpegHeader(cut)).toBeNull();
  }
});

test('image data or an end before any size is an error', () => {
  expect(() => header(segment(0xda, [0, 0]), frame(60, 40))).toThrow('no frame header');
  expect(() => header([0xff, 0xd9, 0, 0], frame(60, 40))).toThrow('no frame header');
});

test('lengths that lie do not make it go on for ever', () => {
  expect(header([0xff, 0xe0, 0, 0], frame(60, 40))).toEqual(STANDING);
  expect(jpegHeader(Buffer.alloc(512 * 1024, 0xff))).toBeNull();
  expect(jpegHeader(Buffer.alloc(0))).toBeNull();
});
