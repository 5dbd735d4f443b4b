/** The two lists that training is made of. */
import { Link } from '../routing/router.js';
import { useTexts } from '../texts/index.js';

export function TrainTabs({ current }: { readonly current: 'datasets' | 'trainings' }) {
  const t = useTexts();
  return (
    <nav class="tabs" aria-label={t.train.label}>
      {(['datasets', 'trainings'] as const).map((view) => (
        <Link key={view} href={`/${view}`} aria-current={view === current ? 'page' : undefined}>
          {t.train[view]}
        </Link>
      ))}
    </nav>
  );
}

/** What a key must be allowed for everything on these views. */
export const TRAINING_SCOPES = 'predict,read,datasets:write,train,models:write';
