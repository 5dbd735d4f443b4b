/** The models, loaded once for all views. */
import type { ModelList, ModelView } from '@scry/shared/contracts/model';
import type { PredictionView } from '@scry/shared/contracts/prediction';
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
/** The same while a model is being checked, which takes seconds. */
const CHECKING_AGAIN_MS = 1500;

/** How many versions are being checked; one of a model that answers already is nothing to wait for. */
export function checkingOf({ models, problems }: Pick<State, 'models' | 'problems'>): number {
  const answering = new Set(models?.filter(isPublished).map(({ name }) => name));
  return problems.filter(({ name, state: phase }) => phase === 'checking' && !answering.has(name)).length;
}

/** Whether a model's bare name means a version; one that was only uploaded has no label yet. */
export function isPublished({ shares }: ModelView): boolean {
  return shares.some(({ label }) => label === 'stable');
}

/** The model that the next image goes to: the one chosen, else the server's default. */
export function chosen(all = state.value.models): ModelView | undefined {
  const name = chosenModel.value;
  const models = all?.filter(isPublished);
  return (
    models?.find((model) => model.name === name) ?? models?.find((model) => model.default) ?? models?.[0]
  );
}

/** Models that can be asked, loaded first where they have not been yet; none when they cannot be had. */
export async function known(): Promise<readonly ModelView[]> {
  if (!state.value.models) await load();
  return (state.value.models ?? []).filter(isPublished);
}

/** A model by its name, as far as the models are known. */
export const modelNamed = (name: string): ModelView | undefined =>
  state.value.models?.find((model) => model.name === name);

/** Whether an answer's first class is so unsure that its name says little; false while the models are not known. */
export function isUnsure({ output, model }: Pick<PredictionView, 'output' | 'model'>): boolean {
  const [best] = output?.predictions ?? [];
  const below = modelNamed(model.name)?.unsure_below ?? 0;
  return best !== undefined && best.confidence < below;
}

interface Shown extends State {
  /** Models that can be asked in some seconds. */
  readonly checking: number;
  readonly chosen: ModelView | undefined;
  readonly reload: () => void;
}

/** The models; asked for again now and then while a view shows them. */
export function useModels(): Shown {
  useValue(chosenModel);
  useEffect(() => void load(), []);
  const now = useValue(state);
  const checking = checkingOf(now);
  useEffect(() => {
    const timer = setInterval(() => void load(), checking > 0 ? CHECKING_AGAIN_MS : AGAIN_MS);
    return () => clearInterval(timer);
  }, [checking > 0]);
  return { ...now, checking, chosen: chosen(now.models), reload: () => void load() };
}
