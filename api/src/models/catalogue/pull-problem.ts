/** Why a model could not be pulled, in one sentence for whoever asked for it. */
export class PullProblem extends Error {}

/** @throws PullProblem unless what came is what the catalogue promises */
export function checkHash(what: string, found: string, expected: string): void {
  if (found === expected) return;
  throw new PullProblem(
    `${what} is not what the catalogue promises (its hash is ${found}, not ${expected}): nothing of it was taken. A mirror or proxy may have changed it.`,
  );
}

/** @throws PullProblem unless so many bytes came */
export function checkSize(what: string, found: number, expected: number): void {
  if (found === expected) return;
  throw new PullProblem(
    `${what} is not what the catalogue promises (it has ${found} bytes, not ${expected}): nothing of it was taken.`,
  );
}

const FULL =
  'The disk of DATA_DIR is full, so that the model could not be kept. Make room, then pull it again.';

/** The sentence for an error; null when it is none of those that can be expected. */
export function explainPull(error: unknown): string | null {
  if (error instanceof PullProblem) return error.message;
  return (error as NodeJS.ErrnoException).code === 'ENOSPC' ? FULL : null;
}

/** A disk without room, said by another program. */
export function diskFull(): PullProblem {
  return new PullProblem(FULL);
}
