/** The texts in the language chosen. */
import { Observable, useValue } from '../state/observable.js';
import { language } from '../state/settings.js';
import { english, type FirstTexts, loadLanguage } from './catalogue.js';

export { bytes, count, dateTime, duration, locale, percent, span } from './numbers.js';
export type { FirstTexts as Texts };

const current = new Observable<FirstTexts>(english);

/** Shows the language chosen, now and whenever another one is. One that cannot be loaded leaves the texts as they are. */
export async function followLanguage(): Promise<void> {
  const load = async () => {
    const code = language.value;
    const loaded = await loadLanguage(code).catch(() => null);
    if (!loaded || code !== language.value) return;
    document.documentElement.lang = code;
    current.value = loaded;
  };
  language.watch(() => void load());
  await load();
}

/** The texts now; a component that uses them is drawn again when the language changes. */
export function useTexts(): FirstTexts {
  return useValue(current);
}

/** The texts outside components. */
export function texts(): FirstTexts {
  return current.value;
}
