/** Turns a benchmark into a report. */
import type { LatencySummary, Spread } from '../load/latency.js';
import { batchTable } from '../report/load-report.js';
import { machineSentence } from '../report/machine.js';
import { figure, type Report, type Section, type Table } from '../report/report.js';
import { budgets, overheadMs, overRounds, ratioToLimit, SCRY_PARTS, throughput } from './figures.js';
import { boundBy } from './polling.js';
import { resamplingSection } from './resampling-report.js';
import { type BenchResult, CONTENDERS, type Contender, type ModelResult } from './result.js';

const NAMES: Readonly<Record<Contender, string>> = {
  limit: 'limit: bare loop',
  'scry-poll': 'Scry, clients poll',
  'scry-wait': 'Scry, clients wait',
  baseline: 'plain server, clients poll',
};

const spreadText = ({ median, min, max }: Spread) => `${figure(median)} (${figure(min)}–${figure(max)})`;

function throughputTable(model: ModelResult, pollMs: number): Table {
  const rows = CONTENDERS.map((contender) => {
    const batch = overRounds(model, (round) => meanBatch(round[contender].batchSizes)).median;
    const bad = model.rounds.reduce((sum, round) => sum + round[contender].bad, 0);
    return [
      NAMES[contender],
      spreadText(throughput(model, contender)),
      spreadText(ratioToLimit(model, contender)),
      batch > 0 ? figure(batch) : '–',
      bounds(model, contender, pollMs),
      String(bad),
    ];
  });
  return { columns: ['', 'predictions/s', 'of the limit', 'mean batch', 'bound by', 'failed'], rows };
}

/** What bounded the round of middling speed. */
function bounds(model: ModelResult, contender: Contender, pollMs: number): string {
  const turns = model.rounds.map((round) => round[contender]).sort((a, b) => a.perSecond - b.perSecond);
  const middle = turns[Math.floor(turns.length / 2)];
  return middle ? boundBy(middle, contender, model, pollMs) : '–';
}

function meanBatch(sizes: Readonly<Record<number, number>>): number {
  const entries = Object.entries(sizes);
  const batches = entries.reduce((sum, [size, images]) => sum + images / Number(size), 0);
  return batches > 0 ? entries.reduce((sum, [, images]) => sum + images, 0) / batches : 0;
}

function cpuTable(model: ModelResult): Table {
  const rows: string[][] = [];
  const add = (name: string, contender: Contender, part: string) => {
    const used = overRounds(model, (round) => round[contender].cpu[part] ?? 0);
    if (used.max >= 0.001) rows.push([name, spreadText(used)]);
  };
  for (const [part, name] of SCRY_PARTS) add(`Scry, ${name}`, 'scry-poll', part);
  rows.push([
    'Scry, outside decoding and inference, without client',
    spreadText(overRounds(model, (round) => overheadMs(round['scry-poll']))),
  ]);
  rows.push([
    'the same, clients wait',
    spreadText(overRounds(model, (round) => overheadMs(round['scry-wait']))),
  ]);
  add('limit, decoding', 'limit', 'limit pool');
  add('limit, inference threads', 'limit', 'limit threads');
  for (const part of ['baseline server', 'baseline worker', 'redis', 'client']) {
    add(`plain server, ${part.replace('baseline ', '')}`, 'baseline', part);
  }
  const others = overRounds(model, (round) =>
    Math.max(...CONTENDERS.map((contender) => round[contender].others)),
  );
  rows.push(['share of the machine used by nobody measured', spreadText(others)]);
  return { columns: ['CPU ms per prediction', 'median (least–most)'], rows };
}

function latencyRow(name: string, { p50, p95, p99 }: LatencySummary): string[] {
  return [name, figure(p50), figure(p95), figure(p99)];
}

function unloadedTable({ unloaded }: ModelResult): Table {
  const { bare, answer, accepted, stages } = unloaded;
  return {
    columns: ['unloaded, ms', 'p50', 'p95', 'p99'],
    rows: [
      latencyRow('bare loop: decoding', bare.decode),
      latencyRow('bare loop: inference', bare.inference),
      latencyRow('bare loop: both', bare.both),
      ...Object.entries(stages).map(([name, summary]) => latencyRow(`Scry: ${name}`, summary)),
      latencyRow('Scry: upload to acceptance (clients that poll)', accepted),
      latencyRow('Scry: upload to answer (Prefer: wait)', answer),
    ],
  };
}

function loadedTable(model: ModelResult): Table {
  const rows = (['scry-poll', 'scry-wait', 'baseline'] as const).map((contender) => {
    const at = (pick: (summary: LatencySummary) => number) =>
      figure(overRounds(model, ({ [contender]: turn }) => (turn.latency ? pick(turn.latency) : 0)).median);
    return [NAMES[contender], at(({ p50 }) => p50), at(({ p95 }) => p95), at(({ p99 }) => p99)];
  });
  return { columns: [`${model.users} clients at once, ms`, 'p50', 'p95', 'p99'], rows };
}

function allBatches(model: ModelResult): Record<number, number> {
  const all: Record<number, number> = {};
  for (const round of model.rounds) {
    for (const [size, count] of Object.entries(round['scry-poll'].batchSizes)) {
      all[Number(size)] = (all[Number(size)] ?? 0) + count;
    }
  }
  return all;
}

function modelSection(model: ModelResult, pollMs: number): Section {
  const rounds = model.rounds.map((round, index) => [index + 1, round] as const);
  return {
    heading: model.model,
    tables: [
      throughputTable(model, pollMs),
      cpuTable(model),
      unloadedTable(model),
      loadedTable(model),
      batchTable(allBatches(model)),
    ],
    plots: [
      {
        title: 'Throughput, round by round',
        x: 'round',
        y: 'predictions/s',
        series: CONTENDERS.map((contender) => ({
          name: NAMES[contender],
          points: rounds.map(([number, round]) => [number, round[contender].perSecond] as const),
        })),
      },
      {
        title: 'CPU beyond decoding and inference, round by round',
        x: 'round',
        y: 'ms per prediction',
        series: (['scry-poll', 'scry-wait'] as const).map((contender) => ({
          name: NAMES[contender],
          points: rounds.map(([number, round]) => [number, overheadMs(round[contender])] as const),
        })),
      },
    ],
  };
}

function budgetSection(result: BenchResult): Section {
  const rows = budgets(result).map(({ what, budget, measured, met }) => [
    what,
    budget,
    figure(measured),
    met ? 'met' : 'not met',
  ]);
  return { heading: 'Budget', tables: [{ columns: ['', 'budget', 'measured', ''], rows }] };
}

function memorySection({ memory }: BenchResult): Section {
  const rows = Object.keys(memory.atRest).map((part) => [
    part,
    figure(memory.atRest[part] ?? 0),
    figure(memory.peak[part] ?? 0),
  ]);
  return { heading: 'Memory', tables: [{ columns: ['MiB', 'at rest', 'peak'], rows }] };
}

export function benchReport(result: BenchResult): Report {
  const { machine, settings, models } = result;
  const rounds = models[0]?.rounds.length ?? 0;
  const verdict = models
    .map((model) => `${model.model} ${figure(ratioToLimit(model, 'scry-poll').median)}`)
    .join(', ');
  return {
    title: 'What Scry costs on top of decoding and inference',
    verdict: `Throughput as a part of the bare loop's: ${verdict}.`,
    sections: [
      {
        heading: 'How it was measured',
        text: [
          machineSentence(machine),
          `${rounds} rounds of ${settings.seconds} s for each, in turns; medians, with least and most in brackets. ${settings.images}. Polling clients ask every ${settings.pollMs} ms, and there are enough of them that no server waits for their polls. Everything runs on this one machine, the clients too. CPU time is the operating system's own count.`,
        ],
      },
      budgetSection(result),
      ...models.map((model) => modelSection(model, settings.pollMs)),
      memorySection(result),
      resamplingSection(result.resampling),
    ],
  };
}
