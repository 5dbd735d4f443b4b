import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { handleInTurn } from '@scry/api/http/connections';

const LARGE = Buffer.alloc(64 * 1024 * 1024);
const WRITE_TIMEOUT_MS = 500;

let server: Server;
let handled: string[];
let atOnce: number;

const handle: RequestListener = (req, res) => {
  handled.push(req.url ?? '');
  atOnce++;
  res.prependOnceListener('close', () => atOnce--);
  expect(atOnce).toBe(1);
  if (req.url === '/large') res.end(LARGE);
  else setImmediate(() => res.end(`answer to ${req.url}\n`));
};

beforeEach(async () => {
  [handled, atOnce] = [[], 0];
  server = createServer();
  handleInTurn(server, handle, WRITE_TIMEOUT_MS);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function open(): Socket {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined); // the server hangs up on some
  return socket;
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

it('answers the requests of a pipeline one after the other, in their order', async () => {
  const socket = open();
  const paths = Array.from({ length: 20 }, (_, index) => `/${index}`);
  socket.write(paths.map(get).join(''));
  let said = '';
  while (!said.includes('answer to /19\n')) said += String((await once(socket, 'data'))[0]);
  expect(handled).toEqual(paths);
  expect([...said.matchAll(/answer to (\S+)/g)].map(([, path]) => path)).toEqual(paths);
  socket.destroy();
});

it('ends a connection that asks for more than it could be waiting for', async () => {
  const socket = open();
  socket.resume();
  socket.write(get('/').repeat(300));
  await once(socket, 'close');
  expect(handled.length).toBeLessThan(40);
});

it('ends a connection that takes nothing of its answer', async () => {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const socket = open();
  socket.pause();
  socket.write(get('/large').repeat(5));
  const [theirs] = await accepted;
  await once(theirs, 'close');
  expect(handled).toEqual(['/large']);
  socket.destroy();
});

it('goes on with a client that takes its answer slowly', async () => {
  const socket = open();
  socket.write(get('/large'));
  let received = 0;
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
    socket.pause();
    setTimeout(() => socket.resume(), received < LARGE.length / 2 ? 0 : 1);
  });
  while (received < LARGE.length) await once(socket, 'data');
  expect(received).toBeGreaterThan(LARGE.length);
  socket.destroy();
});
