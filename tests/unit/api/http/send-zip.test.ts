import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { sendZip, type ZipMember } from '@scry/api/http/send-zip';
import type { Response } from 'express';
import { unzipSync } from 'fflate';

type FakeResponse = PassThrough & Response;

/** Takes bytes as a client does that reads at its own speed. */
function response(): FakeResponse {
  const res = new PassThrough() as FakeResponse;
  return Object.assign(res, { attachment: () => res, type: () => res });
}

async function* listed(...members: ZipMember[]): AsyncGenerator<ZipMember> {
  yield* members;
}

const text = (path: string, content: string): ZipMember => ({
  path,
  bytes: content.length,
  open: async () => Readable.from([Buffer.from(content)]),
});

const gone: ZipMember = { path: 'gone', bytes: 5, open: async () => null };

it('sends every member that is still there', async () => {
  const res = response();
  const [zip] = await Promise.all([
    buffer(res),
    sendZip(res, 'a.zip', listed(text('a/b.txt', 'hello'), gone, text('c.txt', ''))),
  ]);
  const files = unzipSync(new Uint8Array(zip));
  const contents = Object.entries(files).map(([path, bytes]) => [path, Buffer.from(bytes).toString()]);
  expect(Object.fromEntries(contents)).toEqual({ 'a/b.txt': 'hello', 'c.txt': '' });
});

it('closes the member that it reads when the client leaves', async () => {
  const opened: Readable[] = [];
  const endless: ZipMember = {
    path: 'endless',
    bytes: 1 << 30,
    open: async () => {
      const stream = new Readable({ read: () => stream.push(Buffer.alloc(1 << 16)) });
      opened.push(stream);
      return stream;
    },
  };
  const res = response();
  const sent = sendZip(res, 'a.zip', listed(endless, endless));
  await once(res, 'readable');
  res.destroy();
  await sent;
  expect(opened.map((stream) => stream.destroyed)).toEqual([true]);
});

it.each<[string, Partial<ZipMember>, string]>([
  ['cannot be opened', { open: () => Promise.reject(new Error('no such disk')) }, 'no such disk'],
  ['has another size than was said', { bytes: 3 }, 'unexpected number of bytes'],
])('breaks the answer off when a member %s', async (_, fault, said) => {
  const res = response();
  res.on('error', () => undefined); // what a connection does that is cut
  res.resume();
  await expect(sendZip(res, 'a.zip', listed({ ...text('a', 'hello'), ...fault }))).rejects.toThrow(said);
  expect(res.destroyed).toBe(true);
});
