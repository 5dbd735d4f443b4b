/** What a person chose for this browser: language, theme and model, kept in localStorage; the key, for this tab only. */
import { Observable } from './observable.js';

export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** Storage may be forbidden (a setting of some browsers): then choices last as long as the page. */
function recall(storage: () => Storage, name: string): string | null {
  try {
    return storage().getItem(name);
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

function remember(storage: () => Storage, name: string, value: string | null): void {
  try {
    if (value === null) storage().removeItem(name);
    else storage().setItem(name, value);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

const local = () => localStorage;
const session = () => sessionStorage;

function preferredLanguage(): Language {
  for (const tag of navigator.languages) {
    const found = LANGUAGES.find((language) => tag.toLowerCase().startsWith(language));
    if (found) return found;
  }
  return 'en';
}

const oneOf = <T extends string>(values: readonly T[], text: string | null): T | undefined =>
  values.find((value) => value === text);

export const language = new Observable<Language>(
  oneOf(LANGUAGES, recall(local, 'scry.language')) ?? preferredLanguage(),
);
export const theme = new Observable<Theme>(oneOf(THEMES, recall(local, 'scry.theme')) ?? 'auto');
/** Name of the model chosen last, or null for the server's default. */
export const chosenModel = new Observable<string | null>(recall(local, 'scry.model'));
export const key = new Observable<string | null>(recall(session, 'scry.key'));

function show(): void {
  document.documentElement.lang = language.value;
  document.documentElement.dataset.theme = theme.value;
}

/** Applies the choices to the document, now and whenever they change, and keeps them. */
export function applySettings(): void {
  show();
  language.watch(() => {
    remember(local, 'scry.language', language.value);
    show();
  });
  theme.watch(() => {
    remember(local, 'scry.theme', theme.value);
    show();
  });
  chosenModel.watch(() => remember(local, 'scry.model', chosenModel.value));
  key.watch(() => remember(session, 'scry.key', key.value));
}
