import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { problemSchema } from '@scry/api/http/describe';
import { PROBLEMS, type ProblemName } from '@scry/api/http/problems';
import { form, jpeg, predict, startApp, type TestApp, until, uploads } from '../../../helpers/app.js';

const MAX_BYTES = 100_000;
const MAX_PIXELS = 1_000_000;

let app: TestApp;
let image: Buffer;

beforeAll(async () => {
  app = await startApp({ MAX_UPLOAD_BYTES: String(MAX_BYTES), MAX_PIXELS: String(MAX_PIXELS) });
  image = await jpeg(1);
});
afterAll(() => app.close());

const post = (body: FormData | string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  app.fetch('/v1/predictions', { method: 'POST', body, headers });
const postJson = (body: unknown) => post(JSON.stringify(body), { 'Content-Type': 'application/json' });
const withFields = (fields: Record<string, string>) => post(form(image, fields));
const withFile = (bytes: string | Buffer, name = 'photo.jpg') =>
  post(form(Buffer.from(bytes as string), {}, name));

/** The header of a PNG that says it is this large; no pixels follow. */
function pngOf(width: number, height: number): Buffer {
  const header = Buffer.from('89504e470d0a1a0a0000000d49484452000000000000000008060000000000000000', 'hex');
  header.writeUInt32BE(width, 16);
  header.writeUInt32BE(height, 20);
  return header;
}

async function twoFiles() {
  const body = form(image);
  body.append('image', new Blob([new Uint8Array(image)]), 'second.jpg');
  return post(body);
}

function otherField() {
  const body = new FormData();
  body.append('photo', new Blob([new Uint8Array(image)]), 'photo.jpg');
  return post(body);
}

const cutForm = () =>
  post('--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\nabc', {
    'Content-Type': 'multipart/form-data; boundary=x',
  });

type Case = [string, ProblemName, RegExp, () => Promise<Response>];

const CASES: Case[] = [
  ['a form without a file', 'no-image', /curl -F image=@/, () => post(form(null, { model: 'everyday-10' }))],
  ['an image sent as text', 'no-image', /came as text/, () => post(form(null, { image: 'photo.jpg' }))],
  [
    'nothing at all',
    'no-image',
    /multipart\/form-data/,
    () => app.fetch('/v1/predictions', { method: 'POST' }),
  ],
  ['an empty file', 'no-image', /empty/, () => withFile('')],
  ['text called photo.jpg', 'unsupported-image', /none of jpeg, png/, () => withFile('just some text')],
  [
    'an SVG',
    'unsupported-image',
    /Convert it/,
    () => withFile('<svg xmlns="http://www.w3.org/2000/svg"/>', 'a.svg'),
  ],
  ['a PDF', 'unsupported-image', /Convert it/, () => withFile('%PDF-1.7\n', 'a.pdf')],
  [
    'a JPEG that is cut off in its header',
    'unreadable-image',
    /begins like jpeg/,
    () => withFile(image.subarray(0, 40)),
  ],
  [
    'a PNG without its header',
    'unreadable-image',
    /begins like png/,
    () => withFile(pngOf(1, 1).subarray(0, 12)),
  ],
  ['a PNG of no size', 'unreadable-image', /0 × 5 pixels/, () => withFile(pngOf(0, 5))],
  [
    'a PNG that says it is huge',
    'too-many-pixels',
    /60000 × 60000 pixels; 1000000/,
    () => withFile(pngOf(60_000, 60_000)),
  ],
  [
    'a file over the limit',
    'too-large',
    /100000 bytes/,
    () => withFile(Buffer.concat([image, Buffer.alloc(MAX_BYTES)])),
  ],
  ['a body far over the limit', 'too-large', /100000 bytes/, () => withFile(Buffer.alloc(MAX_BYTES * 3))],
  [
    'an unknown model',
    'unknown-model',
    /blood-cells, everyday-10, everyday-10-tfjs/,
    () => withFields({ model: 'dogs' }),
  ],
  [
    'an unknown field',
    'invalid-request',
    /topk: is not known here; known are top_k/,
    () => withFields({ topk: '3' }),
  ],
  [
    'a number out of range',
    'invalid-request',
    /top_k: must be a whole number from 1 to 1000/,
    () => withFields({ top_k: '0' }),
  ],
  [
    'text for a number',
    'invalid-request',
    /threshold: must be a number from 0 to 1/,
    () => withFields({ threshold: 'high' }),
  ],
  [
    'several wrong fields',
    'invalid-request',
    /iou: .*; all_classes: must be true or false/,
    () => withFields({ iou: '7', all_classes: 'maybe' }),
  ],
  [
    'the same field twice',
    'invalid-request',
    /model: /,
    () => {
      const body = form(image, { model: 'everyday-10' });
      body.append('model', 'blood-cells');
      return post(body);
    },
  ],
  ['an id that is too short', 'invalid-request', /8 to 64/, () => withFields({ prediction_id: 'short' })],
  [
    'a time that is none',
    'invalid-request',
    /Cancel-After/,
    () => post(form(image), { 'Cancel-After': 'soon' }),
  ],
  ['two files', 'invalid-multipart', /one image per request/, twoFiles],
  ['a file in another field', 'invalid-multipart', /"photo"/, otherField],
  [
    'a form without a boundary',
    'invalid-multipart',
    /boundary/i,
    () => post('x', { 'Content-Type': 'multipart/form-data' }),
  ],
  ['a form that is cut off', 'invalid-multipart', /Unexpected end of form/, cutForm],
  [
    'JSON that is cut off',
    'invalid-json',
    /not valid JSON/,
    () => post('{"image":', { 'Content-Type': 'application/json' }),
  ],
  ['JSON that is no object', 'invalid-json', /one JSON object/, () => postJson(['image'])],
  ['JSON without an image', 'no-image', /"image"/, () => postJson({ model: 'everyday-10' })],
  [
    'JSON with something else than base64',
    'invalid-request',
    /base64/,
    () => postJson({ image: 'https://example.com/cat.jpg' }),
  ],
  [
    'JSON with text for a number',
    'invalid-request',
    /top_k: must be a whole number/,
    () => postJson({ image: image.toString('base64'), top_k: '3' }),
  ],
  ['JSON over the limit', 'too-large', /bytes/, () => postJson({ image: 'A'.repeat(MAX_BYTES * 2) })],
  [
    'a bare image',
    'unsupported-body',
    /multipart\/form-data/,
    () => post(new Uint8Array(image), { 'Content-Type': 'image/jpeg' }),
  ],
  [
    'another id in the form than in the path',
    'invalid-request',
    /not the id in the path/,
    () =>
      app.fetch('/v1/predictions/one-of-mine', {
        method: 'PUT',
        body: form(image, { prediction_id: 'another-of-mine' }),
      }),
  ],
  [
    'an id that is not allowed in the path',
    'invalid-request',
    /8 to 64/,
    () => app.fetch('/v1/predictions/a%20b', { method: 'PUT', body: form(image) }),
  ],
  [
    'an unknown prediction',
    'prediction-not-found',
    /no prediction "nothing-here"/,
    () => app.fetch('/v1/predictions/nothing-here'),
  ],
  [
    'an id that could never be',
    'prediction-not-found',
    /Check the id/,
    () => app.fetch('/v1/predictions/%00'),
  ],
  ['a path that cannot be decoded', 'invalid-request', /decode/, () => app.fetch('/v1/predictions/%ff')],
  [
    'canceling an unknown prediction',
    'prediction-not-found',
    /Check the id/,
    () => app.fetch('/v1/predictions/nothing-here/cancel', { method: 'POST' }),
  ],
  [
    'deleting an unknown prediction',
    'prediction-not-found',
    /Check the id/,
    () => app.fetch('/v1/predictions/nothing-here', { method: 'DELETE' }),
  ],
  [
    'a wait that is no number',
    'invalid-request',
    /wait: must be a number/,
    () => app.fetch('/v1/predictions/nothing-here?wait=long'),
  ],
  [
    'a list with an unknown status',
    'invalid-request',
    /status: must be one of queued/,
    () => app.fetchAsAdmin('/v1/predictions?status=done'),
  ],
  [
    'a list with a made-up cursor',
    'invalid-request',
    /cursor/,
    () => app.fetchAsAdmin('/v1/predictions?cursor=abc'),
  ],
  [
    'a list since no time',
    'invalid-request',
    /since: must be a time such as/,
    () => app.fetchAsAdmin('/v1/predictions?since=yesterday'),
  ],
  ['an unknown model by name', 'unknown-model', /There are: blood-cells/, () => app.fetch('/v1/models/dogs')],
  ['an unknown path', 'not-found', /\/docs/, () => app.fetch('/v2/predictions')],
  [
    'a method that is not for the path',
    'method-not-allowed',
    /use POST or GET/,
    () => app.fetch('/v1/predictions', { method: 'PATCH' }),
  ],
];

test.each(CASES)('%s is refused as %s', async (_what, name, sentence, ask) => {
  const before = await uploads(app);
  const response = await ask();
  expect(response.headers.get('content-type')).toMatch('application/problem+json');
  const problem = problemSchema.strict().parse(await response.json());
  const { status, code, title } = PROBLEMS[name];
  expect(problem).toMatchObject({ type: `/problems/${name}`, status, code, title });
  expect(response.status).toBe(status);
  expect(problem.detail).toMatch(sentence);
  expect(response.headers.get('x-request-id')).toBe(problem.request_id);
  await until('nothing is left behind', async () => (await uploads(app)).join() === before.join());
});

test('each wrong field is named for programs too', async () => {
  const response = await withFields({ top_k: '5000', threshold: '2' });
  expect(await response.json()).toMatchObject({
    errors: [
      { field: 'top_k', message: 'must be a whole number from 1 to 1000' },
      { field: 'threshold', message: 'must be a number from 0 to 1' },
    ],
  });
});

test('an id that is taken is refused, and the other image is not kept', async () => {
  await predict(app, image, { prediction_id: 'taken-by-now' });
  const before = await uploads(app);
  const response = await post(form(await jpeg(2), { prediction_id: 'taken-by-now' }));
  expect(response.status).toBe(409);
  expect(await response.json()).toMatchObject({
    type: '/problems/id-taken',
    detail: expect.stringContaining('PUT'),
  });
  expect(await uploads(app)).toEqual(before);
});

test('a volume that cannot be written is said to be so, and does not end the process', async () => {
  const folder = path.join(app.dataDir, 'uploads', 'tmp');
  await rename(folder, `${folder}-away`);
  await writeFile(folder, 'in the way');
  try {
    const response = await post(form(image));
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.json()).toMatchObject({ type: '/problems/storage-unavailable', code: 530 });
    const ready = await app.fetch('/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ ready: false, checks: { database: 'ok', queue: 'ok' } });
  } finally {
    await rename(folder, `${folder}-file`);
    await rename(`${folder}-away`, folder);
  }
  expect((await post(form(image))).status).toBe(202);
});

test("every problem's type leads to its description", async () => {
  for (const [name, row] of Object.entries(PROBLEMS)) {
    expect(await (await app.fetch(`/problems/${name}`)).json()).toEqual({ name, ...row });
  }
});
