import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { type System, startSystem } from '../helpers/system.js';

let system: System;

beforeAll(async () => {
  system = await startSystem({ workers: 0, env: { UPLOAD_TIMEOUT_S: '1' } });
}, 60_000);

afterAll(async () => {
  await system.remove();
}, 60_000);

it('ends an upload that trickles in, with 408, and leaves nothing behind', async () => {
  const { hostname, port } = new URL(system.url);
  const socket = connect(Number(port), hostname);
  const head = ['POST /v1/predictions HTTP/1.1', 'Host: localhost', 'Content-Length: 1000000'];
  head.push('Content-Type: multipart/form-data; boundary=b', '', '');
  const part = '--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n';
  socket.write(head.join('\r\n') + part + 'x'.repeat(200_000));
  const trickle = setInterval(() => socket.write('x'), 100);
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString();
  });
  socket.on('error', () => undefined); // a byte that is on its way when the server hangs up
  await once(socket, 'close');
  clearInterval(trickle);
  expect(answer).toContain('408 Request Timeout');
  const temporary = path.join(system.dataDir, 'uploads', 'tmp');
  const deadline = Date.now() + 5000;
  while ((await readdir(temporary)).length > 0 && Date.now() < deadline) await new Promise(setImmediate);
  expect(await readdir(temporary)).toEqual([]);
}, 30_000);
