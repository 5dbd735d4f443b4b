/**
 * Completes a manifest with what a model's files tell. What is given always wins; everything else carries its reason.
 */
import type { VersionNote } from '../../contracts/version.js';
import { type Given, IncompleteManifest, ManifestDraft, partOf } from './draft.js';
import type { ModelFacts } from './facts.js';
import { type FoundSize, foundSize, type ImageShape, imageShape } from './image-size.js';
import { guessOutput, type OutputGuess } from './output.js';
import { guessPixels, NUMBERS, type PixelGuess, preparedInside, RESIZING } from './pixels.js';
import { ultralyticsOf } from './ultralytics.js';

export interface CompletedManifest {
  /** As a manifest.json would say it. */
  readonly manifest: Given;
  readonly notes: readonly VersionNote[];
}

/** True where a manifest says everything that has no default. */
export function saysAll(given: Given): boolean {
  const output = partOf(given, 'output').format;
  return ![given.task, given.file, given.labels, output].includes(undefined);
}

/** True where the model file can tell something that the manifest leaves open. */
export function leavesOpen(given: Given): boolean {
  const input = partOf(given, 'input');
  return (
    !saysAll(given) || (isKeras(String(given.file)) && NUMBERS.every((field) => input[field] === undefined))
  );
}

const isKeras = (file: string) => /\.(keras|h5|hdf5)$/i.test(file);

interface KnownLabels {
  readonly names: readonly string[];
  readonly reason: string;
}

/** Names of classes that some file has; an Ultralytics file knows its own best. */
function knownLabels(facts: ModelFacts): KnownLabels | null {
  if (facts.labels) return { names: facts.labels.names, reason: `the lines of ${facts.labels.source}` };
  const names = ultralyticsOf(facts)?.names ?? [];
  return names.length > 0 ? { names, reason: 'names in the metadata of the file' } : null;
}

function addLabels(draft: ManifestDraft, known: KnownLabels | null, { classes }: OutputGuess): void {
  if (draft.has('labels')) return;
  if (known) {
    draft.add('labels', known.names, known.reason);
    return;
  }
  if (classes === null)
    throw new IncompleteManifest(
      'labels',
      'must be given, in manifest.json or as labels.txt: no file holds them, and the outputs do not tell how many there are',
    );
  const reason = `no file holds their names, and the output has ${classes} classes; write them into labels.txt, one per line`;
  draft.add(
    'labels',
    Array.from({ length: classes }, (_, index) => `class ${index}`),
    reason,
  );
}

function addSize(draft: ManifestDraft, facts: ModelFacts, found: FoundSize | null): void {
  if (found) {
    draft.add('input.width', found.width, found.reason);
    draft.add('input.height', found.height, found.reason);
  } else if (facts.input && !(draft.has('input.width') && draft.has('input.height')))
    throw new IncompleteManifest(
      'input.width',
      `must be given with input.height, since ${facts.file} leaves the size free`,
    );
}

function addPixels(draft: ManifestDraft, facts: ModelFacts, shape: ImageShape, guess: PixelGuess): void {
  const { input } = facts;
  const gray = shape.channels === 1;
  if (gray) draft.add('input.channels', 'gray', `the input of ${facts.file} has one channel`);
  if (guess.resizing) draft.addGroup('input', RESIZING, guess.resizing.values, guess.resizing.reason);
  if (input && input.type !== 'float32') return; // it takes levels as they are
  const { numbers, bgr } = guess;
  // Means in the order of blue, green and red are right together with it only.
  if (bgr && draft.has('input.channels') && draft.get('input.channels') !== 'bgr') return;
  const open = NUMBERS.every((field) => !draft.has(`input.${field}`));
  if (bgr && open) draft.add('input.channels', 'bgr', bgr.reason);
  if (numbers) draft.addGroup('input', NUMBERS, numbers.values, numbers.reason);
}

const labelCount = (labels: unknown, known: KnownLabels | null) =>
  Array.isArray(labels) ? labels.length : (known?.names.length ?? null);

function complete(draft: ManifestDraft, facts: ModelFacts): void {
  const found = foundSize(facts);
  const shape = facts.input && imageShape(facts.input, facts.format);
  if (facts.input && !shape)
    throw new IncompleteManifest(
      'file',
      `the input of ${facts.file} has ${facts.input.dims.length} dimensions; an image has 4, or 3 without a batch`,
    );
  if (shape) addSize(draft, facts, found);
  const known = knownLabels(facts);
  const size = (field: 'width' | 'height') => {
    const given = draft.get(`input.${field}`);
    return typeof given === 'number' ? given : (found?.[field] ?? null);
  };
  const given = { task: draft.get('task'), name: draft.get('output.name') };
  const asked = { facts, width: size('width'), height: size('height') };
  const format = draft.get('output.format');
  const guess =
    typeof format === 'string' && draft.has('task') && draft.has('labels')
      ? null
      : guessOutput(asked, given, labelCount(draft.get('labels'), known));
  if (guess) {
    draft.add('task', guess.task, guess.reason);
    if (format === undefined)
      for (const [field, value] of Object.entries(guess.output))
        draft.add(`output.${field}`, value, guess.reason);
    addLabels(draft, known, guess);
  }
  if (!shape) return;
  const says = { task: String(draft.get('task')), format: String(draft.get('output.format')) };
  addPixels(draft, facts, shape, guessPixels(facts, shape, says));
}

/**
 * A manifest with everything in it that the files of its model tell.
 * @param given what manifest.json says; {} where there is none
 * @returns the manifest, not yet checked against the schema, and a note for each field that was added
 * @throws IncompleteManifest in one sentence naming a field that must be given
 */
export function completeManifest(given: Given, facts: ModelFacts): CompletedManifest {
  const draft = new ManifestDraft(given);
  if (saysAll(given)) {
    const inside = preparedInside(facts);
    if (inside) draft.addGroup('input', NUMBERS, inside.values, inside.reason);
    return { manifest: draft.manifest, notes: draft.notes };
  }
  draft.add('name', facts.folder, 'the name of the folder');
  draft.add('file', facts.file, 'the only model file in the folder');
  complete(draft, facts);
  return { manifest: draft.manifest, notes: draft.notes };
}
