/** Whether a worker has loaded a model: a dot and a word. */
import { useTexts } from '../texts/index.js';

export function Readiness({ ready }: { readonly ready: boolean }) {
  const t = useTexts();
  return (
    <span class={`readiness ${ready ? 'ready' : 'offline'}`}>
      {ready ? t.models.served : t.models.notServed}
    </span>
  );
}
