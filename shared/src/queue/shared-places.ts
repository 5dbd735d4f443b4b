/**
 * Places for jobs that several queues share, so that what runs at once stays bounded however many queues are busy. Owns the
 * count of those that are taken. Each queue may hold one job beyond it, so that none waits for all the others.
 */

/** A queue that would take jobs. */
export interface Claim {
  /** Jobs of it that run. */
  readonly running: number;
  /** Jobs that it could take now, of its own limit and of what is there. */
  readonly wanted: number;
}

export class SharedPlaces {
  readonly #most: () => number;
  #taken = 0;

  /** @param most jobs at the same time; may change */
  constructor(most: () => number) {
    this.#most = most;
  }

  get free(): number {
    return Math.max(0, this.#most() - this.#taken);
  }

  take(): void {
    this.#taken++;
  }

  give(): void {
    this.#taken--;
  }

  /** Whether a queue may take a job now. @param running jobs of it that run */
  admits(running: number): boolean {
    return running === 0 || this.free > 0;
  }

  /**
   * Shares the free places out: those with the fewest jobs first, and one to each that has none.
   * @returns how many each may take, in order
   */
  share(claims: readonly Claim[]): number[] {
    const wanted = claims.reduce((sum, claim) => sum + claim.wanted, 0);
    if (wanted <= this.free) return claims.map((claim) => claim.wanted);
    const given: number[] = claims.map(({ running, wanted: some }) => (running === 0 && some > 0 ? 1 : 0));
    let left = this.free - given.reduce((sum, one) => sum + one, 0);
    for (; left > 0; left--) {
      const next = leastServed(claims, given);
      if (next === null) break;
      given[next] = (given[next] ?? 0) + 1;
    }
    return given;
  }
}

/** The place of the claim with the fewest jobs that wants more. @returns null when none does */
function leastServed(claims: readonly Claim[], given: readonly number[]): number | null {
  let least: number | null = null;
  let fewest = Number.POSITIVE_INFINITY;
  for (const [place, { running, wanted }] of claims.entries()) {
    const has = given[place] ?? 0;
    if (has >= wanted || running + has >= fewest) continue;
    fewest = running + has;
    least = place;
  }
  return least;
}

/** A queue that would take jobs, and the places that it shares with others, if it does. */
export interface SharingClaim extends Claim {
  readonly places: SharedPlaces | undefined;
}

/** How many jobs each queue may take: all that it wants, or its part of the places that it shares. */
export function divide(claims: readonly SharingClaim[]): number[] {
  const counts = claims.map(({ wanted }) => wanted);
  for (const places of new Set(claims.map((claim) => claim.places))) {
    if (!places) continue;
    const sharing = [...claims.keys()].filter((index) => claims[index]?.places === places);
    const given = places.share(sharing.map((index) => claims[index] as Claim));
    for (const [place, index] of sharing.entries()) counts[index] = given[place] ?? 0;
  }
  return counts;
}
