/**
 * `npm run train`: from a zip, or a folder, with a folder of images per class to a version of a model, by a server that runs or by
 * one that is started for it.
 */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkNode } from './lib/check-node.mjs';

checkNode();
const { ensureBuilt, ensureInstalled } = await import('./lib/setup.mjs');

/** Small and always there. */
const DEFAULT_BASE = 'everyday-10';

const USAGE = `Usage: npm run train -- --data images.zip --name leaves [--method head] [--base everyday-10]
  --data     a zip, or a folder, with a folder of images per class
  --name     the model that gets the result as a version
  --method   head, fine-tune or scratch
  --base     the model that head and fine-tune build on; ${DEFAULT_BASE} unless said
  --out      a file that the ONNX model is written to as well
  --url      of the server; unless said, the one that runs here, or one that is started for the training and stopped afterwards
  --key      an API key with the scopes datasets:write, train and read, or SCRY_API_KEY; on this machine one is made
Every setting of docs/training.md is an option, too: --epochs 30 --augment flip,crop`;

const IMAGE = /\.(jpe?g|png|webp|gif|bmp|tiff?|heic|heif|avif)$/i;
const WORDS = new Set('name label method base network optimizer schedule batch-normalization'.split(' '));
const NUMBERS = new Set(
  'epochs batch-size learning-rate weight-decay l2 iterations views hidden dropout label-smoothing input-size validation-split early-stopping seed'.split(
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
  if (values['warm-start']) settings.warm_start = true;
  if (values['no-refit']) settings.refit = false;
  if (values.augment)
    settings.augment = Object.fromEntries(values.augment.split(',').map((change) => [change, true]));
  if (settings.method !== 'scratch') settings.base ??= DEFAULT_BASE;
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
  const headers = { Authorization: `Bearer ${key}` };
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
    if (response.headers.get('Content-Type')?.startsWith('application/zip'))
      return new Uint8Array(await response.arrayBuffer());
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

/** Writes the model file of a version. */
async function writeModel(call, { name, version }, file) {
  const { unzipSync } = await import('fflate');
  const zip = unzipSync(await call('GET', `/v1/models/${name}/versions/${version}/file`));
  const [, model] = Object.entries(zip).find(([entry]) => entry.endsWith('.onnx'));
  await writeFile(file, model);
}

/** Where the result is. @param server that trained */
async function say(call, { model, metrics }, { started, url }, { out }) {
  const { name, version } = model;
  const [low, high] = metrics.accuracy_interval;
  console.log(
    `${name}@${version}: ${percent(metrics.accuracy)} right on ${metrics.images.validation} images (95 %: ${percent(low)} to ${percent(high)}), ${metrics.cpu_seconds.toFixed(1)} CPU s.`,
  );
  if (started)
    console.log(
      `It is kept in ${path.resolve(process.env.DATA_DIR || 'data')}; "npm start" serves it as "${name}".`,
    );
  else console.log(`${url} serves it: curl -F model=${name} -F image=@photo.jpg ${url}/v1/predictions`);
  if (!out) return;
  await writeModel(call, model, out);
  console.log(`The ONNX model is in ${out}.`);
}

async function train(server, values) {
  const call = connection(server.url, server.key);
  const dataset = await upload(call, values);
  const request = JSON.stringify({ dataset, ...settingsOf(values) });
  const { id } = await call('POST', '/v1/trainings', request, 'application/json');
  const training = await follow(call, id);
  if (training.state === 'failed') throw new Error(training.error);
  if (!training.model.version) throw new Error(`The training ${id} was canceled.`);
  await say(call, training, server, values);
}

const texts = ['data', 'url', 'key', 'out', 'blocks', 'augment', ...WORDS, ...NUMBERS];
const flags = ['class-weights', 'warm-start', 'no-refit', 'help'];
const options = {
  ...Object.fromEntries(texts.map((name) => [name, { type: 'string' }])),
  ...Object.fromEntries(flags.map((name) => [name, { type: 'boolean' }])),
};

try {
  const { values } = parseArgs({ options });
  if (values.help || !values.data || !values.name) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 1;
  } else {
    await stat(values.data); // before a server is started for it
    ensureInstalled();
    ensureBuilt();
    const { openServer } = await import('./lib/training-server.mjs');
    const server = await openServer({ url: values.url, key: values.key ?? process.env.SCRY_API_KEY });
    try {
      await train(server, values);
    } finally {
      await server.close();
    }
  }
} catch (error) {
  showLine('');
  console.error(error.message);
  process.exitCode = 1;
}
