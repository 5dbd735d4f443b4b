/** Turns the measurement of batches and workers into a report. */
import { type Machine, machineSentence } from '../report/machine.js';
import { figure, type Report } from '../report/report.js';
import { type BatchingStep, bestPerSecond } from './batching.js';
import type { SimulatedDevice } from './simulated-device.js';

export function batchingReport(
  device: SimulatedDevice,
  maxBatch: number,
  steps: readonly BatchingStep[],
  machine: Machine,
): Report {
  const one = steps[0];
  const perWorker = one ? one.perSecond / one.workers : 0;
  const rows = steps.map((step) => [
    String(step.workers),
    figure(step.perSecond),
    figure(step.ofBest),
    figure(step.perSecond / (perWorker * step.workers)),
    figure(step.fullBatches),
    String(step.bad),
  ]);
  const last = steps.at(-1);
  return {
    title: 'Batches and workers',
    verdict: last
      ? `${last.workers} workers reach ${figure(last.ofBest)} of what their devices allow.`
      : 'Nothing was measured.',
    sections: [
      {
        heading: 'How it was measured',
        text: [
          `Each worker has a simulated device that takes ${device.a} + ${device.b}·n ms for a batch of n, ${maxBatch} at the most: ${figure(bestPerSecond(device, maxBatch))} predictions/s at best. Clients for three batches per worker upload and wait.`,
          machineSentence(machine),
        ],
      },
      {
        heading: 'Throughput',
        tables: [
          {
            columns: [
              'workers',
              'predictions/s',
              'of the best possible',
              'of linear',
              'in full batches',
              'failed',
            ],
            rows,
          },
        ],
        plots: [
          {
            title: 'Throughput against workers',
            x: 'workers',
            y: 'predictions/s',
            series: [
              { name: 'measured', points: steps.map((step) => [step.workers, step.perSecond] as const) },
              {
                name: 'best possible',
                points: steps.map(
                  (step) => [step.workers, step.workers * bestPerSecond(device, maxBatch)] as const,
                ),
              },
            ],
          },
        ],
      },
    ],
  };
}
