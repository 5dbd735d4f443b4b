/** What is no image, what is two things at once, and images that come under a wrong or malicious name. */
import { randomFrom } from '../helpers/images.js';
import { ANY, answer, type CorpusCase, makeCase, REFUSED } from './case.js';
import { extensionOf, specimens } from './variants.js';

const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="64"><rect width="96" height="64"/></svg>';

/** Files that are not in the list of formats, by their usual first bytes. */
const FOREIGN: Readonly<Record<string, Buffer>> = {
  'svg-plain': Buffer.from(SVG),
  'svg-with-declaration': Buffer.from(`<?xml version="1.0"?>\n<!-- a comment -->\n${SVG}`),
  'svg-utf-16': Buffer.from(`\ufeff${SVG}`, 'utf16le'),
  'svg-with-bom': Buffer.from(`\ufeff${SVG}`),
  'svg-external-entity': Buffer.from(
    `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>${SVG.replace('<rect', '<text>&x;</text><rect')}`,
  ),
  'svg-entities-in-entities': Buffer.from(
    `<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>${SVG}`,
  ),
  'svg-remote-image': Buffer.from(SVG.replace('<rect', '<image href="http://127.0.0.1/"/><rect')),
  'svg-compressed': Buffer.from('1f8b0800000000000003', 'hex'),
  'svg-after-blank-lines': Buffer.from(`${'\n '.repeat(2000)}${SVG}`),
  pdf: Buffer.from('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF'),
  postscript: Buffer.from('%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 96 64\nshowpage'),
  html: Buffer.from('<!doctype html><script>alert(1)</script>'),
  json: Buffer.from('{"image":"data:image/png;base64,AAAA"}'),
  text: Buffer.from('This is not an image.\n'.repeat(50)),
  zip: Buffer.from('504b0304140000000000', 'hex'),
  gzip: Buffer.from('1f8b08000000000000ff4b4c4a06', 'hex'),
  elf: Buffer.concat([Buffer.from('7f454c4602010100', 'hex'), Buffer.alloc(512)]),
  'portable-pixmap': Buffer.concat([Buffer.from('P6 96 64 255\n'), Buffer.alloc(96 * 64 * 3)]),
  'portable-huge': Buffer.from('P5 1000000000 1000000000 255\n'),
  psd: Buffer.concat([Buffer.from('8BPS\0\x01', 'latin1'), Buffer.alloc(64)]),
  ico: Buffer.concat([Buffer.from('000001000100', 'hex'), Buffer.alloc(64)]),
  'jpeg-2000': Buffer.from('0000000c6a5020200d0a870a', 'hex'),
  'jpeg-xl': Buffer.from('ff0a0000000000000000', 'hex'),
  'radiance-hdr': Buffer.from('#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 64 +X 96\n'),
  fits: Buffer.from('SIMPLE  =                    T'.padEnd(2880)),
  openexr: Buffer.concat([Buffer.from('762f310102000000', 'hex'), Buffer.alloc(64)]),
  mp4: Buffer.from('000000186674797069736f6d0000020069736f6d6d703432', 'hex'),
  matlab: Buffer.concat([Buffer.from('MATLAB 5.0 MAT-file'), Buffer.alloc(256)]),
  'magick-script': Buffer.from(
    'push graphic-context\nfill \'url(https://127.0.0.1/"|ls")\'\npop graphic-context',
  ),
  'vips-file': Buffer.concat([Buffer.from('b6a6f208', 'hex'), Buffer.alloc(64)]),
};

function foreign(): CorpusCase[] {
  const cases: CorpusCase[] = [];
  for (const [name, bytes] of Object.entries(FOREIGN)) {
    for (const extension of ['bin', 'jpg', 'svg', 'png']) {
      cases.push(makeCase(`stranger/${name}-as-${extension}`, extension, bytes, REFUSED));
    }
  }
  return cases;
}

function nothing(): CorpusCase[] {
  const random = randomFrom(7);
  const cases = [makeCase('nothing/empty', 'jpg', Buffer.alloc(0), REFUSED)];
  for (const length of [1, 2, 3, 4, 8, 12, 16, 64, 1024, 65_536, 1_048_576]) {
    for (const [filling, byte] of [
      ['zeros', 0],
      ['ones', 0xff],
      ['blanks', 0x20],
    ] as const) {
      cases.push(makeCase(`nothing/${length}-${filling}`, 'jpg', Buffer.alloc(length, byte), REFUSED));
    }
    const noise = Buffer.from(
      Array.from({ length: Math.min(length, 4096) }, () => Math.floor(random() * 128)),
    );
    cases.push(makeCase(`nothing/${length}-noise`, 'png', noise, REFUSED));
  }
  return cases;
}

/** An image's name says nothing: the bytes decide, and no name becomes a path. */
const NAMES: readonly string[] = [
  'image',
  'image.exe',
  'image.svg',
  'image.php.jpg',
  '../../../../etc/passwd',
  '..\\..\\windows\\system32\\drivers\\etc\\hosts',
  '/etc/passwd',
  'C:\\image.jpg',
  '.htaccess',
  'CON',
  'a'.repeat(5000),
  'a b c.jpg',
  'pict;ure.jpg',
  '$(reboot).jpg',
  '`reboot`.jpg',
  "'; DROP TABLE predictions; --.jpg",
  'снимок.jpg',
  '写真.jpg',
  '📷.jpg',
  'e\u0301.jpg',
  '\u202egpj.exe',
  '%2e%2e%2fpasswd',
  '%00.jpg',
  '~root/.ssh/authorized_keys',
  'a/b/c/d.jpg',
  '<img src=x onerror=alert(1)>.jpg',
  '{{7*7}}.jpg',
];

/** Nothing is left of these when the path is taken off, and a part of a form without a file name is no file. */
const NAMELESS: readonly string[] = ['.', '..', ''];

function names(all: ReadonlyMap<string, Buffer>): CorpusCase[] {
  const jpeg = all.get('jpeg') as Buffer;
  const hostile = NAMES.map((fileName, index): CorpusCase => {
    return { name: `name/${index}`, fileName, contentType: 'image/jpeg', bytes: jpeg, expect: answer() };
  });
  const nameless = NAMELESS.map((fileName, index): CorpusCase => {
    return { name: `nameless/${index}`, fileName, contentType: 'image/jpeg', bytes: jpeg, expect: ANY };
  });
  const wrong: CorpusCase[] = [];
  for (const [name, bytes] of all) {
    const expect = answer('color', 0.06);
    for (const extension of ['jpg', 'png', 'gif', 'webp', 'tiff', 'avif', 'bmp', 'svg', 'pdf', 'bin']) {
      if (extension !== extensionOf(name)) {
        wrong.push(makeCase(`name/${name}-as-${extension}`, extension, bytes, expect));
      }
    }
  }
  return [...hostile, ...nameless, ...wrong];
}

/** Two formats in one file. Whatever follows a whole image is ignored; whatever precedes it makes it a stranger. */
function polyglots(all: ReadonlyMap<string, Buffer>): CorpusCase[] {
  const tails: Readonly<Record<string, Buffer>> = {
    zip: Buffer.from('504b0304140000000000504b0506', 'hex'),
    script: Buffer.from('<script>alert(document.domain)</script><?php system($_GET[0]); ?>'),
    pdf: FOREIGN.pdf as Buffer,
    zeros: Buffer.alloc(100_000),
    image: all.get('png') as Buffer,
  };
  const cases: CorpusCase[] = [];
  for (const [name, bytes] of all) {
    for (const [tail, extra] of Object.entries(tails)) {
      const both = Buffer.concat([bytes, extra]);
      const expect = name === 'avif' ? ANY : answer('color', 0.06); // its boxes go on to the end of the file
      cases.push(makeCase(`polyglot/${name}-then-${tail}`, extensionOf(name), both, expect));
    }
    for (const [head, extra] of Object.entries({
      pdf: '%PDF-1.4\n',
      html: '<!doctype html>',
      svg: SVG,
      blank: '\n',
    })) {
      const both = Buffer.concat([Buffer.from(extra), bytes]);
      cases.push(makeCase(`polyglot/${head}-then-${name}`, extensionOf(name), both, REFUSED));
    }
  }
  const jpeg = all.get('jpeg') as Buffer;
  const comment = Buffer.from('*/=alert(1)/*<html><body onload=alert(1)>');
  const marker = Buffer.from([0xff, 0xfe, 0, comment.length + 2]);
  const commented = Buffer.concat([jpeg.subarray(0, 2), marker, comment, jpeg.subarray(2)]);
  cases.push(makeCase('polyglot/jpeg-with-a-script-inside', 'html', commented, answer()));
  return cases;
}

/** All strangers. */
export async function strangers(): Promise<CorpusCase[]> {
  const all = await specimens();
  return [...foreign(), ...nothing(), ...names(all), ...polyglots(all)];
}
