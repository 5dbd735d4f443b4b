/** Settings that are well-formed and still cannot be followed here: told in one sentence, and the process ends. */
import type { Logger } from './log.js';

/** What is wrong and what to do, in one sentence. */
export class SettingProblem extends Error {}

const WHY: Readonly<Record<string, string>> = {
  EROFS: 'its file system is read-only',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  ENOSPC: 'its disk is full',
  ENOTDIR: 'part of the path is a file',
  EEXIST: 'there is a file of that name',
};

/** A folder that cannot be made or written. @param setting its name */
export function folderProblem(setting: string, folder: string, cause: NodeJS.ErrnoException): SettingProblem {
  const why = WHY[cause.code ?? ''] ?? cause.message;
  return new SettingProblem(
    `${setting} (${folder}) cannot be used: ${why}. Make it writable for the user that Scry runs as, or set ${setting} to another folder.`,
    { cause },
  );
}

/** Waits for a start; a problem with a setting is logged as it is, without a stack, and ends the process with code 1. */
export async function orExit<T>(log: Logger, starting: Promise<T>): Promise<T> {
  return starting.catch((error: unknown) => {
    if (!(error instanceof SettingProblem)) throw error;
    log.fatal(error.message);
    process.exit(1);
  });
}
