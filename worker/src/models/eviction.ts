/** Which loaded versions make room, or are not needed any more. Pure, so that it is tested without models. */

export interface InMemory {
  readonly key: string;
  /** Estimated, in all threads together. */
  readonly bytes: number;
  /** When it was used last, milliseconds of any clock. */
  readonly usedAt: number;
  /** Predictions of it that run. */
  readonly running: number;
  readonly labelled: boolean;
  readonly pinned: boolean;
}

/** Versions without a label that nobody asked for in `idleMs`. */
export function idleVersions(loaded: readonly InMemory[], now: number, idleMs: number): string[] {
  return loaded
    .filter((one) => one.running === 0 && !one.labelled && !one.pinned && now - one.usedAt > idleMs)
    .map(({ key }) => key);
}

/**
 * Versions to unload before another is loaded, those used longest ago first; pinned and busy ones stay.
 * @param bytes what the other takes
 * @param limit for all together; 0: none
 * @param asked whether a prediction waits for it: only then do labelled ones make room
 * @returns null when there is no room even so
 */
export function makeRoom(
  loaded: readonly InMemory[],
  bytes: number,
  limit: number,
  asked: boolean,
): string[] | null {
  if (limit === 0) return [];
  let taken = loaded.reduce((sum, one) => sum + one.bytes, 0);
  const going: string[] = [];
  const candidates = loaded.filter((one) => !one.pinned && one.running === 0 && (asked || !one.labelled));
  for (const one of [...candidates].sort((a, b) => a.usedAt - b.usedAt)) {
    if (taken + bytes <= limit) break;
    going.push(one.key);
    taken -= one.bytes;
  }
  return asked || taken + bytes <= limit ? going : null;
}
