import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadModels } from '@scry/shared/models/model-folders';

const MANIFEST = {
  ...{ task: 'classification', file: 'm.onnx', labels: ['a', 'b'] },
  input: { width: 8, height: 8 },
  output: { format: 'probabilities' },
};

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'scry-models-'));
});

afterEach(() => rm(directory, { recursive: true }));

async function folder(name: string): Promise<string> {
  const made = path.join(directory, name);
  await mkdir(made);
  await writeFile(path.join(made, 'manifest.json'), JSON.stringify({ name, ...MANIFEST }));
  return made;
}

const pipe = (file: string) => execFileSync('mkfifo', [file]);

it('passes over folders with pipes and devices in place of files, and reads the others', async () => {
  await writeFile(path.join(await folder('good'), 'm.onnx'), '');
  const piped = await folder('manifest-is-a-pipe');
  await rm(path.join(piped, 'manifest.json'));
  pipe(path.join(piped, 'manifest.json'));
  pipe(path.join(await folder('weights-are-a-pipe'), 'm.onnx'));
  await symlink('/dev/zero', path.join(await folder('weights-are-a-device'), 'm.onnx'));
  const { models, problems } = await loadModels(directory);
  expect([...models.keys()]).toEqual(['good']);
  expect(Object.fromEntries(problems.map(({ name, message }) => [name, message]))).toEqual({
    'manifest-is-a-pipe': expect.stringContaining('it is not a file'),
    'weights-are-a-device': expect.stringContaining('m.onnx is not a file'),
    'weights-are-a-pipe': expect.stringContaining('m.onnx is not a file'),
  });
});
