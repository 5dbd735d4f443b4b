import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const root = path.resolve(import.meta.dirname, '../../../..');

/** In a process of its own, since what libvips may load is set for the whole process. */
const SCRIPT = `
import sharp from 'sharp';
import { configureSharp } from './shared/dist/imaging/libvips.js';
const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>');
const create = { width: 1, height: 1, channels: 3, background: 'red' };
const read = (bytes) => sharp(bytes).raw().toBuffer().then(() => 'read', () => 'refused');
configureSharp();
const results = { svg: await read(svg) };
for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'])
  results[format] = await read(await sharp({ create })[format]().toBuffer());
configureSharp(['Svg']);
console.log(JSON.stringify({ ...results, svgAllowed: await read(svg) }));
`;

describe('a configured libvips', () => {
  it('loads the formats that Scry reads, and nothing else but what it is told', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT], {
      cwd: root,
    });
    const read = { jpeg: 'read', png: 'read', webp: 'read', gif: 'read', tiff: 'read', avif: 'read' };
    expect(JSON.parse(stdout)).toEqual({ svg: 'refused', ...read, svgAllowed: 'read' });
  });
});
