/** Writes `.env.example` and the README's table of settings from the settings' own docs; with --check only compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const { settingDocs } = await import(path.join(root, 'shared/dist/runtime/config.js'));

const TABLE = /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/;

const example = [
  '# Settings of Scry with their defaults. Copy this file to .env and change what you need.',
  '# Written from shared/src/runtime/config.ts by "npm run env:example".',
  ...settingDocs.map(({ name, shown, doc }) => `\n# ${doc}\n# ${name}=${shown}`),
  '',
].join('\n');

const cell = (text) => text.replaceAll('|', '\\|');
const table = [
  '| setting | default | what it does |',
  '| --- | --- | --- |',
  ...settingDocs.map(
    ({ name, shown, doc }) => `| \`${name}\` | ${shown ? `\`${cell(shown)}\`` : ''} | ${cell(doc)} |`,
  ),
  '',
].join('\n');

/** Each file with what it should hold. */
const files = {
  '.env.example': () => example,
  'README.md': (now) => now.replace(TABLE, (_, start, end) => `${start}\n${table}\n${end}`),
};

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

const onlyCheck = process.argv.includes('--check');
for (const [name, content] of Object.entries(files)) {
  const file = path.join(root, name);
  const now = read(file);
  const then = content(now);
  if (now === then) continue;
  if (onlyCheck) {
    console.error(`${name} does not fit the settings any more: run "npm run env:example".`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, then);
    console.log(`${name} written`);
  }
}
