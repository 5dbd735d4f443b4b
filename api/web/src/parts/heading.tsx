/** A view's first heading. Where the one before it, or what it stands for, had the focus when it went, it takes the focus. */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** Whether the focus was in something that went with nothing in its place yet. */
let lost = false;

/** While it is mounted, an element whose focus goes to the next heading when it goes. */
export function useLeavesFocus<T extends HTMLElement>() {
  const element = useRef<T>(null);
  useLayoutEffect(() => {
    const own = element.current;
    return () => {
      if (own?.contains(document.activeElement)) lost = true;
    };
  }, []);
  return element;
}

interface Props {
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function Heading({ class: name, children }: Props) {
  const element = useLeavesFocus<HTMLHeadingElement>();
  useLayoutEffect(() => {
    if (lost) element.current?.focus({ preventScroll: true });
    lost = false;
  }, []);
  return (
    <h1 class={name} ref={element} tabIndex={-1}>
      {children}
    </h1>
  );
}
