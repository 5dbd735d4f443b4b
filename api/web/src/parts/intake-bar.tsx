/** The intake once there is an image: one row with the model, its settings and the ways to give more. */
import type { ModelView } from '../client/models.js';
import { useTexts } from '../texts/index.js';
import { ImageButtons } from './image-buttons.js';
import { ModelSelect } from './model-select.js';
import { WishesForm } from './wishes-form.js';

interface Props {
  readonly models: readonly ModelView[];
  readonly chosen: ModelView | undefined;
  readonly onChoose: (name: string) => void;
}

export function IntakeBar({ models, chosen, onChoose }: Props) {
  const t = useTexts();
  return (
    <section class="intake-bar" aria-label={t.predict.next}>
      <ModelSelect models={models} chosen={chosen?.name ?? ''} onChoose={onChoose} />
      {chosen && <WishesForm key={chosen.name} parameters={chosen.parameters} />}
      <ImageButtons primary={false} />
      {chosen && !chosen.serving && <p class="hint warn-text">{t.predict.notServedHelp}</p>}
    </section>
  );
}
