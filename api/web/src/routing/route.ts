/** The page's addresses. api/src/http/page.ts serves the page at each of them. */

export type Route =
  | { readonly view: 'predict' }
  | { readonly view: 'prediction'; readonly id: string }
  | { readonly view: 'history' }
  | { readonly view: 'feedback' }
  | { readonly view: 'models' }
  | { readonly view: 'model'; readonly id: string }
  | { readonly view: 'add-model' }
  | { readonly view: 'catalogue' }
  | { readonly view: 'datasets' }
  | { readonly view: 'dataset'; readonly id: string }
  | { readonly view: 'trainings' }
  | { readonly view: 'training'; readonly id: string }
  | { readonly view: 'operations' }
  | { readonly view: 'unknown' };

/** What ids are made of; which one there is, the server knows. */
const ID = /^[\w.-]+$/;

/** Addresses that an id follows. */
const ONE: ReadonlyMap<string, 'prediction' | 'model' | 'dataset' | 'training'> = new Map([
  ['p', 'prediction'],
  ['models', 'model'],
  ['datasets', 'dataset'],
  ['trainings', 'training'],
]);
const LISTS: ReadonlySet<string> = new Set([
  ...['history', 'feedback', 'models', 'add-model', 'catalogue', 'datasets', 'trainings', 'operations'],
]);

/** Reads a path such as "/p/0198…". */
export function parsePath(path: string): Route {
  const [first = '', second, ...more] = path.split('/').filter((part) => part !== '');
  if (more.length > 0) return { view: 'unknown' };
  const one = ONE.get(first);
  if (one && second && ID.test(second)) return { view: one, id: second };
  if (second !== undefined) return { view: 'unknown' };
  if (first === '') return { view: 'predict' };
  return LISTS.has(first) ? ({ view: first } as Route) : { view: 'unknown' };
}
