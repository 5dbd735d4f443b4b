/** The rules of `npm run check:imports` on a small tree that breaks each of them, since a rule that matches nothing says nothing. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CRUISER = path.join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

/** What each rule refuses: a file, and the one that it must not import. */
const FORBIDDEN: readonly (readonly [rule: string, from: string, to: string])[] = [
  ['onnx-knows-nobody', 'onnx/src/graph/builder', 'shared/src/contracts/manifest'],
  ['shared-knows-nobody', 'shared/src/queue/open', 'worker/src/service'],
  ['api-and-worker-never-meet', 'api/src/services', 'worker/src/service'],
  ['worker-and-api-never-meet', 'worker/src/jobs/predict/predict', 'api/src/services'],
  ['stress-drives-from-outside', 'stress/src/cli/main', 'api/src/services'],
  ['tasks-know-only-contracts', 'shared/src/tasks/detection/spec', 'shared/src/imaging/format'],
  ['tasks-know-only-contracts', 'shared/src/tasks/segmentation/spec', 'onnx/src/graph/builder'],
  ['contracts-do-nothing', 'shared/src/contracts/model', 'shared/src/database/workers'],
  ['contracts-do-nothing', 'shared/src/contracts/version', 'shared/src/models/model-folders'],
  ['runtime-is-the-bottom', 'shared/src/runtime/log', 'shared/src/contracts/manifest'],
  ['images-and-files-know-no-rows-and-no-jobs', 'shared/src/storage/blobs', 'shared/src/database/workers'],
  ['images-and-files-know-no-rows-and-no-jobs', 'shared/src/imaging/codecs/bmp', 'shared/src/queue/open'],
  ['compat-only-translates-to-services', 'api/src/compat/other-server/route', 'shared/src/database/workers'],
  ['compat-only-translates-to-services', 'api/src/compat/other-server/map', 'shared/src/storage/blobs'],
  ['only-the-list-of-routes-knows-compat', 'api/src/models/models', 'api/src/compat/other-server/route'],
  ['services-of-models-know-no-http', 'api/src/models/label-service', 'api/src/http/problems'],
  ['services-of-models-know-no-http', 'api/src/models/folder-source', 'multer'],
  ['no-circles', 'worker/src/health/one', 'worker/src/health/two'],
  ['only-database-speaks-sql', 'api/src/feedback/feedback', 'pg'],
  ['resolvable', 'api/src/webhooks/send', 'api/src/webhooks/nowhere'],
];

/** What must stay allowed, in the same rooms. */
const ALLOWED: readonly (readonly [from: string, to: string])[] = [
  ['worker/src/health/two', 'worker/src/health/one'], // the other half of the circle
  ['api/src/http/routes', 'api/src/compat/other-server/route'],
  ['api/src/compat/other-server/route', 'api/src/models/version-service'],
  ['api/src/compat/other-server/route', 'shared/src/contracts/manifest'],
  ['api/src/models/version-service', 'api/src/http/problem'],
  ['worker/src/service', 'onnx/src/graph/builder'],
  ['shared/src/contracts/manifest', 'shared/src/tasks/answer'],
  ['shared/src/database/workers', 'pg'],
];

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
  readonly to: string;
}

let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'scry-imports-')));
  const imports = new Map<string, string[]>();
  const edges = [...FORBIDDEN.map(([, from, to]) => [from, to] as const), ...ALLOWED];
  for (const [from, to] of edges) {
    const found = imports.get(from) ?? [];
    imports.set(from, [...found, to]);
    if (to.includes('/') && !to.endsWith('nowhere') && !imports.has(to)) imports.set(to, []);
  }
  for (const [file, targets] of imports) {
    await mkdir(path.join(folder, path.dirname(file)), { recursive: true });
    const lines = targets.map((target) =>
      target.includes('/')
        ? `import '${path.posix.relative(path.dirname(file), target).replace(/^(?!\.)/, './')}.js';`
        : `import '${target}';`,
    );
    await writeFile(path.join(folder, `${file}.ts`), [...lines, 'export {};', ''].join('\n'));
  }
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function cruise(): Promise<Violation[]> {
  const config = path.join(ROOT, '.dependency-cruiser.cjs');
  const folders = ['onnx/src', 'shared/src', 'api/src', 'worker/src', 'stress/src'];
  const options = ['--config', config, '--output-type', 'json', ...folders];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [CRUISER, ...options],
      { cwd: folder, maxBuffer: 1 << 26 },
      (_error, out, err) => {
        try {
          resolve((JSON.parse(out) as { summary: { violations: Violation[] } }).summary.violations);
        } catch {
          reject(new Error(`no report came: ${err}`));
        }
      },
    );
  });
}

test('the import rules refuse what breaks them, and nothing else', async () => {
  const place = (name: string) => name.replace(/\.ts$/, '').replace(/^.*node_modules\/([^/]+)\/.*$/, '$1');
  const found = (await cruise()).map(({ rule, from, to }) => {
    const target = to.startsWith('.')
      ? path.posix.join(path.posix.dirname(from), to).replace(/\.js$/, '')
      : to;
    return `${rule.name}: ${place(from)} → ${place(target)}`;
  });
  expect(found.sort()).toEqual(FORBIDDEN.map(([rule, from, to]) => `${rule}: ${from} → ${to}`).sort());
});
