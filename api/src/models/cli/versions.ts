/** Commands that show and change versions and labels. */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelList } from '@scry/shared/contracts/model';
import {
  CANARY,
  type LabelView,
  type ListedVersion,
  STABLE,
  type VersionView,
} from '@scry/shared/contracts/version';
import { RequestFailed, type ScryClient } from './client.js';
import { counted, modelForm } from './model-form.js';
import { milliseconds, progressLine, say, size, table } from './output.js';

/** Between two looks at a version that is being checked. */
const LOOK_EVERY_MS = 500;

export interface PushOptions {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly label?: string | undefined;
  readonly weight?: string | undefined;
  readonly labels?: string | undefined;
  readonly noWait: boolean;
}

const of = (name: string, version: string) =>
  `/v1/models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`;
const labelOf = (name: string, label: string) =>
  `/v1/models/${encodeURIComponent(name)}/labels/${encodeURIComponent(label)}`;

function versionRows(versions: readonly VersionView[], labels: readonly LabelView[] = []): string {
  const shown = (label: string) => {
    const weight = labels.find((one) => one.label === label)?.weight ?? 0;
    return weight > 0 ? `${label} ${weight} %` : label;
  };
  const rows = versions.map(({ model, version, state, labels: names, task, bytes, source, created_at }) => [
    ...[model, version, state, names.map(shown).join(', '), task ?? '', size(bytes), source],
    created_at.slice(0, 16).replace('T', ' '),
  ]);
  return table(['MODEL', 'VERSION', 'STATE', 'LABELS', 'TASK', 'SIZE', 'SOURCE', 'SINCE (UTC)'], rows);
}

/** How versions did lately, side by side; null when none was asked. Times are median and 95th percentile. */
function figureRows(versions: readonly ListedVersion[]): string | null {
  const rows = versions.flatMap(({ version, labels, statistics }) => {
    if (!statistics) return [];
    const { recent, failed, wait, inference, total, reported_wrong, reported_wrong_share } = statistics;
    const wrong =
      reported_wrong_share === null
        ? '–'
        : `${reported_wrong} (${(reported_wrong_share * 100).toFixed(1)} %)`;
    const times = [wait, inference, total].map(
      ({ median_ms, p95_ms }) => `${milliseconds(median_ms)} / ${milliseconds(p95_ms)}`,
    );
    return [[version, labels.join(', '), String(recent), String(failed), ...times, wrong]];
  });
  const columns = ['VERSION', 'LABELS', 'ANSWERED', 'FAILED', 'WAIT', 'INFERENCE', 'TOTAL', 'REPORTED WRONG'];
  return rows.length > 0 ? table(columns, rows) : null;
}

async function versionsOf(client: ScryClient, name: string): Promise<ListedVersion[]> {
  return (await client.json<{ items: ListedVersion[] }>(`/v1/models/${encodeURIComponent(name)}/versions`))
    .items;
}

/** All versions of all models, also of those that cannot be asked for. */
export async function list(client: ScryClient): Promise<void> {
  const { items, problems } = await client.json<ModelList>('/v1/models');
  const names = [...new Set([...items, ...problems].map(({ name }) => name))].sort();
  const found = await Promise.all(
    names.map((name) =>
      versionsOf(client, name).catch((error: unknown) => {
        if (error instanceof RequestFailed && error.status >= 400 && error.status < 500) return []; // a folder's problem
        throw error;
      }),
    ),
  );
  say(versionRows(found.flat()));
  for (const { name, message } of problems) say(`${name}: ${message}`);
}

/** One model, or one of its versions in full. */
export async function show(client: ScryClient, name: string, version: string | undefined): Promise<void> {
  const { items: labels } = await client.json<{ items: LabelView[] }>(
    `/v1/models/${encodeURIComponent(name)}/labels`,
  );
  if (version === undefined) {
    const versions = await versionsOf(client, name);
    say(versionRows(versions, labels));
    const figures = figureRows(versions);
    if (figures) say(`\nOf the newest predictions; times are median / 95th percentile:\n${figures}`);
    return;
  }
  const named = labels.find(({ label }) => label === version)?.version ?? version;
  const found = await client.json<VersionView>(of(name, named));
  say(versionRows([found], labels));
  if (found.reason) say(`\n${found.reason}`);
  say(`\nid      ${found.id}`);
  say(
    `loaded  ${found.loaded.map(({ worker, device }) => `${worker} (${device})`).join(', ') || 'nowhere now'}`,
  );
  for (const { path, sha256, bytes } of found.files) say(`file    ${path}  ${size(bytes)}  ${sha256}`);
  for (const { field, value, reason } of found.notes)
    say(`note    ${field} = ${JSON.stringify(value)}: ${reason}`);
  say(`\n${JSON.stringify(found.manifest, null, 2)}`);
}

/** Waits until a version was checked. @returns how it ended */
export async function waitForCheck(client: ScryClient, name: string, version: string): Promise<VersionView> {
  const progress = progressLine();
  try {
    for (;;) {
      const found = await client.json<VersionView>(of(name, version));
      if (found.state !== 'checking') return found;
      progress.show(`${name}@${version} is being checked by a worker…`);
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    progress.end();
  }
}

/** Says how a check ended. @throws Error when the version was rejected */
export function sayChecked({ model, version, state, reason, labels }: VersionView): void {
  if (state === 'rejected') throw new Error(`${model}@${version} was rejected: ${reason}`);
  say(`${model}@${version} is ${state}${labels.length > 0 ? `, as ${labels.join(', ')}` : ''}.`);
}

/** Uploads a model and waits for its check. */
export async function push(
  client: ScryClient,
  files: readonly string[],
  options: PushOptions,
): Promise<void> {
  const { name, version, label, weight, labels, noWait } = options;
  const form = await modelForm(files, labels, { name, version, label, weight });
  const progress = progressLine();
  const body = counted(form.body, (bytes) => progress.show(`${size(bytes)} of ${size(form.bytes)}`));
  const pushed = await client
    .upload<VersionView>('/v1/models', { body, contentType: form.contentType })
    .finally(() => progress.end());
  if (noWait) say(`${pushed.model}@${pushed.version} is ${pushed.state}.`);
  else sayChecked(await waitForCheck(client, pushed.model, pushed.version));
}

function sayLabel(name: string, { label, version, weight, previous }: LabelView): void {
  const share = label === STABLE ? '' : `, with ${weight} % of the predictions that ask for ${name} alone`;
  say(`${name}@${label} is version ${version}${share}${previous ? ` (before: ${previous})` : ''}.`);
}

export async function label(
  client: ScryClient,
  name: string,
  named: string,
  version: string,
  weight: number,
): Promise<void> {
  sayLabel(
    name,
    await client.json<LabelView>(labelOf(name, named), { method: 'PUT', body: { version, weight } }),
  );
}

export async function unlabel(client: ScryClient, name: string, named: string): Promise<void> {
  await client.send(labelOf(name, named), { method: 'DELETE' });
  say(`The label "${named}" of ${name} is removed; its version stays.`);
}

export async function promote(client: ScryClient, name: string, named = CANARY): Promise<void> {
  sayLabel(name, await client.json<LabelView>(`${labelOf(name, named)}/promote`, { method: 'POST' }));
}

export async function rollBack(client: ScryClient, name: string, named = STABLE): Promise<void> {
  sayLabel(name, await client.json<LabelView>(`${labelOf(name, named)}/rollback`, { method: 'POST' }));
}

export async function retire(client: ScryClient, name: string, version: string): Promise<void> {
  await client.json<VersionView>(`${of(name, version)}/retire`, { method: 'POST' });
  say(`${name}@${version} is retired; "rm" removes its files.`);
}

/** Removes a version, or a model with all its versions. @param force also when predictions wait for it */
export async function remove(
  client: ScryClient,
  name: string,
  version: string | undefined,
  force: boolean,
): Promise<void> {
  const what = version === undefined ? `/v1/models/${encodeURIComponent(name)}` : of(name, version);
  await client.send(`${what}${force ? '?force=true' : ''}`, { method: 'DELETE' });
  say(`${version === undefined ? name : `${name}@${version}`} is removed.`);
}

/** Writes a version's zip to a file that does not exist yet. */
export async function exportVersion(
  client: ScryClient,
  name: string,
  version: string,
  file?: string,
): Promise<void> {
  const target = file ?? `${name}-${version}.zip`;
  const progress = progressLine();
  const body = await client.download(`${of(name, version)}/file`);
  const bytes = counted(body, (so) => progress.show(size(so)));
  await pipeline(bytes, createWriteStream(target, { flags: 'wx' })).finally(() => progress.end());
  say(`${target} holds ${name}@${version}.`);
}
