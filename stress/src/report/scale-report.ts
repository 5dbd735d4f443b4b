/** Turns measurements with more and more workers and users into a report. */
import { named, type Step } from '../scale/break-point.js';
import { bestThroughput, type Climb, type Rung } from '../scale/ladder.js';
import { STEP_COLUMNS, stepRow } from '../scale/step.js';
import { type Machine, machineSentence } from './machine.js';
import { figure, type Plot, type Report, type Section } from './report.js';

/** CPUs that are busy for this share of the time have nothing left to give. */
const BUSY = 0.9;
/** Other work that takes more of the CPUs than this makes figures low and unsteady; an idle system itself takes a few percent. */
const DISTURBED = 0.1;
/** Less than this much of linear growth asks for a reason. */
const NEARLY_LINEAR = 0.9;

const percent = (share: number) => `${Math.round(share * 100)} %`;

const peakCpu = ({ steps }: Rung) => Math.max(0, ...steps.map((step) => step.cpu));

/** Where one number of workers ended, as a sentence. */
export function rungSentence(rung: Rung): string {
  const { workers, steps, verdict } = rung;
  const it = `With ${named(workers, 'worker')} it`;
  if (verdict.kind !== 'growing') return `${it} ${verdict.sentence}`;
  const last = steps.at(-1);
  return `${it} has not broken at ${named(last?.users ?? 0, 'user')} (${figure(last?.perSecond ?? 0)} answers/s), and more were not tried.`;
}

/** Best throughput of a rung, as a part of what the first rung's workers would give if each gave as much. */
function ofLinear(rung: Rung, first: Rung): number {
  const linear = (bestThroughput(first) / first.workers) * rung.workers;
  return linear > 0 ? bestThroughput(rung) / linear : 0;
}

/** What more workers brought, and whether the CPUs are why it was not more. */
export function growthSentences(rungs: readonly Rung[]): string[] {
  const [first, last] = [rungs[0], rungs.at(-1)];
  if (!first || !last || first === last) return [];
  const [from, to] = [bestThroughput(first), bestThroughput(last)];
  const sentences = [
    `From ${first.workers} to ${named(last.workers, 'worker')} the best throughput goes from ${figure(from)} to ${figure(to)} answers/s, ${percent(ofLinear(last, first))} of linear.`,
  ];
  if (ofLinear(last, first) >= NEARLY_LINEAR) return sentences;
  const busy = rungs.find((rung) => peakCpu(rung) >= BUSY);
  const most = Math.max(...rungs.map(peakCpu));
  sentences.push(
    busy
      ? `With ${named(busy.workers, 'worker')} the CPUs of this machine, which also makes the load, are already ${percent(peakCpu(busy))} busy: more workers need more CPUs.`
      : `The CPUs of this machine are ${percent(most)} busy at the most: they are not what limits.`,
  );
  return sentences;
}

/** Says so when other processes used the machine; the figures are then theirs as well. */
export function disturbance(rungs: readonly Rung[]): string[] {
  const most = Math.max(0, ...rungs.map(({ othersCpu }) => othersCpu));
  if (most <= DISTURBED) return [];
  return [
    `Something else uses this machine: its CPUs were up to ${percent(most)} busy while the system had nothing to do. The figures are lower and less steady than they would be.`,
  ];
}

/** Most users that every number of workers was measured with before it broke, or null. */
function commonUsers(rungs: readonly Rung[]): number | null {
  const good = rungs.map(
    ({ steps, verdict }) =>
      new Set((verdict.kind === 'broken' ? steps.slice(0, -1) : steps).map((step) => step.users)),
  );
  const common = [...(good[0] ?? [])].filter((users) => good.every((set) => set.has(users)));
  return common.length > 0 ? Math.max(...common) : null;
}

function latencyAgainstWorkers(rungs: readonly Rung[]): Plot[] {
  const users = commonUsers(rungs);
  if (users === null) return [];
  const line = (name: string, pick: (step: Step) => number) => ({
    name,
    points: rungs.flatMap(({ workers, steps }) =>
      steps.filter((step) => step.users === users).map((step) => [workers, pick(step)] as const),
    ),
  });
  return [
    {
      title: `Latency of ${named(users, 'user')} against workers`,
      x: 'workers',
      y: 'ms',
      series: [
        line('p50', (step) => step.p50),
        line('p95', (step) => step.p95),
        line('p99', (step) => step.p99),
      ],
    },
  ];
}

function againstWorkers(rungs: readonly Rung[]): Section {
  const first = rungs[0];
  const perWorker = first ? bestThroughput(first) / first.workers : 0;
  const rows = rungs.map((rung) => {
    const { verdict } = rung;
    const at = verdict.kind === 'growing' ? null : rung.steps.find((step) => step.users === verdict.users);
    return [
      String(rung.workers),
      figure(bestThroughput(rung)),
      first ? percent(ofLinear(rung, first)) : '–',
      at ? `${at.users} (${verdict.kind})` : '–',
      at ? figure(at.p50) : '–',
      at ? figure(at.p95) : '–',
      percent(peakCpu(rung)),
    ];
  });
  const columns = [
    'workers',
    'best answers/s',
    'of linear',
    'breaks at users',
    'p50 ms there',
    'p95 ms there',
    'CPUs busy',
  ];
  const throughput: Plot = {
    title: 'Best throughput against workers',
    x: 'workers',
    y: 'answers/s',
    series: [
      { name: 'measured', points: rungs.map((rung) => [rung.workers, bestThroughput(rung)] as const) },
      { name: 'linear', points: rungs.map(({ workers }) => [workers, perWorker * workers] as const) },
    ],
  };
  return {
    heading: 'Against workers',
    text: rungs.map(rungSentence),
    tables: [{ columns, rows }],
    plots: [throughput, ...latencyAgainstWorkers(rungs)],
  };
}

function againstUsers(rungs: readonly Rung[]): Section {
  const marks = rungs.flatMap(({ workers, verdict }, series) =>
    verdict.kind === 'growing' ? [] : [{ x: verdict.users, label: `${workers}: ${verdict.kind}`, series }],
  );
  const plot = (title: string, y: string, pick: (step: Step) => number): Plot => ({
    title,
    x: 'users',
    y,
    doublingX: true,
    series: rungs.map(({ workers, steps }) => ({
      name: named(workers, 'worker'),
      points: steps.map((step) => [step.users, pick(step)] as const),
    })),
    marks,
  });
  return {
    heading: 'Against users',
    plots: [
      plot('Throughput against users', 'answers/s', (step) => step.perSecond),
      plot('Latency against users: p50', 'ms', (step) => step.p50),
      plot('Latency against users: p95', 'ms', (step) => step.p95),
      plot('Latency against users: p99', 'ms', (step) => step.p99),
    ],
    tables: [
      {
        columns: STEP_COLUMNS,
        rows: rungs.flatMap(({ workers, steps }) => steps.map((step) => stepRow(workers, step))),
      },
    ],
  };
}

function howItEnded({ stopped }: Climb): string[] {
  if (stopped === null) return [];
  return [
    stopped === 'interrupted'
      ? 'Interrupted before the end.'
      : `Stopped early: ${stopped.message.replace(/\.?$/, '.')}`,
  ];
}

export function scaleReport(asked: string, machine: Machine, climb: Climb): Report {
  const { rungs } = climb;
  const last = rungs.at(-1);
  const outcome = last
    ? [...growthSentences(rungs), rungSentence(last), ...disturbance(rungs)]
    : ['Nothing was measured.'];
  return {
    title: 'Scaling',
    verdict: [...howItEnded(climb), ...outcome].join(' '),
    sections: [
      againstWorkers(rungs),
      againstUsers(rungs),
      {
        heading: 'What was asked',
        text: [
          asked,
          'A system saturates at the fewest users that get 95 % of the best throughput, once twice as many users have twice in a row brought less than 5 % more; it breaks when a prediction fails or is refused, or when 1 % of the answers take longer than allowed. Times count from the sending of an image to its answer.',
          machineSentence(machine),
        ],
      },
    ],
  };
}
