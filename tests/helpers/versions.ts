/** Pushes versions of the mean-color model to a running system, and reads what becomes of them. The labels tell which version answered. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VersionView } from '@scry/shared/contracts/version';
import { keyIn } from './keys.js';
import { writeMeanColor } from './mean-color.js';
import type { System } from './system.js';

const MODEL = 'mean-onnx-nchw';
const LOOK_EVERY_MS = 50;

export interface PushOptions {
  /** Fields of the manifest beside those of every version. */
  readonly manifest?: object;
  /** "none" when left out. */
  readonly label?: string;
  readonly weight?: number;
  /** Of the API that gets it; the system's own when left out. */
  readonly url?: string;
  /** Bytes after the weights' own: they change nothing, and make the file this much larger. */
  readonly ballast?: number;
}

export class VersionClient {
  readonly name: string;
  readonly #system: System;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #weights: Buffer;
  readonly #manifest: object;

  private constructor(
    system: System,
    parts: { name: string; key: string; weights: Buffer; manifest: object },
  ) {
    this.#system = system;
    this.name = parts.name;
    this.#headers = { Authorization: `Bearer ${parts.key}` };
    this.#weights = parts.weights;
    this.#manifest = parts.manifest;
  }

  /** @param name of the model whose versions are pushed */
  static async open(system: System, name: string): Promise<VersionClient> {
    const folder = await mkdtemp(path.join(tmpdir(), 'scry-versions-'));
    try {
      await writeMeanColor(folder, 'onnx, nchw');
      const read = (file: string) => readFile(path.join(folder, MODEL, file));
      const [weights, manifest] = await Promise.all([read('model.onnx'), read('manifest.json')]);
      const key = await keyIn(system.database, ['admin']);
      return new VersionClient(system, { name, key, weights, manifest: JSON.parse(manifest.toString()) });
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** What a version answers about a red image. */
  answerOf(version: string): string {
    return `red of ${version}`;
  }

  /** Calls the API about the model. @throws Error with the answer when it is refused */
  async call<T = VersionView>(method: string, where: string, body?: object): Promise<T> {
    const response = await fetch(`${this.#system.url}/v1/models/${this.name}${where}`, {
      method,
      headers: { ...this.#headers, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  read(version: string): Promise<VersionView> {
    return this.call('GET', `/versions/${version}`);
  }

  /** Sends a version. @returns the answer as it came */
  send(version: string, options: PushOptions = {}): Promise<Response> {
    const { manifest, label = 'none', weight = 0, url = this.#system.url, ballast = 0 } = options;
    const labels = ['red', 'green', 'blue'].map((color) => `${color} of ${version}`);
    const body = new FormData();
    body.set(
      'manifest',
      JSON.stringify({ ...this.#manifest, name: this.name, version, labels, ...manifest }),
    );
    body.set('label', label);
    body.set('weight', String(weight));
    body.set('file', new Blob([new Uint8Array(this.#weights)]), 'model.onnx');
    if (ballast > 0) body.append('file', new Blob([new Uint8Array(ballast)]), 'ballast.bin');
    return fetch(`${url}/v1/models`, { method: 'POST', headers: this.#headers, body });
  }

  /** Sends a version and waits until it is checked. @throws Error when it is refused */
  async push(version: string, options: PushOptions = {}): Promise<VersionView> {
    const response = await this.send(version, options);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return this.checked(version);
  }

  /** Waits until a version is checked. */
  checked(version: string): Promise<VersionView> {
    return this.until(version, ({ state }) => state !== 'checking');
  }

  /** Waits until a version is as it should be. */
  async until(version: string, isSo: (found: VersionView) => boolean): Promise<VersionView> {
    for (;;) {
      const found = await this.read(version);
      if (isSo(found)) return found;
      await sleep(LOOK_EVERY_MS);
    }
  }
}
