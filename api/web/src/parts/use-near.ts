/** Whether an element is, or was, near the window: what it shows need not be loaded before. */
import { useEffect, useRef, useState } from 'preact/hooks';

const MARGIN = '300px';

export function useNear<T extends Element>() {
  const element = useRef<T>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    if (!element.current || near) return;
    const observer = new IntersectionObserver(
      (entries) => setNear(entries.some((entry) => entry.isIntersecting)),
      { rootMargin: MARGIN },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [near]);
  return { element, near };
}
