/** Tells health checks that this process still turns its event loop: by the age of a file. */
import { writeFile } from 'node:fs/promises';
import type { Logger } from '@scry/shared/runtime/log';

/** Health checks call a worker dead after a minute, so a few touches may fail. */
const TOUCH_MS = 10_000;

/** Touches a file at once and now and then, for as long as the process lives. Resolves after the first time. */
export async function keepAliveFile(file: string, log: Logger): Promise<void> {
  const touch = () =>
    writeFile(file, `${process.pid}\n`).catch((error: Error) =>
      log.warn({ file, error: error.message }, 'the file for health checks was not written'),
    );
  setInterval(touch, TOUCH_MS).unref();
  await touch();
}
