/** What the page says, in every language there is a file for. */
import { readdir } from 'node:fs/promises';
import { PROBLEMS } from '@scry/api/http/problems';
import { modelTexts } from '../../../api/web/src/texts/english/models.js';
import { operatingTexts } from '../../../api/web/src/texts/english/operating.js';
import { trainingTexts } from '../../../api/web/src/texts/english/training.js';
import first from '../../../api/web/src/texts/languages/en.js';

/** All that the page says in English. */
const en = { ...first, ...modelTexts, ...operatingTexts, ...trainingTexts };
const FOLDER = new URL('../../../api/web/src/texts/languages/', import.meta.url);
const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.ts'));
const others = files.filter((file) => file !== 'en.ts');

const textsIn = async (file: string): Promise<object> =>
  ((await import(new URL(file, FOLDER).pathname)) as { default: object }).default;

/** Every text by its path, "result.objects"; a function with what it says of sample values. */
function textsOf(texts: object, before = ''): Map<string, string> {
  return new Map(
    Object.entries(texts).flatMap(([name, text]) => {
      if (typeof text === 'object') return [...textsOf(text, `${before}${name}.`)];
      const said = typeof text === 'function' ? String(text({}, {}, {})) : String(text);
      return [[`${before}${name}`, said] as const];
    }),
  );
}

/** Texts that are missing on one side, and those that say nothing. */
function differences(one: object, other: object): string[] {
  const [left, right] = [textsOf(one), textsOf(other)];
  const missing = [...left.keys()].filter((path) => !right.has(path));
  const unknown = [...right.keys()].filter((path) => !left.has(path));
  const empty = [...right].filter(([, text]) => text.trim() === '').map(([path]) => path);
  return [...missing, ...unknown, ...empty];
}

describe('the languages', () => {
  it('are English, German and one that is only a file', () => {
    expect(files).toEqual(['de.ts', 'en.ts', 'fr.ts']);
  });

  it.each(others)('%s has every text that English has, and no other', async (file) => {
    expect(differences(en, await textsIn(file))).toEqual([]);
  });

  it.each(others)('%s is not English', async (file) => {
    const english = textsOf(en);
    const same = [...textsOf(await textsIn(file))].filter(([path, text]) => english.get(path) === text);
    expect(same.length).toBeLessThan(english.size / 8);
  });

  it('are found different when a text exists in one of them only', () => {
    const { share, ...rest } = en;
    const { curl: _, ...others } = share;
    expect(differences(en, { ...rest, share: others })).toEqual(['share.curl']);
    expect(differences({ ...rest, share: others }, en)).toEqual(['share.curl']);
    expect(differences(en, { ...en, skip: ' ' })).toEqual(['skip']);
  });

  it('know only problems that the API can answer with', () => {
    const known = Object.keys(PROBLEMS);
    expect(Object.keys(en.problems.named).filter((name) => !known.includes(name))).toEqual([]);
  });
});
