/** Which view the address names. Links are real links; a click that stays on the page does not load it again. */
import type { ComponentChildren } from 'preact';
import { Observable, useValue } from './observable.js';

export type Route =
  | { readonly view: 'predict' }
  | { readonly view: 'prediction'; readonly id: string }
  | { readonly view: 'history' }
  | { readonly view: 'models' }
  | { readonly view: 'operations' }
  | { readonly view: 'unknown' };

/** Reads a path such as "/p/0198…". */
export function parsePath(path: string): Route {
  const [first = '', second, ...more] = path.split('/').filter((part) => part !== '');
  if (more.length > 0) return { view: 'unknown' };
  if (first === 'p' && second) return { view: 'prediction', id: decodeURIComponent(second) };
  if (second !== undefined) return { view: 'unknown' };
  if (first === '') return { view: 'predict' };
  if (first === 'history' || first === 'models' || first === 'operations') return { view: first };
  return { view: 'unknown' };
}

const path = new Observable(location.pathname);
window.addEventListener('popstate', () => {
  path.value = location.pathname;
});

export function useRoute(): Route {
  return parsePath(useValue(path));
}

/** Goes to another view, at its top. */
export function navigate(target: string): void {
  if (target === location.pathname) return;
  history.pushState(null, '', target);
  path.value = location.pathname;
  window.scrollTo(0, 0);
}

interface LinkProps {
  readonly href: string;
  readonly class?: string;
  readonly 'aria-current'?: 'page' | undefined;
  readonly children: ComponentChildren;
}

export function Link({ href, children, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(href);
  };
  return (
    <a {...rest} href={href} onClick={follow}>
      {children}
    </a>
  );
}
