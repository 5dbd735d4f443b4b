/** What the form for trainings offers, and the request that it makes of what was chosen. */
import type { Method } from '@scry/shared/contracts/training';
import type { TrainingRequest } from '../client/trainings.js';

export const METHODS = ['head', 'fine-tune', 'scratch'] as const satisfies readonly Method[];
export const NETWORKS = ['small', 'medium', 'residual'] as const;
export const AUGMENTATIONS = ['flip', 'crop', 'rotate', 'color', 'erase'] as const;

export type FieldName =
  | 'epochs'
  | 'batch_size'
  | 'optimizer'
  | 'learning_rate'
  | 'schedule'
  | 'weight_decay'
  | 'dropout'
  | 'label_smoothing'
  | 'input_size'
  | 'validation_split'
  | 'early_stopping'
  | 'seed'
  | 'l2'
  | 'iterations'
  | 'hidden'
  | 'blocks'
  | 'batch_normalization';

/** A setting that is a number, with the default of each method that knows it. */
export interface NumberField {
  readonly name: FieldName;
  readonly kind: 'number';
  readonly min: number;
  readonly max: number;
  readonly step: number | 'any';
  /** What is used where nothing is said; null: the network's own. */
  readonly standard: Readonly<Partial<Record<Method, number | null>>>;
}

/** A setting that is one of a few words. */
export interface ChoiceField {
  readonly name: FieldName;
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly standard: Readonly<Partial<Record<Method, string>>>;
}

export type Field = NumberField | ChoiceField;

const alike = <T>(value: T) => ({ head: value, 'fine-tune': value, scratch: value });
const number = (
  name: FieldName,
  [min, max, step]: readonly [number, number, number | 'any'],
  standard: NumberField['standard'],
): NumberField => ({ name, kind: 'number', min, max, step, standard });

/** In the order of the form; the limits and defaults are those of shared/src/contracts/training.ts. */
export const FIELDS: readonly Field[] = [
  number('epochs', [1, 1000, 1], { 'fine-tune': 10, scratch: 20 }),
  number('iterations', [1, 5000, 1], { head: 200 }),
  number('batch_size', [2, 512, 1], { 'fine-tune': 32, scratch: 32 }),
  {
    name: 'optimizer',
    kind: 'choice',
    choices: ['adam', 'adamw', 'sgd'],
    standard: { 'fine-tune': 'adamw', scratch: 'adam' },
  },
  number('learning_rate', [0.000001, 10, 'any'], { 'fine-tune': 0.002, scratch: 0.001 }),
  {
    name: 'schedule',
    kind: 'choice',
    choices: ['constant', 'cosine', 'one-cycle'],
    standard: { 'fine-tune': 'one-cycle', scratch: 'constant' },
  },
  number('weight_decay', [0, 1, 'any'], { 'fine-tune': 0.01, scratch: 0.01 }),
  number('l2', [0.000001, 1e6, 'any'], { head: 1 }),
  number('hidden', [0, 4096, 1], { head: 0 }),
  number('dropout', [0, 0.95, 'any'], { 'fine-tune': null, scratch: null }),
  number('label_smoothing', [0, 0.5, 'any'], alike(0)),
  number('input_size', [16, 512, 1], { scratch: 64 }),
  number('blocks', [1, 1000, 1], { 'fine-tune': null }),
  {
    name: 'batch_normalization',
    kind: 'choice',
    choices: ['frozen', 'train'],
    standard: { 'fine-tune': 'frozen', scratch: 'train' },
  },
  number('validation_split', [0.05, 0.5, 'any'], alike(0.2)),
  number('early_stopping', [0, 1000, 1], alike(0)),
  number('seed', [0, 2 ** 31 - 1, 1], alike(1)),
];

/** The settings that a method knows. */
export const fieldsOf = (method: Method): readonly Field[] =>
  FIELDS.filter(({ standard }) => method in standard);

/** Settings that are on or off, with the default of each method that knows them. */
export const FLAGS = [
  { name: 'class_weights', standard: alike(false) },
  { name: 'refit', standard: { head: true } },
  { name: 'warm_start', standard: { 'fine-tune': false } },
] as const satisfies readonly { name: string; standard: Readonly<Partial<Record<Method, boolean>>> }[];
export type FlagName = (typeof FLAGS)[number]['name'];

/** The flags that a method knows, as they are unless somebody says otherwise. */
export const flagsOf = (method: Method): readonly { readonly name: FlagName; readonly standard: boolean }[] =>
  FLAGS.flatMap(({ name, standard }) => {
    const value = (standard as Readonly<Partial<Record<Method, boolean>>>)[method];
    return value === undefined ? [] : [{ name, standard: value }];
  });

export const changesImages = (method: Method): boolean => method !== 'head';

/** What the form holds. Fields are as they were typed; empty: as the method has it. */
export interface Chosen {
  readonly dataset: string;
  readonly name: string;
  readonly method: Method;
  readonly base: string;
  readonly network: (typeof NETWORKS)[number];
  /** The label that the version gets; null: none, until somebody publishes it. */
  readonly label: 'stable' | 'canary' | null;
  readonly fields: Readonly<Partial<Record<FieldName, string>>>;
  readonly augment: readonly string[];
  readonly flags: Readonly<Partial<Record<FlagName, boolean>>>;
}

/** A name that a model may have, made of a data set's: "Blätter 2026" becomes "blatter-2026". */
export function modelNameOf(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 63);
}

/** The request that the choices make: only what its method knows, and only what was said. */
export function requestOf(chosen: Chosen): TrainingRequest {
  const { dataset, name, method, base, network, label, fields, augment, flags } = chosen;
  const said = fieldsOf(method).flatMap(({ name: field, kind }) => {
    const text = fields[field]?.trim() ?? '';
    return text === '' ? [] : [[field, kind === 'number' ? Number(text) : text] as const];
  });
  return {
    ...{ dataset, name, method, label },
    ...(method === 'scratch' ? { network } : { base }),
    ...Object.fromEntries(said),
    ...Object.fromEntries(
      flagsOf(method).flatMap(({ name: flag, standard }) => {
        const value = flags[flag] ?? standard;
        return value === standard ? [] : [[flag, value] as const];
      }),
    ),
    ...(changesImages(method) && augment.length > 0
      ? { augment: Object.fromEntries(augment.map((change) => [change, true])) }
      : {}),
  };
}

/** What the form holds to begin with as another training was made. */
export function chosenBefore(
  dataset: string,
  name: string,
  settings: Readonly<Record<string, unknown>>,
): Chosen {
  const method = METHODS.find((one) => one === settings.method) ?? 'head';
  const known = fieldsOf(method).flatMap(({ name: field, standard }) => {
    const value = settings[field];
    const isStandard = value === (standard as Record<string, unknown>)[method] || value === 'all';
    return value === undefined || isStandard ? [] : [[field, String(value)] as const];
  });
  const augment = (settings.augment ?? {}) as Readonly<Record<string, unknown>>;
  return {
    ...{ dataset, name, method, label: null },
    base: typeof settings.base === 'string' ? settings.base : '',
    network: NETWORKS.find((one) => one === settings.network) ?? 'small',
    fields: Object.fromEntries(known),
    augment: AUGMENTATIONS.filter((change) => augment[change] === true),
    flags: Object.fromEntries(
      flagsOf(method).map(({ name: flag, standard }) => [flag, (settings[flag] ?? standard) === true]),
    ),
  };
}
