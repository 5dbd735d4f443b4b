import type { TrainingState } from '@scry/shared/contracts/training';
import { useTexts } from '../texts/training.js';

export function StateBadge({ state }: { readonly state: TrainingState }) {
  const t = useTexts();
  return <span class={`badge training-state ${state}`}>{t.trainings.state[state]}</span>;
}
