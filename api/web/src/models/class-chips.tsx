/** The first classes of a model, in their colors. */
import type { ModelView } from '../client/models.js';
import { hueOf, tone } from '../result/tones.js';
import { useTexts } from '../texts/index.js';

interface Props {
  readonly model: Pick<ModelView, 'labels' | 'colors'>;
  /** Classes shown before the rest is only counted. */
  readonly most: number;
}

/** A class's color: the manifest's, else the one of its number. */
export function Swatch({ color, index }: { readonly color: string | undefined; readonly index: number }) {
  return color ? (
    <span class="swatch" aria-hidden="true" style={{ background: color }} />
  ) : (
    <span class="swatch toned" aria-hidden="true" style={tone(hueOf(index))} />
  );
}

export function ClassChips({ model: { labels, colors }, most }: Props) {
  const t = useTexts();
  return (
    <ul class="class-chips" aria-label={t.modelList.classes(labels.length)}>
      {labels.slice(0, most).map((label, index) => (
        <li key={index}>
          <Swatch color={colors[label]} index={index} />
          {label}
        </li>
      ))}
      {labels.length > most && <li class="more">{t.models.moreLabels(labels.length - most)}</li>}
    </ul>
  );
}
