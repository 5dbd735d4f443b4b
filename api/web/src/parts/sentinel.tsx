/** Calls back when the end of a list comes near the window. */
import { useEffect, useRef } from 'preact/hooks';

export function Sentinel({ onNear }: { readonly onNear: () => void }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && onNear(),
      { rootMargin: '600px' },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [onNear]);
  return <div ref={element} aria-hidden="true" />;
}
