/** The models, loaded once for all views. */
import type { ModelList, ModelView } from '@scry/shared/contracts/model';
import { useEffect } from 'preact/hooks';
import { Observable, useValue } from '../state/observable.js';
import { chosenModel, key } from '../state/settings.js';
import { getJson } from './http.js';

export type { ModelView };

interface State {
  /** Null while they load for the first time. */
  readonly models: readonly ModelView[] | null;
  readonly problems: ModelList['problems'];
  readonly error: unknown;
}

const state = new Observable<State>({ models: null, problems: [], error: null });

async function load(): Promise<void> {
  try {
    const { items, problems } = await getJson<ModelList>('/v1/models');
    state.value = { models: items, problems, error: null };
  } catch (error) {
    state.value = { ...state.value, error };
  }
}

key.watch(() => void load());

/** How often the page looks whether models are served, milliseconds. */
const AGAIN_MS = 10_000;

/** The model that the next image goes to: the one chosen, else the server's default. */
export function chosen(models = state.value.models): ModelView | undefined {
  const name = chosenModel.value;
  return (
    models?.find((model) => model.name === name) ?? models?.find((model) => model.default) ?? models?.[0]
  );
}

/** The models, asked for first where they have not been yet; none when they cannot be had. */
export async function known(): Promise<readonly ModelView[]> {
  if (!state.value.models) await load();
  return state.value.models ?? [];
}

/** The models; asked for again now and then while a view shows them. */
export function useModels(): State & { readonly chosen: ModelView | undefined; readonly reload: () => void } {
  useValue(chosenModel);
  useEffect(() => {
    void load();
    const timer = setInterval(() => void load(), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  const now = useValue(state);
  return { ...now, chosen: chosen(now.models), reload: () => void load() };
}
