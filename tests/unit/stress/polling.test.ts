import { boundBy, pollingUsers } from '@scry/stress/bench/polling';
import type { ModelResult, Turn } from '@scry/stress/bench/result';
import { randomFrom } from '../../helpers/images.js';

const SECONDS = 60;

/**
 * What clients get out of a server that makes so many a second, one after the other and some slower than others, when they
 * upload, ask once a second, and upload again.
 */
function answeredPerSecond(users: number, perSecond: number): number {
  const random = randomFrom(users);
  const clients = Array.from({ length: users }, (_, index) => (3 * index) / users);
  let freeAt = 0;
  let answered = 0;
  for (;;) {
    const sent = Math.min(...clients);
    if (sent > SECONDS) return answered / (SECONDS - 5);
    freeAt = Math.max(freeAt, sent) - Math.log(1 - random()) / perSecond;
    const polls = Math.max(1, Math.ceil(freeAt - sent));
    clients[clients.indexOf(sent)] = sent + polls;
    if (sent + polls > 5 && sent + polls <= SECONDS) answered++;
  }
}

test('a server of any speed is kept busy by clients that poll', () => {
  for (const perSecond of [3, 14, 25, 60, 150, 250]) {
    const share = answeredPerSecond(pollingUsers(perSecond, 1000), perSecond) / perSecond;
    expect({ perSecond, busy: share > 0.93 }).toEqual({ perSecond, busy: true });
  }
});

test('too few clients are what bounds a server, as such a calculation shows', () => {
  expect(answeredPerSecond(32, 60) / 60).toBeLessThan(0.6);
});

test('there are never so many clients that they are a load of their own', () => {
  expect(pollingUsers(10_000, 1000)).toBe(1024);
  expect(pollingUsers(1000, 100)).toBeLessThan(200);
});

test('a row says what bounds it: the CPUs, the polls, or steps that wait for each other', () => {
  const turn = (busy: number, perSecond: number) => ({ busy, perSecond, others: 0.01 }) as Turn;
  const model = { users: 64 } as ModelResult;
  expect(boundBy(turn(0.97, 25), 'scry-poll', model, 1000)).toBe('CPUs, 97 % busy');
  expect(boundBy(turn(0.6, 60), 'baseline', model, 1000)).toBe('polls of 64 clients; CPUs 60 % busy');
  expect(boundBy(turn(0.6, 60), 'scry-wait', model, 1000)).toBe(
    'steps that wait for each other; CPUs 60 % busy',
  );
  expect(boundBy({ ...turn(0.97, 25), others: 0.4 }, 'limit', model, 1000)).toBe(
    'CPUs, 97 % busy, 40 % of it with other work',
  );
  expect(boundBy({ perSecond: 25 } as Turn, 'limit', model, 1000)).toBe('not measured');
});
