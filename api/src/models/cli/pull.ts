/** Commands of the catalogue: what there is, and pulling one after its license was shown. */
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CatalogueItemView } from '@scry/shared/contracts/catalogue';
import type { ScryClient } from './client.js';
import { progressLine, say, size, table } from './output.js';
import { sayChecked, waitForCheck } from './versions.js';

const LOOK_EVERY_MS = 500;

/** A question that nobody is there to answer, or that was answered with no. */
export class NotAgreed extends Error {}

export async function catalogue(client: ScryClient): Promise<void> {
  const { items } = await client.json<{ items: CatalogueItemView[] }>('/v1/catalogue');
  const rows = items.map(({ name, task, license, download_bytes, state, title }) => [
    ...[name, task, license.name, size(download_bytes), state, title],
  ]);
  say(table(['NAME', 'TASK', 'LICENSE', 'DOWNLOAD', 'STATE', 'WHAT IT IS'], rows));
}

function describe({
  title,
  description,
  source,
  license,
  accuracy,
  download_bytes,
  bytes,
}: CatalogueItemView): void {
  say(`${title}\n${description}`);
  if (accuracy) say(accuracy);
  say(`\nSource:   ${source}, ${size(download_bytes)} to download, ${size(bytes)} to keep`);
  say(`License:  ${license.name}. ${license.notice}\n          ${license.url}\n`);
}

async function agree(): Promise<void> {
  if (!process.stdin.isTTY)
    throw new NotAgreed(
      'Nothing was pulled: say --yes when you agree to the license and nobody is there to be asked.',
    );
  const questions = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await questions.question('Pull it? [y/N] ');
    if (!/^y(es)?$/i.test(answer.trim())) throw new NotAgreed('Nothing was pulled.');
  } finally {
    questions.close();
  }
}

async function waitForPull(client: ScryClient, path: string): Promise<CatalogueItemView> {
  const progress = progressLine();
  try {
    for (;;) {
      const item = await client.json<CatalogueItemView>(path);
      if (item.state !== 'pulling') return item;
      const { bytes, total } = item.progress ?? { bytes: 0, total: item.download_bytes };
      progress.show(`${size(bytes)} of ${size(total)}`);
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    progress.end();
  }
}

/**
 * Pulls a model and waits until it is checked.
 * @throws NotAgreed, and Error with the reason when it could not be pulled or was rejected
 */
export async function pull(client: ScryClient, name: string, agreed: boolean): Promise<void> {
  const path = `/v1/catalogue/${encodeURIComponent(name)}`;
  const before = await client.json<CatalogueItemView>(path);
  if (before.state !== 'ready') {
    describe(before);
    if (!agreed) await agree();
    await client.json<CatalogueItemView>(`${path}/pull`, { method: 'POST' });
  }
  const item = await waitForPull(client, path);
  if (item.version === null) throw new Error(item.reason ?? `${name} was not pulled.`);
  const checked = await waitForCheck(client, name, item.version);
  sayChecked(checked);
  if (checked.labels.length === 0)
    say(`Another version of ${name} answers; "label ${name} stable ${checked.version}" lets this one.`);
}
