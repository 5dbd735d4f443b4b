/**
 * The process in which a model's network is run once to learn about it: a file that kills it kills nothing else. It reads
 * what the first message names, answers once, and ends.
 */
import { oneLine } from '../manifest-problem.js';
import { type NetworkFacts, type NetworkRequest, readNetwork } from './network.js';

export type NetworkReply =
  | { readonly ok: true; readonly facts: NetworkFacts }
  | { readonly ok: false; readonly problem: string };

async function answer(request: NetworkRequest): Promise<NetworkReply> {
  try {
    return { ok: true, facts: await readNetwork(request) };
  } catch (error) {
    return { ok: false, problem: oneLine(error) };
  }
}

process.once('message', (request: NetworkRequest) => {
  void answer(request).then((reply) => process.send?.(reply, () => process.exit(0)));
});
process.once('disconnect', () => process.exit(0));
