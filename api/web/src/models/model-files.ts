/** Files that a person gave as a model: which one is it, and what is it called? */

/** Kinds of files that hold a network, the likeliest first. */
const WEIGHTS = /\.(zip|onnx|keras|h5|hdf5|cfg|json)$/i;
const LABELS = /^(labels|classes|class[_-]?names)\.txt$|\.names$/i;
/** Names that say nothing. */
const GENERAL = /^(model|best|last|final|saved[_-]?model|keras[_-]?model|network|weights|net)$/i;

/** The file with the network; undefined: there is none. */
export function mainFile(files: readonly File[]): File | undefined {
  const candidates = files.filter(({ name }) => WEIGHTS.test(name) && name !== 'metadata.json');
  return candidates.find(({ name }) => !/\.json$/i.test(name)) ?? candidates[0];
}

/** What a model may be called after its file: "My Leaves v2.onnx" → "my-leaves-v2"; empty where the name says nothing. */
export function suggestedName(files: readonly File[]): string {
  const file = mainFile(files);
  if (!file || /\.zip$/i.test(file.name)) return ''; // the manifest in it knows better
  const base = file.name.replace(WEIGHTS, '');
  if (GENERAL.test(base)) return '';
  const safe = base.toLowerCase().replace(/[^a-z0-9._-]+/g, '-');
  return safe.replace(/^[^a-z0-9]+/, '').slice(0, 63);
}

/** The form to push a model with, without a label: it is tried before anybody is answered by it. */
export function modelForm(files: readonly File[], name: string): FormData {
  const form = new FormData();
  if (name !== '') form.set('name', name);
  form.set('label', 'none');
  const main = mainFile(files);
  const texts = files.filter((file) => /\.txt$/i.test(file.name));
  for (const file of main ? [main, ...files.filter((one) => one !== main)] : files) {
    const only = texts.length === 1 && texts[0] === file && !LABELS.test(file.name);
    form.append('file', file, only ? 'labels.txt' : file.name);
  }
  return form;
}
