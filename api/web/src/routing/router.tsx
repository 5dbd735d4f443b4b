/** Which view the address names. Links are real links; a click that stays on the page does not load it again. */
import type { ComponentChildren } from 'preact';
import { Observable, useValue } from '../state/observable.js';
import { parsePath, type Route } from './route.js';

export type { Route };

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
