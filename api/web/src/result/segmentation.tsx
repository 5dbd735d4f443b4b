/** A segmentation: classes or objects with the share of the image that they cover, linked with their masks. */
import type { Answer } from '@scry/shared/tasks/answer';
import { percent, useTexts } from '../texts/index.js';
import { type ClassColors, classTone } from './tones.js';

interface Props {
  readonly answers: readonly Answer[];
  readonly colors: ClassColors;
  readonly active: number | null;
  readonly onActive: (index: number | null) => void;
}

export function Segmentation({ answers, colors, active, onActive }: Props) {
  const t = useTexts();
  if (answers.length === 0) return null;
  return (
    <div class="detection">
      <ul class="found" aria-label={t.result.list}>
        {answers.map((answer, index) => (
          <li key={index} data-index={index} class="toned" style={classTone(answer, colors)}>
            <button
              type="button"
              class={index === active ? 'active' : undefined}
              onPointerEnter={() => onActive(index)}
              onPointerLeave={() => onActive(null)}
              onFocus={() => onActive(index)}
              onBlur={() => onActive(null)}
            >
              <span class="found-name">
                <span class="swatch" />
                {answer.class_name}
              </span>
              {answer.area !== undefined && (
                <span class="quiet-text">{t.result.share(percent(answer.area, 0))}</span>
              )}
              <span class="figures">{percent(answer.confidence)}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
