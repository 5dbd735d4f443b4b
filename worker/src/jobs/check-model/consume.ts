/** Takes checks of new versions from their queue, one at a time, and writes down what they find. */
import type { ModelVersionStore, Version } from '@scry/shared/database/model-versions';
import type { JobConsumer, Subscription } from '@scry/shared/queue/consumer';
import { CHECK_QUEUE, type CheckJob, type JobOutcome } from '@scry/shared/queue/job';
import type { Logger } from '@scry/shared/runtime/log';
import type { EngineModules } from '../../inference/engines/registry.js';
import type { ModelFiles } from '../../models/model-files.js';
import { type CheckLimits, checkModel } from './check-model.js';

export interface CheckParts {
  readonly store: ModelVersionStore;
  /** For checks alone: files are removed when a check is over. */
  readonly files: ModelFiles;
  readonly limits: CheckLimits;
  readonly engines: EngineModules;
  /** Folder of converted files. */
  readonly cache: string;
  readonly log: Logger;
}

/** How long another check is looked at again. */
const PUT_OFF_MS = 2000;
/** The first check of a version from a folder may be a worker loading it as it starts, within this time. */
const FIRST_LOAD_S = 30;
/** How long after its time a check may still write what it found. */
const GRACE_S = 10;
/** Checks of one version that may fail for reasons of the machine. */
const MOST_TRIES = 5;

/** Begins to take checks. */
export function consumeChecks(consumer: JobConsumer, parts: CheckParts): Subscription {
  return consumer.add<CheckJob>(CHECK_QUEUE, {
    concurrency: 1,
    process: ({ data, deaths }) => checkOne(data, deaths > 0, parts),
  });
}

async function checkOne({ name, version }: CheckJob, died: boolean, parts: CheckParts): Promise<JobOutcome> {
  const { store, limits } = parts;
  const found = await store.get(name, version);
  if (found?.state !== 'checking') return 'done';
  const isFirstLoad = found.source === 'folder' && found.checkTries === 1;
  const withinS = isFirstLoad ? FIRST_LOAD_S : limits.timeoutMs / 1000 + GRACE_S;
  const begun = await store.beginCheck(name, version, withinS, died && !isFirstLoad);
  if (!begun) return { putOffMs: PUT_OFF_MS };
  await check(begun, parts);
  return 'done';
}

/** @throws what the machine says, for the queue to try again */
async function check(
  version: Version,
  { store, files, limits, engines, cache, log }: CheckParts,
): Promise<void> {
  const { name, version: named } = version;
  const about = { model: name, version: named };
  try {
    const checked = await checkModel(version, files, limits, { engines, cache });
    await store.finishCheck(name, named, checked);
    if (checked.ok) log.info(about, 'a new version was checked and is ready');
    else log.warn({ ...about, reason: checked.reason }, 'a new version was checked and rejected');
  } catch (error) {
    const { message } = error as Error;
    if (version.checkTries < MOST_TRIES) {
      await store.leaveCheck(name, named);
      throw error;
    }
    const reason = `It could not be checked: ${message}. Push it again.`;
    await store.finishCheck(name, named, { ok: false, reason });
    log.error({ ...about, error: message }, 'a new version was rejected: its check failed again and again');
  }
}
