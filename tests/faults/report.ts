/** Notes each fault's figures for the table that `npm run test:faults` prints, and insists on what is promised. */
import { appendFileSync } from 'node:fs';
import type { Tally } from '../helpers/ledger.js';

export interface FaultRow extends Tally {
  readonly fault: string;
}

/** Writes a row down. @throws Error when anything was lost, doubled, wrong, or nothing was accepted at all */
export function report(fault: string, tally: Tally): void {
  const row: FaultRow = { fault, ...tally };
  if (process.env.SCRY_FAULTS_REPORT)
    appendFileSync(process.env.SCRY_FAULTS_REPORT, `${JSON.stringify(row)}\n`);
  expect(tally).toMatchObject({ lost: 0, doubled: 0, failed: 0, right: tally.accepted });
  expect(tally.accepted).toBeGreaterThan(0);
}

/** Writes a sentence down that is printed below the table. */
export function note(sentence: string): void {
  if (process.env.SCRY_FAULTS_REPORT)
    appendFileSync(process.env.SCRY_FAULTS_REPORT, `${JSON.stringify({ note: sentence })}\n`);
}
