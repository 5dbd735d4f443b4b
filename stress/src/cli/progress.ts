/** The live line of a load: how far it is, what it gives, what failed. */
import { SingleBar } from 'cli-progress';
import type { Recorder } from '../load/recorder.js';
import { figure } from '../report/report.js';

const FORMAT =
  '{bar} {time}/{total} s | {rate}/s | p50 {p50} p99 {p99} ms | {flight} under way | {bad} failed';

export interface Progress {
  show(recorder: Recorder, elapsedMs: number): void;
  end(): void;
}

/**
 * @param totalS ramp and duration together
 * @param label what runs, where one load follows another; its line then goes away when it ends
 */
export function startProgress(totalS: number, label = ''): Progress {
  const bar = new SingleBar({
    format: label === '' ? FORMAT : `${label} ${FORMAT}`,
    barsize: label === '' ? 20 : 10,
    clearOnComplete: label !== '',
    hideCursor: true,
    noTTYOutput: false,
  });
  const payload = (time: number, recorder?: Recorder) => {
    const second = recorder?.lastSecond;
    return {
      time,
      rate: second?.answered ?? 0,
      p50: figure(second?.p50 ?? 0),
      p99: figure(second?.p99 ?? 0),
      flight: recorder ? recorder.sent - recorder.ended : 0,
      bad: recorder?.bad ?? 0,
    };
  };
  bar.start(totalS, 0, payload(0));
  return {
    show: (recorder, elapsedMs) => {
      const seconds = Math.round(elapsedMs / 1000);
      bar.update(Math.min(totalS, seconds), payload(seconds, recorder));
    },
    end: () => bar.stop(),
  };
}
