/** Writes the WebAssembly that shared/wasm/passes.wat describes as a TypeScript file. `npm run wasm` after changing it. */
import { readFile, writeFile } from 'node:fs/promises';
import loadWabt from 'wabt';

const source = new URL('../shared/wasm/passes.wat', import.meta.url);
const target = new URL('../shared/src/imaging/resample/passes-binary.ts', import.meta.url);

const wabt = await loadWabt();
const module = wabt.parseWat('passes.wat', await readFile(source, 'utf8'), { simd: true });
module.validate();
const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
const lines = base64.match(/.{1,96}/g).map((line) => `  '${line}',`);
const text = `/** Made from shared/wasm/passes.wat by \`npm run wasm\`; not to be changed by hand. */
export const PASSES = [
${lines.join('\n')}
].join('');
`;
await writeFile(target, text);
