/** The first classes of a model, in their colors. */
import type { ModelView } from '../client/models.js';
import { type ClassColors, classTone } from '../result/tones.js';
import { useTexts } from '../texts/models.js';

interface Props {
  readonly model: Pick<ModelView, 'labels' | 'colors'>;
  /** Classes shown before the rest is only counted. */
  readonly most: number;
}

interface SwatchProps {
  readonly label: string;
  /** The class's number. */
  readonly index: number;
  readonly colors: ClassColors;
}

/** The color in which a class is drawn. */
export function Swatch({ label, index, colors }: SwatchProps) {
  return (
    <span
      class="swatch toned"
      aria-hidden="true"
      style={classTone({ class_index: index, class_name: label }, colors)}
    />
  );
}

export function ClassChips({ model: { labels, colors }, most }: Props) {
  const t = useTexts();
  return (
    <ul class="class-chips" aria-label={t.modelList.classes(labels.length)}>
      {labels.slice(0, most).map((label, index) => (
        <li key={index}>
          <Swatch label={label} index={index} colors={colors} />
          {label}
        </li>
      ))}
      {labels.length > most && <li class="more">{t.models.moreLabels(labels.length - most)}</li>}
    </ul>
  );
}
