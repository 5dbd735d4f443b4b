/**
 * `npm run train`: from a zip, or a folder, with a folder of images per class to a model that is served, by a server that runs.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkNode } from './lib/check-node.mjs';

checkNode();
const { ensureInstalled } = await import('./lib/setup.mjs');

const USAGE = `Usage: npm run train -- --data images.zip --name leaves [--method head --base everyday-10]
  --data     a zip, or a folder, with a folder of images per class
  --name     the model that gets the result as a version
  --method   head (with --base), fine-tune (with --base) or scratch
  --url      of the server, http://127.0.0.1:8080 unless said
  --key      an API key with the scopes datasets:write, train and read; or SCRY_API_KEY
Every setting of docs/training.md is an option, too: --epochs 30 --augment flip,crop`;

const IMAGE = /\.(jpe?g|png|webp|gif|bmp|tiff?|heic|heif|avif)$/i;
const WORDS = new Set('name label method base network optimizer schedule batch-normalization'.split(' '));
const NUMBERS = new Set(
  'epochs batch-size learning-rate weight-decay l2 iterations dropout label-smoothing input-size validation-split early-stopping seed'.split(
    ' ',
  ),
);

function settingsOf(values) {
  const settings = {};
  for (const [option, text] of Object.entries(values)) {
    const name = option.replaceAll('-', '_');
    if (WORDS.has(option)) settings[name] = option === 'label' && text === 'none' ? null : text;
    else if (NUMBERS.has(option)) settings[name] = Number(text);
  }
  if (values.blocks) settings.blocks = values.blocks === 'all' ? 'all' : Number(values.blocks);
  if (values['class-weights']) settings.class_weights = true;
  if (values.augment)
    settings.augment = Object.fromEntries(values.augment.split(',').map((change) => [change, true]));
  return settings;
}

/** A folder as a zip. Images are compressed already, so they are only put one after the other. */
async function zipOf(folder) {
  const { zipSync } = await import('fflate');
  const files = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !IMAGE.test(entry.name)) continue;
    const file = path.join(entry.parentPath, entry.name);
    files[path.relative(folder, file).split(path.sep).join('/')] = new Uint8Array(await readFile(file));
  }
  if (Object.keys(files).length === 0) throw new Error(`There is no image in ${folder}.`);
  return zipSync(files, { level: 0 });
}

function connection(url, key) {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  return async (method, where, body, type) => {
    const response = await fetch(new URL(where, url), {
      method,
      headers: { ...headers, ...(type && { 'Content-Type': type }) },
      body,
    }).catch((cause) => {
      throw new Error(`No server answers at ${url}. Start one with "npm start", or name it with --url.`, {
        cause,
      });
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.detail ?? `${response.status} from ${where}`);
    return answer;
  };
}

function showLine(text) {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`);
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;

function lineOf({ state, progress, curve }) {
  const parts = [state];
  if (progress.of) {
    const done = Math.round((20 * progress.done) / progress.of);
    parts.push(`[${'#'.repeat(done)}${'.'.repeat(20 - done)}]`);
  }
  if (progress.epoch) parts.push(`epoch ${progress.epoch}/${progress.epochs}`);
  const last = curve.at(-1);
  if (last) parts.push(`loss ${last.loss.toFixed(3)}`);
  if (last?.validation_accuracy != null) parts.push(`validation ${percent(last.validation_accuracy)}`);
  if (progress.seconds_left != null) parts.push(`${progress.seconds_left} s left`);
  return parts.join('  ');
}

/** Uploads the images. @returns the id of the data set */
async function upload(call, values) {
  const zip = (await stat(values.data)).isDirectory()
    ? await zipOf(values.data)
    : await readFile(values.data);
  const name = `${values.name} ${new Date().toISOString().slice(0, 19).replace('T', ' ')}`;
  const { id } = await call('POST', '/v1/datasets', JSON.stringify({ name }), 'application/json');
  let found = await call('POST', `/v1/datasets/${id}/import`, zip, 'application/zip');
  while (found.state === 'running') {
    showLine(`uploading  ${found.added} images`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    found = await call('GET', `/v1/datasets/${id}/imports/${found.id}`);
  }
  showLine('');
  if (found.state === 'failed') throw new Error(found.error);
  console.log(`${found.added} images in the data set "${name}" (${id}), ${found.skipped} skipped.`);
  return id;
}

async function follow(call, id) {
  for (;;) {
    const training = await call('GET', `/v1/trainings/${id}?wait=1`);
    showLine(lineOf(training));
    if (!['succeeded', 'failed', 'canceled'].includes(training.state)) continue;
    showLine('');
    return training;
  }
}

const texts = ['data', 'url', 'key', 'blocks', 'augment', ...WORDS, ...NUMBERS];
const options = Object.fromEntries(texts.map((name) => [name, { type: 'string' }]));

try {
  ensureInstalled();
  const { values } = parseArgs({
    options: { ...options, 'class-weights': { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help || !values.data || !values.name) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 1;
  } else {
    const call = connection(values.url ?? 'http://127.0.0.1:8080', values.key ?? process.env.SCRY_API_KEY);
    const dataset = await upload(call, values);
    const request = JSON.stringify({ dataset, ...settingsOf(values) });
    const { id } = await call('POST', '/v1/trainings', request, 'application/json');
    const { state, error, model, metrics } = await follow(call, id);
    if (state === 'failed') throw new Error(error);
    if (!model.version) throw new Error(`The training ${id} was canceled.`);
    const [low, high] = metrics.accuracy_interval;
    console.log(
      `${model.name}@${model.version}: ${percent(metrics.accuracy)} right on ${metrics.images.validation} images (95 %: ${percent(low)} to ${percent(high)}), ${metrics.cpu_seconds.toFixed(1)} CPU s.`,
    );
  }
} catch (error) {
  showLine('');
  console.error(error.message);
  process.exitCode = 1;
}
