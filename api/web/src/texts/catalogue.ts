/** The languages there are: a file each in languages/, named by its code. English comes with the page, others when chosen. */
import en, { type FirstTexts, type Texts } from './languages/en.js';

export type { FirstTexts };

const OTHERS = import.meta.glob<Texts>(['./languages/*.ts', '!./languages/en.ts'], { import: 'default' });
const codeOf = (path: string) => path.replace(/^.*\/|\.ts$/g, '');

/** Codes of the languages, English first. */
export const LANGUAGES: readonly string[] = ['en', ...Object.keys(OTHERS).map(codeOf)];

/** A language's name in itself: "Deutsch". */
export function languageName(code: string): string {
  const name = new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code;
  return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
}

export const english: FirstTexts = en;

/** The texts of a language; of English those of the first views. @throws TypeError when they cannot be loaded */
export async function loadLanguage(code: string): Promise<FirstTexts> {
  return (await OTHERS[`./languages/${code}.ts`]?.()) ?? en;
}
