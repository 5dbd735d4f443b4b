/** Which view the address names. Links are real links; a click that stays on the page does not load it again. */
import type { ComponentChildren } from 'preact';
import { Observable, useValue } from '../state/observable.js';
import { parsePath, type Route } from './route.js';

export type { Route };

const path = new Observable(location.pathname);
const search = new Observable(location.search);
/** Whether the view shown was come back to: then it should look as it was left. */
let returned = false;

window.addEventListener('popstate', (event) => {
  const { scroll = 0 } = (event.state ?? {}) as { scroll?: number };
  returned = true;
  search.value = location.search;
  path.value = location.pathname;
  // Two frames: the first draws the view, and only then is it high enough.
  requestAnimationFrame(() => requestAnimationFrame(() => window.scrollTo(0, scroll)));
});

export const cameBack = (): boolean => returned;

export function useRoute(): Route {
  return parsePath(useValue(path));
}

/** The address's query, with its "?" where there is one. */
export function useSearch(): string {
  return useValue(search);
}

/** Changes the query of this address, without a new entry in the browser's history. */
export function setSearch(query: string): void {
  history.replaceState(history.state, '', location.pathname + query);
  search.value = location.search;
}

/** Goes to another view, at its top. */
export function navigate(target: string): void {
  if (target === location.pathname + location.search) return;
  returned = false;
  history.replaceState({ scroll: window.scrollY }, '');
  history.pushState(null, '', target);
  search.value = location.search;
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
