/** Converts a model's file in a process of its own, or finds what it was converted to before. */
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { ConversionReport } from '@scry/onnx/readers/report';
import type { Model } from '@scry/shared/models/model-folders';
import { childEnvironment } from '@scry/shared/runtime/child-environment';
import { threadFile } from '@scry/shared/runtime/thread-file';
import { ManifestProblem } from '../manifest-problem.js';
import type { ConversionReply, ConversionRequest } from './convert-child.js';
import { planModel, type RunnableModel } from './plan.js';

const CHILD = threadFile(import.meta.url, './convert-child.js');
const LONGEST_MS = 180_000;
/** JavaScript's own memory in the child, MiB; weights lie outside of it and are bounded by the files. */
const HEAP_MIB = 2048;

export interface Prepared {
  readonly model: RunnableModel;
  /** Sentences about how it came to run this way. */
  readonly notes: readonly string[];
}

function reply(child: ChildProcess): Promise<ConversionReply> {
  const failed = (problem: string): ConversionReply => ({ ok: false, problem, damaged: true });
  return new Promise((resolve) => {
    const deadline = setTimeout(() => {
      child.kill('SIGKILL');
      resolve(failed(`Converting it took longer than ${LONGEST_MS / 1000} s.`));
    }, LONGEST_MS);
    const settle = (answer: ConversionReply) => {
      clearTimeout(deadline);
      resolve(answer);
    };
    child.once('message', (answer) => settle(answer as ConversionReply));
    child.once('error', (error) => settle(failed(`It cannot be converted (${error.message}).`)));
    child.once('exit', (code, signal) =>
      settle(
        failed(`The process that converted it ended (${signal ?? code}); it may have run out of memory.`),
      ),
    );
  });
}

/** @param execArgv for the child, in the place of this process' own, which may name a debugger's port */
function convert(request: ConversionRequest): Promise<ConversionReply> {
  const child = fork(CHILD, { execArgv: [`--max-old-space-size=${HEAP_MIB}`], env: childEnvironment() });
  const answer = reply(child);
  child.send(request);
  return answer;
}

function described(report: ConversionReport, ms: number | null): string[] {
  const { dialect, layers, parameters, notes } = report;
  const numbers = `${layers} layers, ${parameters.toLocaleString('en')} parameters`;
  const when = ms === null ? 'before' : `in ${Math.round(ms)} ms`;
  return [`converted from ${dialect} to ONNX ${when}: ${numbers}`, ...notes];
}

/**
 * Makes a model ready for an engine: converts its file to ONNX where it is of another kind.
 * @throws ManifestProblem in one sentence when it cannot be converted and nothing else can run it
 */
export async function prepareModel(model: Model, cache: string): Promise<Prepared> {
  const plan = planModel(model);
  if ('engine' in plan) return { model: { ...model, engine: plan.engine }, notes: [] };
  const answer = await convert({ file: model.file, cache });
  const file = path.basename(model.file);
  if (answer.ok) {
    const notes = described(answer.report, answer.ms);
    return { model: { ...model, engine: 'onnx', network: answer.network }, notes };
  }
  if (answer.damaged || plan.otherwise === null)
    throw new ManifestProblem(model, 'file', `${file} cannot be read. ${answer.problem}`);
  return {
    model: { ...model, engine: plan.otherwise },
    notes: [`runs on TensorFlow.js, since it cannot be converted to ONNX: ${answer.problem}`],
  };
}
