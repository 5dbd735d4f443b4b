/** How right a trained version is, class by class, and where it errs, with the images. */
import type { TrainingMetrics } from '@scry/shared/contracts/training';
import { Calibration } from './calibration.js';
import { ClassTable } from './class-table.js';
import { Confusion } from './confusion.js';
import { Mistakes } from './mistakes.js';

interface Props {
  readonly training: string;
  readonly dataset: string;
  readonly metrics: TrainingMetrics;
}

export function Evaluation({ training, dataset, metrics }: Props) {
  return (
    <>
      <Confusion training={training} dataset={dataset} metrics={metrics} />
      <Mistakes dataset={dataset} mistakes={metrics.mistakes} classes={metrics.classes} />
      <div class="evaluation">
        <ClassTable classes={metrics.classes} />
        <Calibration metrics={metrics} />
      </div>
    </>
  );
}
