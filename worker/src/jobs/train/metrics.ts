/** What is said of a classifier after it was measured. */
import type { CurvePoint, Scores, TestScores, TrainingMetrics } from '@scry/shared/contracts/training';
import type { TrainingAnswer } from '@scry/shared/database/trainings';

const Z_95 = 1.959963984540054;
const BINS = 10;
const MISTAKES = 50;

/** An interval for a share that was counted. Source: Wilson, 1927. @returns lower and upper end, 95 % */
export function wilson(right: number, count: number): [number, number] {
  if (count === 0) return [0, 1];
  const share = right / count;
  const square = Z_95 ** 2;
  const middle = (share + square / (2 * count)) / (1 + square / count);
  const half =
    (Z_95 * Math.sqrt((share * (1 - share)) / count + square / (4 * count ** 2))) / (1 + square / count);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : 0);

/** Precision, recall and F1 of one class. @param confusion images by true class (rows) and answered class */
export function ofClass(confusion: readonly (readonly number[])[], index: number) {
  const right = confusion[index]?.[index] ?? 0;
  const images = sum(confusion[index] ?? []);
  const answered = sum(confusion.map((row) => row[index] ?? 0));
  return {
    images,
    precision: ratio(right, answered),
    recall: ratio(right, images),
    f1: ratio(2 * right, images + answered),
  };
}

/** Mean F1 of the classes of which there are images. */
export function macroF1(confusion: readonly (readonly number[])[]): number {
  const known = confusion.map((_, index) => ofClass(confusion, index)).filter(({ images }) => images > 0);
  return ratio(sum(known.map(({ f1 }) => f1)), known.length);
}

/** Answers to images whose class is known. */
export interface Answers {
  readonly classes: readonly string[];
  /** Items by their ids. */
  readonly ids: readonly string[];
  readonly targets: readonly number[];
  /** [images, classes] */
  readonly probabilities: Float32Array;
}

interface Answer {
  readonly id: string;
  readonly target: number;
  readonly answered: number;
  readonly confidence: number;
  readonly ofTarget: number;
}

function answersOf({ classes, ids, targets, probabilities }: Answers): Answer[] {
  return ids.map((id, index) => {
    const row = probabilities.subarray(index * classes.length, (index + 1) * classes.length);
    const confidence = Math.max(...row);
    const target = targets[index] as number;
    return { id, target, answered: row.indexOf(confidence), confidence, ofTarget: row[target] as number };
  });
}

function calibrationOf(answers: readonly Answer[]) {
  const bins = Array.from({ length: BINS }, (): Answer[] => []);
  for (const answer of answers) bins[Math.min(BINS - 1, Math.floor(answer.confidence * BINS))]?.push(answer);
  return bins
    .filter((bin) => bin.length > 0)
    .map((bin) => ({
      confidence: sum(bin.map(({ confidence }) => confidence)) / bin.length,
      accuracy: bin.filter(({ target, answered }) => target === answered).length / bin.length,
      images: bin.length,
    }));
}

function confusionOf(answers: readonly Answer[], classes: number): number[][] {
  const confusion = Array.from({ length: classes }, () => Array<number>(classes).fill(0));
  for (const { target, answered } of answers) {
    const row = confusion[target] as number[];
    row[answered] = (row[answered] as number) + 1;
  }
  return confusion;
}

function lossOf(answers: readonly Answer[]): number {
  return ratio(sum(answers.map(({ ofTarget }) => -Math.log(Math.max(ofTarget, 1e-7)))), answers.length);
}

/** The answers one by one, with the names of the classes. */
export function listAnswers(answers: Answers): TrainingAnswer[] {
  const { classes } = answers;
  return answersOf(answers).map(({ id, target, answered, confidence }) => ({
    item: id,
    class: classes[target] as string,
    answered: classes[answered] as string,
    confidence,
  }));
}

/** What is said of the answers to images that are not looked at one by one. */
export function scoresOf(answers: Answers): TestScores {
  const all = answersOf(answers);
  const right = all.filter(({ target, answered }) => target === answered).length;
  return {
    images: all.length,
    loss: lossOf(all),
    accuracy: ratio(right, all.length),
    accuracy_interval: wilson(right, all.length),
    macro_f1: macroF1(confusionOf(all, answers.classes.length)),
  };
}

/** Everything that is said of the answers to the validation images. */
export function measureAnswers(
  answers: Answers,
): Omit<TrainingMetrics, 'images' | 'train' | 'test' | 'cpu_seconds' | 'images_per_cpu_second'> {
  const { classes } = answers;
  const all = answersOf(answers);
  const confusion = confusionOf(all, classes.length);
  const wrong = all.filter(({ target, answered }) => target !== answered);
  const right = all.length - wrong.length;
  const calibration = calibrationOf(all);
  const gaps = calibration.map((bin) => Math.abs(bin.confidence - bin.accuracy) * bin.images);
  return {
    accuracy: ratio(right, all.length),
    accuracy_interval: wilson(right, all.length),
    macro_f1: macroF1(confusion),
    loss: lossOf(all),
    classes: classes.map((name, index) => ({ class: name, ...ofClass(confusion, index) })),
    confusion,
    calibration,
    calibration_error: ratio(sum(gaps), all.length),
    mistakes: wrong
      .sort((a, b) => b.confidence - a.confidence)
      .slice(0, MISTAKES)
      .map(({ id, target, answered, confidence }) => ({
        item: id,
        class: classes[target] as string,
        answered: classes[answered] as string,
        confidence,
      })),
  };
}

/** What was measured on some images in one epoch. */
export interface Measured {
  readonly loss: number;
  readonly accuracy: number;
  /** Images by true class (rows) and answered class; undefined where targets are soft. */
  readonly confusion: readonly (readonly number[])[] | undefined;
}

export function scoresOfEpoch({ loss, accuracy, confusion }: Measured): Scores {
  return { loss, accuracy, macro_f1: confusion ? macroF1(confusion) : 0 };
}

/** A point of the curves from what an epoch measured. */
export function curvePoint(epoch: number, trained: Measured, validation: Measured | undefined): CurvePoint {
  const train = scoresOfEpoch(trained);
  const other = validation && scoresOfEpoch(validation);
  return {
    epoch,
    ...train,
    validation_loss: other?.loss ?? null,
    validation_accuracy: other?.accuracy ?? null,
    validation_macro_f1: other?.macro_f1 ?? null,
  };
}
