/** Everything that the files in a model's folder tell: see shared/src/models/complete for what is made of it. */
import { type ChildProcess, fork } from 'node:child_process';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { ConversionReport } from '@scry/onnx/readers/report';
import { saysAll } from '@scry/shared/models/complete/complete-manifest';
import { type Given, IncompleteManifest, partOf } from '@scry/shared/models/complete/draft';
import type { ModelFacts, OutputFacts } from '@scry/shared/models/complete/facts';
import { ENGINES, type Model, manifestSchema } from '@scry/shared/models/model-folders';
import { childEnvironment } from '@scry/shared/runtime/child-environment';
import { threadFile } from '@scry/shared/runtime/thread-file';
import { reportOf } from '../conversion/cache.js';
import { prepareModel } from '../conversion/convert.js';
import { ManifestProblem } from '../manifest-problem.js';
import type { NetworkReply } from './facts-child.js';
import { findModelFile, readFolder } from './folder.js';
import type { NetworkFacts, NetworkRequest } from './network.js';

const CHILD = threadFile(import.meta.url, './facts-child.js');
const LONGEST_MS = 60_000;

export interface FactsOptions {
  /** Folder for converted files. */
  readonly cache: string;
  /** True in a process that holds nothing but this model: the network is then run in it, not in one more. */
  readonly isolated: boolean;
}

function reply(child: ChildProcess): Promise<NetworkReply> {
  return new Promise((resolve) => {
    const failed = (problem: string) => resolve({ ok: false, problem });
    const deadline = setTimeout(() => {
      child.kill('SIGKILL');
      failed(`running it once took longer than ${LONGEST_MS / 1000} s`);
    }, LONGEST_MS);
    child.once('message', (answer) => resolve(answer as NetworkReply));
    child.once('error', (error) => failed(error.message));
    child.once('exit', (code, signal) => {
      clearTimeout(deadline);
      failed(`the process that ran it once ended (${signal ?? code}); it may have run out of memory`);
    });
  });
}

async function networkFacts(request: NetworkRequest, isolated: boolean): Promise<NetworkFacts> {
  if (isolated) return (await import('./network.js')).readNetwork(request);
  const child = fork(CHILD, { execArgv: [], env: childEnvironment() });
  const answer = reply(child);
  child.send(request);
  const answered = await answer;
  if (answered.ok) return answered.facts;
  throw new Error(answered.problem);
}

/** A model as far as it must be known to be converted. */
function placeholder(folder: string, file: string, given: Given): Model {
  const engine = ENGINES.find((name) => name === given.engine);
  const parsed = manifestSchema.safeParse({
    name: 'unknown',
    task: 'classification',
    file,
    labels: ['unknown'],
    output: { format: 'logits' },
    ...(engine ? { engine } : {}),
  });
  if (!parsed.success)
    throw new IncompleteManifest('file', parsed.error.issues.map(({ message }) => message).join('; '));
  const manifest = parsed.data;
  return {
    ...manifest,
    name: path.basename(folder),
    labels: ['unknown'],
    folder,
    file: path.join(folder, file),
  };
}

/** The activation as the converter has seen it, which knows more than the shape of the converted file. */
function withActivations(outputs: readonly OutputFacts[], report: ConversionReport | null): OutputFacts[] {
  return outputs.map((output) => {
    const reported = report?.outputs.find(({ name }) => name === output.name);
    return reported ? { ...output, activation: reported.activation } : output;
  });
}

const sizeIn = (given: Given, field: string) => {
  const value = partOf(given, 'input')[field];
  return typeof value === 'number' ? value : null;
};

/** The size to run a network at that leaves it free: what the manifest says, or the first Resizing layer. */
function sizeToRun(given: Given, report: ConversionReport | null, field: 'width' | 'height'): number | null {
  const first = report?.preprocessing[0];
  const resized = first?.className === 'Resizing' ? first.settings[field] : null;
  return sizeIn(given, field) ?? (typeof resized === 'number' ? resized : null);
}

interface Network {
  readonly facts: NetworkFacts | null;
  readonly report: ConversionReport | null;
  readonly unread: string | null;
}

async function readModel(model: Model, given: Given, options: FactsOptions): Promise<Network> {
  const { notes, model: prepared } = await prepareModel(model, options.cache);
  const file = path.basename(model.file);
  if (prepared.engine === 'tfjs')
    return {
      facts: null,
      report: null,
      unread: notes[0] ?? `${file} runs on TensorFlow.js, which is not asked`,
    };
  const report = prepared.network ? await reportOf(prepared.network) : null;
  // A manifest that says what the outputs are asks no more than what a converter has read.
  if (saysAll(given) && report) return { facts: null, report, unread: null };
  const { name } = partOf(given, 'input');
  const request: NetworkRequest = {
    file: model.file,
    network: prepared.network ?? model.file,
    format: report?.format ?? 'onnx',
    inputName: typeof name === 'string' ? name : null,
    width: sizeToRun(given, report, 'width'),
    height: sizeToRun(given, report, 'height'),
  };
  const facts = await networkFacts(request, options.isolated).catch((error: Error) => {
    if (error.message.includes('manifest.json')) throw error; // an engine's own sentence
    throw new ManifestProblem(model, 'file', `${file} cannot be read: ${error.message}`);
  });
  return { facts, report, unread: facts.failed };
}

/**
 * Reads what the files of a model tell; its network is converted where it has to be, and run once.
 * @param given what manifest.json says; {} where there is none
 * @throws IncompleteManifest or ManifestProblem in one sentence when there is no model file, or it cannot be read
 */
export async function readFacts(folder: string, given: Given, options: FactsOptions): Promise<ModelFacts> {
  const file = typeof given.file === 'string' ? given.file : await findModelFile(folder);
  const model = placeholder(folder, file, given);
  const found = await stat(model.file).catch(() => null);
  if (!found?.isFile())
    throw new IncompleteManifest('file', `${model.file} ${found ? 'is not a file' : 'does not exist'}`);
  const [content, { facts, report, unread }] = [
    await readFolder(folder),
    await readModel(model, given, options),
  ];
  const named = report?.classNames ? { source: file, names: report.classNames } : null;
  return {
    folder: path.basename(folder),
    file,
    format: report?.format ?? 'onnx',
    unread,
    network: report?.name ?? facts?.network ?? '',
    input: facts?.input ?? null,
    outputs: withActivations(facts?.outputs ?? [], report),
    metadata: facts?.metadata ?? {},
    preparing: report?.preprocessing ?? [],
    darknetClasses: report?.detection?.classes ?? null,
    labels: content.labels ?? named,
    teachableMachine: content.teachableMachine,
  };
}
