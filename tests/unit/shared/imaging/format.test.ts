import { imageFormat } from '@scry/shared/imaging/format';

const ftyp = (major: string, ...compatible: string[]) =>
  Buffer.concat([
    Buffer.from([0, 0, 0, 16 + 4 * compatible.length]),
    Buffer.from(`ftyp${major}\0\0\0\0${compatible.join('')}`, 'latin1'),
  ]);

describe('telling a format by bytes', () => {
  it.each([
    ['HEIC', ftyp('heic', 'mif1'), 'heic'],
    ['HEIC under a general brand', ftyp('mif1', 'mif1', 'heic'), 'heic'],
    ['AVIF', ftyp('avif', 'mif1'), 'avif'],
    ['AVIF under a general brand', ftyp('mif1', 'avif', 'miaf'), 'avif'],
    ['a film in the same container', ftyp('isom', 'mp42'), null],
    ['text that begins like a bitmap', Buffer.from('BM is short for bitmap, but this is text.'), null],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), null],
    ['a PDF', Buffer.from('%PDF-1.7\n'), null],
    ['nothing', Buffer.alloc(0), null],
  ])('knows %s', (_name, bytes, format) => {
    expect(imageFormat(bytes)).toBe(format);
  });
});
