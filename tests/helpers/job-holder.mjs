/** A process that takes jobs and never ends them, to be killed: node job-holder.mjs URL QUEUE COUNT; says when it holds them. */
import { openJobServer } from '@scry/shared/queue/open';
import { createLogger } from '@scry/shared/runtime/log';

const [url, queue, count] = process.argv.slice(2);
let held = 0;
const server = await openJobServer(url, 8, createLogger('holder', 'silent'));
server.consumer().add(queue, {
  concurrency: Number(count),
  process: () =>
    new Promise(() => {
      if (++held === Number(count)) process.send('holding');
    }),
});
