/** How many polling clients a server is given, and what bounded a turn. Pure. */
import type { Contender, ModelResult, Turn } from './result.js';

/** Each holds a connection. */
export const MOST_USERS = 1024;
/** Clients beyond those whose answers are there and not yet asked for, as a share of these. */
const BEYOND = 0.25;
/** And this many at least: images that a server has in its batches, that it decodes, and that wait. */
const RESERVE = 48;

/**
 * Clients that the servers are given. An answer may lie there for the time between two polls, so at a server's full speed so
 * many answers as it makes in that time may wait for their clients; only those beyond keep it busy. 32 clients for a server
 * of 25 a second made 16 to 19, whatever the server.
 * @param perSecond the most that the server can make: what the bare loop does
 */
export function pollingUsers(perSecond: number, pollMs: number): number {
  const unread = (perSecond * pollMs) / 1000;
  return Math.min(MOST_USERS, Math.ceil(unread + Math.max(RESERVE, unread * BEYOND)));
}

/** Share of the CPUs above which there was nothing more to be had. */
const BUSY = 0.9;

/** Share of the work on a machine that is not worth a word when others did it. */
const OTHERS = 0.05;

/** What bounded one turn: the machine, the clients' polls, or neither. */
export function boundBy(turn: Turn, contender: Contender, model: ModelResult, pollMs: number): string {
  const { busy } = turn;
  if (busy === undefined) return 'not measured';
  const others = turn.others > OTHERS ? `, ${Math.round(turn.others * 100)} % of it with other work` : '';
  const percent = `${Math.round(busy * 100)} % busy${others}`;
  if (busy >= BUSY) return `CPUs, ${percent}`;
  const mostByPolls = (model.users * 1000) / pollMs;
  const polls = contender === 'scry-poll' || contender === 'baseline';
  if (polls && turn.perSecond >= BUSY * mostByPolls)
    return `polls of ${model.users} clients; CPUs ${percent}`;
  return `steps that wait for each other; CPUs ${percent}`;
}
