/**
 * The versions that can be asked for, and what each name means now. Owns a copy of the tables of models: read at the start,
 * again whenever somebody changes them (told by NOTIFY), and every REFRESH_MS in case a message was lost.
 *
 *     starting ──▶ current ──(told, or time has passed)──▶ reading ──▶ current …
 */
import { manifestSchema } from '@scry/shared/contracts/manifest';
import type { QueueState } from '@scry/shared/contracts/model-queue';
import {
  chooseLabel,
  type ModelReference,
  parseReference,
  STABLE,
  versionKey,
} from '@scry/shared/contracts/version';
import type { ChangeListener } from '@scry/shared/database/change-listener';
import type { ModelQueueStore } from '@scry/shared/database/model-queues';
import type { ModelVersionStore, StoredLabel, Version } from '@scry/shared/database/model-versions';
import type { Model } from '@scry/shared/models/model-folders';
import type { Logger } from '@scry/shared/runtime/log';
import { Problem } from '../http/problem.js';
import { withoutFolders } from './public-text.js';

/** What the manifest of a version that is ready says. */
export type ReadyManifest = Omit<Model, 'folder' | 'file'> & { readonly file: string };

/** A version that can be asked for. */
export interface ReadyVersion extends Version {
  readonly manifest: ReadyManifest & Readonly<Record<string, unknown>>;
}

/** A model with at least one version that is ready. */
export interface RegisteredModel {
  readonly name: string;
  readonly versions: ReadonlyMap<string, ReadyVersion>;
  readonly labels: readonly StoredLabel[];
  readonly queue: QueueState;
}

/** The version that a prediction was promised, and the label through which it got it. */
export interface Resolved {
  readonly version: ReadyVersion;
  readonly label: string | null;
}

interface ModelInReading extends RegisteredModel {
  readonly versions: Map<string, ReadyVersion>;
  readonly labels: StoredLabel[];
}

const REFRESH_MS = 10_000;
/** Names that do not exist are looked for in the database no more often. */
const LOOK_AGAIN_MS = 200;
const CHECK_RETRY_S = 2;
const DRAINING_RETRY_S = 30;

export class ModelRegistry {
  readonly #store: ModelVersionStore;
  readonly #queues: Pick<ModelQueueStore, 'states'>;
  readonly #listener: ChangeListener;
  readonly #log: Logger;
  #models: ReadonlyMap<string, RegisteredModel> = new Map();
  /** Versions that are being checked, and rejected ones with their reasons; the newest of each model first. */
  #waiting: readonly Version[] = [];
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;
  #again = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    store: ModelVersionStore,
    queues: Pick<ModelQueueStore, 'states'>,
    listener: ChangeListener,
    log: Logger,
  ) {
    this.#store = store;
    this.#queues = queues;
    this.#listener = listener;
    this.#log = log;
  }

  /** Reads the tables for the first time. @throws what the database says */
  async start(): Promise<void> {
    this.#listener.subscribeAll(() => void this.refresh());
    await this.#read();
    this.#timer = setInterval(() => void this.refresh(), REFRESH_MS);
    this.#timer.unref();
  }

  close(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  /** Models that can be asked for, by name. */
  get models(): ReadonlyMap<string, RegisteredModel> {
    return this.#models;
  }

  /** What each model's stable manifest says of its images; a model without one keeps them. */
  get filed(): ReadonlyMap<string, ReadyManifest> {
    const stable = [...this.#models.values()].flatMap((model) => stableOf(model) ?? []);
    return new Map(stable.map(({ name, manifest }) => [name, manifest]));
  }

  /** Queues of predictions: one for each version that is ready. */
  get keys(): readonly string[] {
    return [...this.#models.values()].flatMap(({ name, versions }) =>
      [...versions.keys()].map((version) => versionKey(name, version)),
    );
  }

  /** Versions that were rejected, or are being checked: what keeps a model from being served. */
  get waiting(): readonly Version[] {
    return this.#waiting;
  }

  /** The model that a request without a name means: the one whose stable manifest says so, else the first. */
  get defaultModel(): string | null {
    const usable = [...this.#models.values()].filter((model) => stableOf(model));
    const preferred = usable.find((model) => stableOf(model)?.manifest.default) ?? usable[0];
    return preferred?.name ?? null;
  }

  /** Reads the tables again; resolves when what was committed before the call is known. */
  refresh(): Promise<void> {
    if (this.#reading !== null) this.#again = true;
    this.#reading ??= this.#readUntilQuiet().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /**
   * The version that answers a prediction. What is not known is looked for in the tables once more, for all requests
   * together and not again for a moment.
   * @param text `name`, `name@version` or `name@label`; undefined: the default model
   * @param predictionId chooses among labels that share the traffic of a name
   * @throws Problem "invalid-request", "unknown-model" or "model-not-served"
   */
  async resolve(text: string | undefined, predictionId: string): Promise<Resolved> {
    const known = this.#lookUp(text, predictionId);
    if (known) return known;
    if (performance.now() - this.#readAt > LOOK_AGAIN_MS) await this.refresh();
    const found = this.#lookUp(text, predictionId);
    if (found) return found;
    throw this.#missing(text);
  }

  /** A model with a version that is ready. @throws Problem "unknown-model" */
  find(name: string): RegisteredModel {
    const model = this.#models.get(name);
    if (model) return model;
    throw this.#missing(name);
  }

  /** @throws Problem "model-draining" when an operator has predictions of a model refused */
  admit(name: string): void {
    if (this.#models.get(name)?.queue !== 'draining') return;
    const headers = { 'Retry-After': String(DRAINING_RETRY_S) };
    const detail = `The model "${name}" takes no new predictions for now, as its operator has set. Send it again later.`;
    throw new Problem('model-draining', detail, { headers });
  }

  #lookUp(text: string | undefined, predictionId: string): Resolved | null {
    const reference = referenceOf(text ?? this.defaultModel);
    const model = reference && this.#models.get(reference.name);
    if (!model) return null;
    const label =
      reference.at === null
        ? chooseLabel(model.labels, predictionId)
        : (model.labels.find((one) => one.label === reference.at) ?? null);
    const version = model.versions.get(label?.version ?? reference.at ?? '');
    return version ? { version, label: label?.label ?? null } : null;
  }

  /** Why there is no such version, and what there is instead. */
  #missing(text: string | undefined): Problem {
    const names = [...this.#models.keys()];
    const there = names.length > 0 ? `There are: ${names.join(', ')}.` : 'There are none yet.';
    const reference = referenceOf(text ?? this.defaultModel);
    const waiting = this.#waiting.find(
      ({ name, version }) =>
        (!reference || name === reference.name) && [null, undefined, STABLE, version].includes(reference?.at),
    );
    const model = reference && this.#models.get(reference.name);
    if (waiting && !(model && reference?.at === null && stableOf(model))) return notReady(waiting);
    if (!reference) return unknown(`No model can be used. ${there}`);
    if (!model) return unknown(`There is no model "${reference.name}". ${there}`, reference.name);
    return unknown(
      `The model "${model.name}" has no version or label "${reference.at ?? STABLE}" that can be used. ${versionsOf(model)}`,
      text,
    );
  }

  async #readUntilQuiet(): Promise<void> {
    do {
      this.#again = false;
      await this.#read().catch((error: Error) =>
        this.#log.warn({ error: error.message }, 'the models were not read again; trying again later'),
      );
    } while (this.#again);
  }

  async #read(): Promise<void> {
    const [versions, labels, states] = await Promise.all([
      this.#store.list({ states: ['ready', 'checking', 'rejected'] }),
      this.#store.labels(),
      this.#queues.states(),
    ]);
    const models = new Map<string, ModelInReading>();
    for (const version of versions) {
      if (version.state !== 'ready') continue;
      const manifest = manifestSchema.safeParse(version.manifest);
      if (!manifest.success) {
        this.#log.error(
          { model: version.name, version: version.version },
          'a stored manifest cannot be read',
        );
        continue;
      }
      const { name } = version;
      const queue = states.get(name) ?? 'running';
      const model = models.get(name) ?? { name, versions: new Map(), labels: [], queue };
      models.set(name, model);
      model.versions.set(version.version, {
        ...version,
        manifest: manifest.data as ReadyVersion['manifest'],
      });
    }
    for (const label of labels) models.get(label.name)?.labels.push(label);
    this.#models = models;
    this.#waiting = versions.filter((version) => keepsFromServing(version, versions));
    this.#readAt = performance.now();
  }
}

/** Whether a version is still to come, or was rejected and nothing newer of its model is ready. */
function keepsFromServing(one: Version, all: readonly Version[]): boolean {
  if (one.state !== 'rejected') return one.state === 'checking';
  return !all.some(
    ({ name, state, createdAt }) => name === one.name && state === 'ready' && createdAt > one.createdAt,
  );
}

/** The version that a bare name means, leaving shares aside. */
export function stableOf({ labels, versions }: RegisteredModel): ReadyVersion | null {
  const stable = labels.find(({ label }) => label === STABLE);
  return (stable && versions.get(stable.version)) ?? null;
}

/** The version that stands for a model: the stable one, else the newest. */
export function shownVersion(model: RegisteredModel): ReadyVersion {
  return stableOf(model) ?? (model.versions.values().next().value as ReadyVersion); // a model has at least one
}

function versionsOf({ name, versions, labels }: RegisteredModel): string {
  const all = [...labels.map(({ label }) => label), ...versions.keys()].map((at) => `${name}@${at}`);
  return `There are: ${all.join(', ')}.`;
}

const unknown = (detail: string, model?: string) =>
  new Problem('unknown-model', detail, model === undefined ? {} : { values: { model: model.slice(0, 128) } });

/** @throws Problem "invalid-request" when the text is no reference */
function referenceOf(text: string | null): ModelReference | null {
  if (text === null) return null;
  const reference = parseReference(text);
  if (reference) return reference;
  const message = 'must be a name such as "leaves", "leaves@2" or "leaves@canary"';
  throw new Problem('invalid-request', `model: ${message}.`, { errors: [{ field: 'model', message }] });
}

function notReady({ name, version, state, reason }: Version): Problem {
  if (state === 'rejected')
    return new Problem(
      'model-not-served',
      `${name}@${version} was rejected: ${withoutFolders(reason ?? 'its check failed')}`,
    );
  const headers = { 'Retry-After': String(CHECK_RETRY_S) };
  return new Problem('model-not-served', `${name}@${version} is being checked. Send it again.`, { headers });
}
