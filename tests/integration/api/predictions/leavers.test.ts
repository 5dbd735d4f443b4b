/** Clients that go away while the server still makes up its mind about them. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { jpeg, makeKey, predict, startApp, type TestApp, until, withKey } from '../../../helpers/app.js';

let app: TestApp;
afterEach(() => app.close());

/** A promise, and what resolves it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

async function ask(path: string, headers: Record<string, string> = {}): Promise<Socket> {
  const { hostname, port } = new URL(app.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const lines = Object.entries({ Host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`);
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  return socket;
}

/** Goes away, and sees that the server has read of it. */
async function leave(socket: Socket): Promise<void> {
  socket.destroy();
  await once(socket, 'close');
  for (let time = 0; time < 3; time++) await app.fetch('/healthz', { headers: { connection: 'close' } });
}

it('get no figures sent when they left before the stream began', async () => {
  app = await startApp();
  const { operations } = app.services;
  const snapshot = operations.snapshot.bind(operations);
  const { opened, open } = gate();
  let asked = 0;
  operations.snapshot = async () => {
    asked++;
    await opened;
    return snapshot();
  };
  const socket = await ask('/v1/stats/events');
  await until('the figures are asked for', async () => asked === 1);
  await leave(socket);
  open();
  expect((await app.fetch('/v1/stats')).status).toBe(200);
  expect(asked).toBe(2); // the stream's first, and that of the second request
});

it.each(['?wait=30', '/events'])(
  'are not waited for with %s when they left while their key was looked up',
  async (what) => {
    app = await startApp({ AUTH: 'key' });
    const key = withKey(await makeKey(app, 'admin'));
    const { authenticator, predictions, waiters } = app.services;
    const made = await app.fetchAsAdmin('/v1/models');
    expect(made.status).toBe(200);
    const image = { sha256: 'a'.repeat(64), format: 'jpeg', width: 64, height: 48, bytes: 2330 } as const;
    const model = { model: 'everyday-10', modelVersion: '1', task: 'classification', engine: 'onnx' };
    await predictions.create({ id: 'early-leaver', ...model, parameters: {}, image, expiresInS: null });
    const verify = authenticator.verify.bind(authenticator);
    const { opened, open } = gate();
    let [asked, seen] = [0, 0];
    authenticator.verify = async (text) => {
      asked++;
      await opened;
      return verify(text);
    };
    const watch = waiters.watch.bind(waiters);
    waiters.watch = (...given) => {
      seen++;
      return watch(...given);
    };
    const socket = await ask(`/v1/predictions/early-leaver${what}`, key);
    await until('the key is looked up', async () => asked === 1);
    await leave(socket);
    open();
    await until('somebody was watched for', async () => seen === 1);
    await until('nobody waits', async () => waiters.waiting === 0);
  },
);

it('does not need them: others are answered meanwhile', async () => {
  app = await startApp();
  const { prediction_id: id } = await predict(app, await jpeg(1));
  const socket = await ask(`/v1/predictions/${id}?wait=30`);
  await until('it waits', async () => app.services.waiters.waiting === 1);
  await leave(socket);
  await until('nobody waits', async () => app.services.waiters.waiting === 0);
});
