/** Turns measurements with more and more workers and users into a report. */
import { bestThroughput, type Rung } from '../scale/ladder.js';
import { type Machine, machineSentence } from './machine.js';
import { figure, type Plot, type Report, type Section } from './report.js';

const named = (workers: number) => `${workers} ${workers === 1 ? 'worker' : 'workers'}`;

function verdictSentence({ verdict, steps }: Rung): string {
  return verdict.kind === 'growing'
    ? `Still growing at ${steps.at(-1)?.users ?? 0} users; try more.`
    : verdict.sentence;
}

function againstWorkers(rungs: readonly Rung[]): Section {
  const one = rungs[0];
  const perWorker = one ? bestThroughput(one) / one.workers : 0;
  const rows = rungs.map((rung) => {
    const best = bestThroughput(rung);
    return [
      named(rung.workers),
      figure(best),
      perWorker > 0 ? figure(best / (perWorker * rung.workers)) : '–',
      verdictSentence(rung),
    ];
  });
  const measured = rungs.map((rung) => [rung.workers, bestThroughput(rung)] as const);
  const linear = rungs.map((rung) => [rung.workers, perWorker * rung.workers] as const);
  return {
    heading: 'Against workers',
    tables: [{ columns: ['', 'best answers/s', 'of linear', 'where it ends'], rows }],
    plots: [
      {
        title: 'Best throughput against workers',
        x: 'workers',
        y: 'answers/s',
        series: [
          { name: 'measured', points: measured },
          { name: 'linear', points: linear },
        ],
      },
    ],
  };
}

function againstUsers(rungs: readonly Rung[]): Section {
  const last = rungs.at(-1);
  const breaks =
    last && last.verdict.kind !== 'growing' ? [{ x: last.verdict.users, label: last.verdict.kind }] : [];
  const plot = (title: string, y: string, pick: (step: Rung['steps'][number]) => number): Plot => ({
    title,
    x: 'users',
    y,
    series: rungs.map(({ workers, steps }) => ({
      name: named(workers),
      points: steps.map((step) => [step.users, pick(step)] as const),
    })),
    marks: breaks,
  });
  const rows = rungs.flatMap(({ workers, steps }) =>
    steps.map((step) => [
      named(workers),
      String(step.users),
      figure(step.perSecond),
      figure(step.p50),
      figure(step.p99),
      String(step.bad),
    ]),
  );
  return {
    heading: 'Against users',
    plots: [
      plot('Throughput against users', 'answers/s', (step) => step.perSecond),
      plot('Latency against users (p99)', 'ms', (step) => step.p99),
    ],
    tables: [{ columns: ['', 'users', 'answers/s', 'p50 ms', 'p99 ms', 'failed'], rows }],
  };
}

export function scaleReport(asked: string, machine: Machine, rungs: readonly Rung[]): Report {
  const last = rungs.at(-1);
  const verdict = last ? `With ${named(last.workers)}: ${verdictSentence(last)}` : 'Nothing was measured.';
  return {
    title: 'Scaling',
    verdict,
    sections: [
      { heading: 'What was asked', text: [asked, machineSentence(machine)] },
      againstWorkers(rungs),
      againstUsers(rungs),
    ],
  };
}
