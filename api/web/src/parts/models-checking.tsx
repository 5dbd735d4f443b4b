/** Says that models are on their way, while workers check them. */
import { useTexts } from '../texts/index.js';

export function ModelsChecking({ checking }: { readonly checking: number }) {
  const t = useTexts();
  return (
    <div role="status">{checking > 0 && <p class="hint checking-dot">{t.models.checking(checking)}</p>}</div>
  );
}
