import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const COMPOSE = fileURLToPath(new URL('../../../docker-compose.yml', import.meta.url));

/** Each service's lines, with those of the anchors that it takes over. */
async function services(): Promise<[name: string, lines: string][]> {
  const text = await readFile(COMPOSE, 'utf8');
  const anchor = /^x-scry: &scry\n((?: {2}.*\n)+)/m.exec(text)?.[1] ?? '';
  const all = /^services:\n((?:(?: .*)?\n)+?)^volumes:/m.exec(text)?.[1] ?? '';
  return all
    .split(/^(?= {2}[a-z]+:$)/m)
    .filter((block) => /^ {2}[a-z]+:$/m.test(block))
    .map((block) => {
      const name = /^ {2}([a-z]+):$/m.exec(block)?.[1] ?? '';
      return [name, block.includes('<<: *scry') ? `${anchor}${block}` : block];
    });
}

test('no container can take all memory or processes, or keeps capabilities that it does not need', async () => {
  const found = await services();
  expect(found.map(([name]) => name).sort()).toEqual([
    ...['api', 'grafana', 'postgres', 'prometheus', 'redis', 'worker'],
  ]);
  const needed = [
    /^ +mem_limit: /m,
    /^ +pids_limit: \d/m,
    /^ +cap_drop: \[ALL\]$/m,
    /^ +security_opt: \["no-new-privileges:true"\]$/m,
  ];
  const missing = found.flatMap(([name, lines]) =>
    needed.filter((line) => !line.test(lines)).map((line) => `${name}: ${line.source}`),
  );
  expect(missing).toEqual([]);
});

test('Prometheus looks for workers on the port on which they show their metrics', async () => {
  const prometheus = await readFile(new URL('../../../monitoring/prometheus.yml', import.meta.url), 'utf8');
  const worker = (await services()).find(([name]) => name === 'worker')?.[1] ?? '';
  const port = /WORKER_PORT: \$\{WORKER_PORT:-(\d+)\}/.exec(worker)?.[1];
  expect(port).toBeDefined();
  expect(prometheus).toMatch(new RegExp(`names: \\[worker\\]\\n.*\\n +port: ${port}$`, 'm'));
  expect(worker).toMatch(/^ +HOST: 0\.0\.0\.0$/m);
});
