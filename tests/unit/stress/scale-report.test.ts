import { toHtml } from '@scry/stress/report/html';
import { disturbance, growthSentences, rungSentence, scaleReport } from '@scry/stress/report/scale-report';
import { missing } from '@scry/stress/scale/await-workers';
import { judgeSteps, type Step } from '@scry/stress/scale/break-point';
import type { Rung } from '@scry/stress/scale/ladder';

const step = (users: number, perSecond: number, cpu: number): Step => ({
  users,
  perSecond,
  p50: 10 * users,
  p95: 15 * users,
  p99: 20 * users,
  failed: 0,
  refused: 0,
  sent: 100,
  reason: null,
  cpu,
});

/** A number of workers that gives `limit` answers/s from 4 users on. */
const rung = (workers: number, limit: number, cpu: number): Rung => {
  const steps = [1, 2, 4, 8, 16].map((users) => step(users, (Math.min(users, 4) / 4) * limit, cpu));
  return { workers, steps, verdict: judgeSteps(steps, 5000), othersCpu: 0.01 };
};

const machine = {
  cpu: 'a CPU',
  cpus: 2,
  memoryGiB: 8,
  system: 'linux',
  node: 'v20',
  date: '2026-01-01T00:00:00Z',
};

describe('a report on scaling', () => {
  test('says what more workers brought, and asks for no reason where it was all one can hope for', () => {
    expect(growthSentences([rung(1, 10, 1), rung(2, 19, 1)])).toEqual([
      'From 1 to 2 workers the best throughput goes from 10.0 to 19.0 answers/s, 95 % of linear.',
    ]);
  });

  test('blames the CPUs where they are busy, and clears them where they are not', () => {
    expect(growthSentences([rung(1, 10, 0.5), rung(2, 15, 0.97)])[1]).toContain(
      'With 2 workers the CPUs of this machine, which also makes the load, are already 97 % busy',
    );
    expect(growthSentences([rung(1, 10, 0.2), rung(2, 11, 0.3)])[1]).toContain('30 % busy at the most');
  });

  test('says when something else used the machine', () => {
    const quiet = rung(1, 10, 0.5);
    expect(disturbance([quiet])).toEqual([]);
    expect(disturbance([quiet, { ...quiet, othersCpu: 0.4 }])[0]).toContain('up to 40 % busy');
  });

  test('begins with the outcome and draws throughput and latency against workers and users', () => {
    const report = scaleReport('All of it.', machine, {
      rungs: [rung(1, 10, 0.5), rung(2, 20, 0.9)],
      stopped: 'interrupted',
    });
    expect(report.verdict).toMatch(
      /^Interrupted before the end\. From 1 to 2 workers .* With 2 workers it saturates at 4 users/,
    );
    const plots = report.sections.flatMap(({ plots = [] }) => plots);
    expect(plots.map(({ title }) => title)).toEqual([
      'Best throughput against workers',
      'Latency of 16 users against workers',
      'Throughput against users',
      'Latency against users: p50',
      'Latency against users: p95',
      'Latency against users: p99',
    ]);
    expect(plots[2]?.marks).toEqual([
      { x: 4, label: '1: saturated', series: 0 },
      { x: 4, label: '2: saturated', series: 1 },
    ]);
    expect(toHtml(report)).not.toMatch(/NaN|Infinity/);
  });

  test('says so when nothing was measured, or not far enough', () => {
    const nothing = scaleReport('All of it.', machine, { rungs: [], stopped: new Error('no worker') });
    expect(nothing.verdict).toBe('Stopped early: no worker. Nothing was measured.');
    expect(toHtml(nothing)).not.toMatch(/NaN|Infinity/);
    const growing: Rung = {
      workers: 1,
      steps: [step(1, 5, 0.1)],
      verdict: { kind: 'growing' },
      othersCpu: 0,
    };
    expect(rungSentence(growing)).toBe(
      'With 1 worker it has not broken at 1 user (5.00 answers/s), and more were not tried.',
    );
  });
});

describe('a system is ready to be measured', () => {
  const idle = { id: 'w', host: 'h', up_s: 1, models: [], problems: [], queue_problem: null };
  const worker = { ...idle, roles: ['predict' as const], training: null };
  const serving = { ...worker, models: [{ name: 'm', version: '1', device: 'cpu', runtime: 'r' }] };

  test('when as many workers as asked for serve a model, and nothing is left over', () => {
    expect(missing({ workers: [serving, serving], unfinished: {} }, 2)).toBeNull();
    expect(missing({ workers: [serving, worker], unfinished: {} }, 2)).toContain('1 of 2 workers');
    expect(missing({ workers: [serving, serving], unfinished: {} }, 1)).toContain('2 of 1 workers');
    expect(missing({ workers: [serving], unfinished: { m: 3, n: 4 } }, 1)).toContain('7 predictions');
  });
});
