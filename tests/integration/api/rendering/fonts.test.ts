import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { REPO } from '../../../helpers/system.js';

/** Draws one text and says how large it is and how many of its pixels are ink. Runs outside jest: fontconfig is native. */
const SCRIPT = `
  const { drawTag } = await import(process.argv[1]);
  const { width, height, pixels } = await drawTag('dog 97 %', { ink: '#ffffff', background: '#000000' }, 24);
  process.stdout.write(JSON.stringify({ width, height, ink: pixels.filter((value) => value > 128).length / 3 }));
`;

async function draw(fontconfig: string): Promise<{ width: number; height: number; ink: number }> {
  const module = path.join(REPO, 'api/dist/rendering/text.js');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', SCRIPT, module],
    {
      env: { PATH: process.env.PATH, FONTCONFIG_FILE: fontconfig, FONTCONFIG_PATH: path.dirname(fontconfig) },
    },
  );
  return JSON.parse(stdout);
}

test('text is drawn on a machine that has no fonts', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'scry-fonts-'));
  const empty = path.join(folder, 'fonts.conf');
  await writeFile(empty, '<?xml version="1.0"?><fontconfig></fontconfig>');
  const { width, height, ink } = await draw(empty);
  await rm(folder, { recursive: true });
  expect(width).toBeGreaterThan(100);
  expect(height).toBeGreaterThan(20);
  expect(ink).toBeGreaterThan(300);
  expect(ink).toBeLessThan(width * height * 0.5); // letters, not boxes
});
