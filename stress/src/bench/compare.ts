/** Two benchmarks side by side. */
import { figure, type Section } from '../report/report.js';
import { overheadMs, overRounds, ratioToLimit, throughput } from './figures.js';
import type { BenchResult, ModelResult } from './result.js';

function change(before: number, now: number): string {
  if (before === 0) return '–';
  const percent = (100 * (now - before)) / before;
  return `${percent >= 0 ? '+' : ''}${figure(percent)} %`;
}

function row(name: string, before: number, now: number): string[] {
  return [name, figure(before), figure(now), change(before, now)];
}

function modelRows(before: ModelResult, now: ModelResult): string[][] {
  const name = now.model;
  const both = (what: string, pick: (model: ModelResult) => number) =>
    row(`${name}: ${what}`, pick(before), pick(now));
  return [
    both('limit, predictions/s', (model) => throughput(model, 'limit').median),
    both('Scry of limit, clients poll', (model) => ratioToLimit(model, 'scry-poll').median),
    both('Scry of limit, clients wait', (model) => ratioToLimit(model, 'scry-wait').median),
    both(
      'CPU ms outside decoding and inference',
      (model) => overRounds(model, (round) => overheadMs(round['scry-poll'])).median,
    ),
    both('unloaded answer, p50 ms', ({ unloaded }) => unloaded.answer.p50),
    both('unloaded answer, p99 ms', ({ unloaded }) => unloaded.answer.p99),
  ];
}

/** @param before an earlier result; models that only one of them measured are left out */
export function compareSection(before: BenchResult, now: BenchResult): Section {
  const rows = now.models.flatMap((model) => {
    const earlier = before.models.find((candidate) => candidate.model === model.model);
    return earlier ? modelRows(earlier, model) : [];
  });
  return {
    heading: `Compared with ${before.machine.date}`,
    text: ['Ratios compare between machines; rates and times only on the same one.'],
    tables: [{ columns: ['', 'before', 'now', 'change'], rows }],
  };
}
