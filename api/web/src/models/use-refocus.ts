/** The focus after something was done whose button is gone then. */
import { useEffect, useRef } from 'preact/hooks';

/**
 * Gives the focus to a heading when what was done here has changed what is shown and took the focus with it.
 * @param shown changes when what is shown does
 */
export function useRefocus(shown: unknown) {
  const heading = useRef<HTMLHeadingElement>(null);
  const acted = useRef(false);
  useEffect(() => {
    if (!acted.current) return;
    acted.current = false;
    if (document.activeElement === document.body) heading.current?.focus();
  }, [shown]);
  return { heading, acted };
}
