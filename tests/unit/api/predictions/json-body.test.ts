import { randomBytes } from 'node:crypto';
import { Problem } from '@scry/api/http/problems';
import { Base64Decoder } from '@scry/api/predictions/create/base64';
import { FIELDS_BYTES, JsonSplitter } from '@scry/api/predictions/create/json-splitter';

/** Splits a body that comes in pieces of so many bytes. */
function split(body: string | Buffer, size: number) {
  const bytes = Buffer.from(body);
  const splitter = new JsonSplitter();
  let image = '';
  for (let at = 0; at < bytes.length; at += size) image += splitter.push(bytes.subarray(at, at + size));
  return { image, fields: splitter.fields, found: splitter.foundImage };
}

function decode(text: string, size: number): Buffer {
  const decoder = new Base64Decoder();
  const pieces: Buffer[] = [];
  for (let at = 0; at < text.length; at += size) pieces.push(decoder.push(text.slice(at, at + size)));
  return Buffer.concat([...pieces, decoder.end()]);
}

const SIZES = [1, 2, 3, 7, 64, 100_000];

describe('JSON that is taken apart while it comes', () => {
  const fields = {
    model: 'a "quoted" \\ model',
    top_k: 3,
    threshold: 0.5,
    keep: true,
    comment: 'ä€😀 {[,:]}',
  };
  const image = randomBytes(300).toString('base64');

  it.each(SIZES)('is what JSON.parse makes of it, in pieces of %d', (size) => {
    for (const body of [
      { image, ...fields },
      { ...fields, image },
      { model: 'image', image },
      { other: { image: 'not this' }, image },
      { image: '' },
    ]) {
      const pretty = split(JSON.stringify(body, null, 2), size);
      expect(pretty).toMatchObject({ image: body.image, found: true });
      expect(JSON.parse(pretty.fields)).toEqual({ ...body, image: '' });
    }
  });

  it.each(SIZES)('may escape what it likes, in pieces of %d', (size) => {
    const body = String.raw`{"im\u0061ge": "AA\/B\u002bC\n\"x", "a": "\u0069mage"}`;
    expect(split(body, size)).toMatchObject({ image: 'AA/B+C\n"x', found: true });
    expect(JSON.parse(split(body, size).fields)).toEqual({ image: '', a: 'image' });
  });

  it.each([
    ['an array', '[{"image":"AAAA"}]'],
    ['an image deeper inside', '{"x":{"image":"AAAA"}}'],
    ['an image that is no text', '{"image":5}'],
    ['a list of texts', '{"image":["AAAA"]}'],
    ['text alone', '"image"'],
  ])('has no image in %s', (_what, body) => {
    expect(split(body, 3)).toEqual({ image: '', fields: body, found: false });
  });

  it('takes a byte order mark for what it is', () => {
    expect(split('\ufeff{"image":"AAAA"}', 2)).toMatchObject({ image: 'AAAA', fields: '{"image":""}' });
  });

  it.each([
    ['a broken escape', String.raw`{"image":"A\xB"}`],
    ['a broken Unicode escape', String.raw`{"image":"A\u12g4"}`],
    ['nesting', `{"x":${'['.repeat(65)}`],
    ['two images', '{"image":"AAAA","image":"BBBB"}'],
    ['more fields than there is room for', `{"x":"${'y'.repeat(FIELDS_BYTES)}"}`],
  ])('is refused for %s', (_what, body) => {
    for (const size of SIZES) expect(() => split(body, size)).toThrow(Problem);
  });

  it('leaves broken structure to JSON.parse', () => {
    for (const body of [
      '{"image":"AAAA"',
      '{"image":"AAAA",}',
      '{"image""AAAA"}',
      '{image:"AAAA"}',
      '}{',
      '',
    ]) {
      expect(() => JSON.parse(split(body, 4).fields)).toThrow();
    }
  });
});

describe('base64 that is decoded while it comes', () => {
  it('takes padding that comes late, or is more than needed', () => {
    for (const size of SIZES) expect(decode('aGk==', size).toString()).toBe('hi');
  });

  it('says of a control character that the JSON is not valid', () => {
    for (const size of SIZES) expect(() => decode('aGkg\naGkg', size)).toThrow('not valid JSON');
  });

  it.each([0, 1, 2, 3, 4, 299, 300, 301])(
    'gives back %d bytes, however they are written and cut',
    (length) => {
      const bytes = randomBytes(length);
      const standard = bytes.toString('base64');
      for (const text of [
        standard,
        standard.replace(/=+$/, ''),
        bytes.toString('base64url'),
        `data:image/png;charset=x;base64,${standard}`,
      ]) {
        for (const size of SIZES) expect(decode(text, size).equals(bytes)).toBe(true);
      }
    },
  );

  it.each([
    'not base64!',
    'aGk=x',
    'aGk===',
    'data:image/png,aGk=',
    'aG k=',
    `data:${'x'.repeat(201)};base64,aGk=`,
  ])('refuses %s', (text) => {
    for (const size of SIZES) expect(() => decode(text, size)).toThrow('base64');
  });
});
