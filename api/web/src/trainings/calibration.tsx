/** Whether confidence says how often an answer is right: a point per bin, on the diagonal where it does. */
import type { TrainingMetrics } from '@scry/shared/contracts/training';
import { count, percent, useTexts } from '../texts/training.js';

const SIDE = 220;
const EDGE = 28;
const place = (share: number) => EDGE + share * (SIDE - EDGE - 8);

export function Calibration({ metrics }: { readonly metrics: TrainingMetrics }) {
  const t = useTexts();
  const { calibration, calibration_error } = metrics;
  const most = Math.max(1, ...calibration.map(({ images }) => images));
  const said = calibration.map(({ confidence, accuracy, images }) =>
    t.trainings.calibrationPoint(
      percent(confidence, 0),
      percent(accuracy, 0),
      t.datasets.images(count(images)),
    ),
  );
  const [from, to] = [place(0), place(1)];
  return (
    <section class="panel" aria-labelledby="calibration-title">
      <h2 id="calibration-title">{t.trainings.calibration}</h2>
      <p class="quiet-text">{t.trainings.calibrationHelp(percent(calibration_error))}</p>
      <svg class="calibration" viewBox={`0 0 ${SIDE} ${SIDE}`} role="img" aria-label={said.join('. ')}>
        <rect class="plot-frame" x={from} y={SIDE - to} width={to - from} height={to - from} />
        <line class="diagonal" x1={from} y1={SIDE - from} x2={to} y2={SIDE - to} />
        {calibration.map(({ confidence, accuracy, images }, index) => (
          <circle
            key={confidence}
            class="calibration-point"
            cx={place(confidence)}
            cy={SIDE - place(accuracy)}
            r={3 + 6 * Math.sqrt(images / most)}
          >
            <title>{said[index]}</title>
          </circle>
        ))}
        <text class="tick" x={(from + to) / 2} y={SIDE - 8} text-anchor="middle">
          {t.trainings.confidence}
        </text>
        <text
          class="tick"
          x={14}
          y={SIDE - (from + to) / 2}
          text-anchor="middle"
          transform={`rotate(-90 14 ${SIDE - (from + to) / 2})`}
        >
          {t.trainings.accuracy}
        </text>
      </svg>
    </section>
  );
}
