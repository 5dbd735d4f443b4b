/** A button that opens a few more. Closed by Escape, by choosing, and by whatever happens elsewhere. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon, type IconName } from '../parts/icons.js';

interface Props {
  readonly label: string;
  readonly children: ComponentChildren;
}

export function Menu({ label, children }: Props) {
  const element = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const stop = new AbortController();
    const close = () => element.current?.removeAttribute('open');
    const elsewhere = (event: Event) => {
      if (!element.current?.contains(event.target as Node)) close();
    };
    document.addEventListener('pointerdown', elsewhere, { signal: stop.signal });
    document.addEventListener('focusin', elsewhere, { signal: stop.signal });
    element.current?.addEventListener(
      'keydown',
      (event) => {
        if (event.key !== 'Escape') return;
        close();
        element.current?.querySelector('summary')?.focus();
      },
      { signal: stop.signal },
    );
    return () => stop.abort();
  }, []);
  return (
    <details class="menu" ref={element}>
      <summary class="button quiet">{label}</summary>
      <div class="menu-items">{children}</div>
    </details>
  );
}

interface EntryProps {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
}

/** Does something and closes the menu. */
export function Entry({ icon, label, onClick }: EntryProps) {
  return (
    <button
      type="button"
      class="quiet"
      onClick={(event) => {
        event.currentTarget.closest('details')?.removeAttribute('open');
        onClick();
      }}
    >
      <Icon name={icon} />
      {label}
    </button>
  );
}
