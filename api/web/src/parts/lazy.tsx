/** Views and parts of views whose code comes when they are first looked at. */
import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useTexts } from '../texts/index.js';

/** @param load imports the view; called once it is shown */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let View: ComponentType<P> | null = null;
  return function Lazy(props: P) {
    const t = useTexts();
    const heading = useRef<HTMLHeadingElement>(null);
    const [state, setState] = useState<'loading' | 'focused' | 'shown' | 'failed'>(
      View ? 'shown' : 'loading',
    );
    useEffect(() => {
      if (View) return;
      load().then(
        (loaded) => {
          View = loaded;
          setState(document.activeElement === heading.current ? 'focused' : 'shown');
        },
        () => setState('failed'),
      );
    }, []);
    // The heading that took the focus while the view was on its way gives it to the view's own.
    useEffect(() => {
      if (state === 'focused') document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
    }, [state]);
    if (View) return <View {...props} />;
    return (
      <>
        <h1 class="visually-hidden" tabIndex={-1} ref={heading}>
          {t.common.loading}
        </h1>
        {state === 'failed' ? (
          <p class="notice bad">{t.errors.network}</p>
        ) : (
          <p class="quiet-text">{t.common.loading}</p>
        )}
      </>
    );
  };
}

/** The same for a part of a view, which has no heading of its own. */
export function lazyPart<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let Part: ComponentType<P> | null = null;
  return function LazyPart(props: P) {
    const t = useTexts();
    const [, redraw] = useState(0);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (Part) return;
      load().then(
        (loaded) => {
          Part = loaded;
          redraw(1);
        },
        () => setFailed(true),
      );
    }, []);
    if (Part) return <Part {...props} />;
    return failed ? (
      <p class="notice bad">{t.errors.network}</p>
    ) : (
      <p class="quiet-text">{t.common.loading}</p>
    );
  };
}
