/** The page's addresses. api/src/http/page.ts serves the page at each of them. */

export type Route =
  | { readonly view: 'predict' }
  | { readonly view: 'prediction'; readonly id: string }
  | { readonly view: 'history' }
  | { readonly view: 'models' }
  | { readonly view: 'model'; readonly id: string }
  | { readonly view: 'add-model' }
  | { readonly view: 'catalogue' }
  | { readonly view: 'operations' }
  | { readonly view: 'unknown' };

/** What ids are made of; which one there is, the server knows. */
const ID = /^[\w.-]+$/;

/** Reads a path such as "/p/0198…". */
export function parsePath(path: string): Route {
  const [first = '', second, ...more] = path.split('/').filter((part) => part !== '');
  if (more.length > 0) return { view: 'unknown' };
  if (first === 'p' && second && ID.test(second)) return { view: 'prediction', id: second };
  if (first === 'models' && second && ID.test(second)) return { view: 'model', id: second };
  if (second !== undefined) return { view: 'unknown' };
  if (first === '') return { view: 'predict' };
  if (first === 'history' || first === 'models' || first === 'operations') return { view: first };
  if (first === 'add-model' || first === 'catalogue') return { view: first };
  return { view: 'unknown' };
}
