/**
 * What a person chose for this browser: language, theme and model, kept in localStorage; the key, for this tab only or
 * kept as well.
 */
import { LANGUAGES } from '../texts/catalogue.js';
import { Observable } from './observable.js';
import { local, recall, remember, session } from './storage.js';

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

function preferredLanguage(): string {
  for (const tag of navigator.languages) {
    const found = LANGUAGES.find((language) => tag.toLowerCase().startsWith(language));
    if (found) return found;
  }
  return 'en';
}

const oneOf = <T extends string>(values: readonly T[], text: string | null): T | undefined =>
  values.find((value) => value === text);

export const language = new Observable<string>(
  oneOf(LANGUAGES, recall(local, 'scry.language')) ?? preferredLanguage(),
);
export const theme = new Observable<Theme>(oneOf(THEMES, recall(local, 'scry.theme')) ?? 'auto');
/** Name of the model chosen last, or null for the server's default. */
export const chosenModel = new Observable<string | null>(recall(local, 'scry.model'));
export const key = new Observable<string | null>(recall(session, 'scry.key') ?? recall(local, 'scry.key'));
/** Whether the key outlives this tab. */
export const keepKey = new Observable<boolean>(recall(local, 'scry.key') !== null);

function rememberKey(): void {
  remember(session, 'scry.key', key.value);
  remember(local, 'scry.key', keepKey.value ? key.value : null);
}

function show(): void {
  document.documentElement.dataset.theme = theme.value;
}

/** Applies the choices to the document, now and whenever they change, and keeps them. */
export function applySettings(): void {
  show();
  language.watch(() => {
    remember(local, 'scry.language', language.value);
  });
  theme.watch(() => {
    remember(local, 'scry.theme', theme.value);
    show();
  });
  chosenModel.watch(() => remember(local, 'scry.model', chosenModel.value));
  key.watch(rememberKey);
  keepKey.watch(rememberKey);
}
