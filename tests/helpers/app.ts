/** The real API on a free port, in this process, with a database and a data folder of its own; and requests to it. */
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createApp } from '@scry/api/http/app';
import { type OpenServices, openServices } from '@scry/api/services';
import { createApiKey, type Scope } from '@scry/shared/contracts/api-key';
import type { Outcome, PredictionView } from '@scry/shared/contracts/prediction';
import { openDatabase } from '@scry/shared/database/database';
import { ModelVersionStore } from '@scry/shared/database/model-versions';
import type { Finish } from '@scry/shared/database/predictions';
import { loadModels } from '@scry/shared/models/model-folders';
import { loadConfig } from '@scry/shared/runtime/load-config';
import sharp from 'sharp';
import { createDatabase, quiet } from './services.js';
import { REPO } from './system.js';

export interface TestApp {
  readonly url: string;
  readonly services: OpenServices;
  readonly dataDir: string;
  /** `fetch` with a path of the app. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** The same with a key that may do everything. */
  readonly fetchAsAdmin: (path: string, init?: RequestInit) => Promise<Response>;
  readonly close: () => Promise<void>;
}

async function adminKey({ keys }: OpenServices): Promise<string> {
  const { id, text, secretHash } = createApiKey();
  await keys.create({ id, name: 'test', secretHash, scopes: ['admin'], expiresInS: null });
  return text;
}

/** Says of what lies in a folder of models that it is ready, and has been for an hour, as a worker's check would. */
export async function acceptFolders(databaseUrl: string, modelsDir: string): Promise<void> {
  const database = openDatabase(databaseUrl, { max: 1, name: 'test', log: quiet });
  const store = new ModelVersionStore(database);
  const { models } = await loadModels(modelsDir);
  for (const { name, version } of await store.list({ states: ['checking'] })) {
    const { folder, file, ...manifest } = models.get(name) ?? {};
    if (folder === undefined || file === undefined) continue;
    const completed = { ...manifest, file: path.relative(folder, file) };
    await store.finishCheck(name, version, { ok: true, manifest: completed, notes: [] });
  }
  await database.query(`UPDATE model_versions SET checked_at = checked_at - interval '1 hour'`, []);
  await database.close();
}

/** @param env settings that differ from the defaults; QUEUE_URL, unset, is the database */
export async function startApp(env: NodeJS.ProcessEnv = {}): Promise<TestApp> {
  const database = await createDatabase();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'scry-api-'));
  const config = loadConfig({
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    MODELS_DIR: path.join(REPO, 'models'),
    DATABASE_POOL: '4',
    ...env,
  });
  const services = await openServices(config, quiet);
  await acceptFolders(config.DATABASE_URL, config.MODELS_DIR);
  await services.models.refresh();
  const server = createServer(createApp(services)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const authorization = `Bearer ${await adminKey(services)}`;
  return {
    url,
    services,
    dataDir,
    fetch: (where, init) => fetch(`${url}${where}`, init),
    fetchAsAdmin: (where, init) =>
      fetch(`${url}${where}`, { ...init, headers: { ...init?.headers, Authorization: authorization } }),
    async close() {
      services.waiters.close();
      server.close();
      server.closeAllConnections();
      await services.close();
      await rm(dataDir, { recursive: true, force: true });
      await database.drop();
    },
  };
}

/** A JPEG that differs for every seed. */
export function jpeg(seed = 0, width = 64, height = 48): Promise<Buffer> {
  const background = { r: (seed * 37) % 256, g: (seed * 91) % 256, b: seed % 256 };
  return sharp({ create: { width, height, channels: 3, background } })
    .jpeg()
    .toBuffer();
}

/** A form with an image and fields; `null` leaves the image out. */
export function form(
  image: Buffer | null,
  fields: Record<string, string> = {},
  fileName = 'photo.jpg',
): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  if (image) data.append('image', new Blob([new Uint8Array(image)]), fileName);
  return data;
}

/** Uploads an image as a form and gives the prediction. @throws Error unless it was accepted */
export async function predict(
  app: TestApp,
  image: Buffer,
  fields: Record<string, string> = {},
): Promise<PredictionView> {
  const response = await app.fetch('/v1/predictions', { method: 'POST', body: form(image, fields) });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as PredictionView;
}

/** Makes an API key. @returns it as text */
export async function makeKey({ services }: TestApp, ...scopes: Scope[]): Promise<string> {
  const { id, text, secretHash } = createApiKey();
  await services.keys.create({ id, name: 'a test', secretHash, scopes, expiresInS: null });
  return text;
}

/** Headers that carry a key. */
export const withKey = (key: string) => ({ authorization: `Bearer ${key}` });

/** What a worker would write. */
export function finish(id: string, outcome: Outcome): Finish {
  return {
    id,
    outcome,
    modelVersion: '1',
    worker: 'test',
    device: 'cpu',
    decodeMs: 2,
    batchMs: 1,
    inferenceMs: 4,
    batchSize: 1,
  };
}

export const CAT: Outcome = {
  status: 'succeeded',
  output: { predictions: [{ class_index: 3, class_name: 'cat', confidence: 0.97 }] },
};

/** All files under the app's uploads, relative to it. */
export async function uploads(app: TestApp): Promise<string[]> {
  const root = path.join(app.dataDir, 'uploads');
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** Looks again until it is as expected. @throws Error after 5 s */
export async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(`still waiting until ${what}`);
    await new Promise(setImmediate);
  }
}
