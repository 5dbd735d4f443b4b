import { InvalidArgumentError } from 'commander';

/** Reads a whole number of 1 or more from the command line. */
export function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('Give a whole number of 1 or more.');
  return value;
}
