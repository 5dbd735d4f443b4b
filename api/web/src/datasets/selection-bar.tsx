/** What can be done with the images that are selected; at the lower edge of the window. */
import type { Split } from '@scry/shared/contracts/dataset';
import { Icon } from '../parts/icons.js';
import { count, useTexts } from '../texts/training.js';
import { SPLITS } from './words.js';

interface Props {
  readonly chosen: number;
  /** Whether all that match the filter are selected. */
  readonly complete: boolean;
  readonly busy: boolean;
  readonly onAll: () => void;
  readonly onClear: () => void;
  readonly onRelabel: () => void;
  readonly onRemove: () => void;
  readonly onSplit: (split: Split | null) => void;
}

export function SelectionBar(props: Props) {
  const t = useTexts();
  const { chosen, complete, busy } = props;
  const none = chosen === 0 || busy;
  return (
    <section class="selection-bar" aria-label={t.datasets.selected(count(chosen))}>
      <strong class="figures">{t.datasets.selected(count(chosen))}</strong>
      <button type="button" class="quiet" disabled={busy || complete} onClick={props.onAll}>
        {t.datasets.selectAll}
      </button>
      <button type="button" class="quiet selection-clear" onClick={props.onClear}>
        {t.datasets.clear}
      </button>
      <span class="selection-actions">
        <button type="button" class="primary" disabled={none} onClick={props.onRelabel}>
          <Icon name="tag" />
          {t.datasets.relabel}
        </button>
        <select
          aria-label={t.datasets.filter.split}
          disabled={none}
          value=""
          onChange={({ currentTarget }) => {
            const { value } = currentTarget;
            currentTarget.value = '';
            props.onSplit(value === 'none' ? null : (value as Split));
          }}
        >
          <option value="" disabled hidden>
            {t.datasets.filter.split} …
          </option>
          {[...SPLITS, 'none' as const].map((split) => (
            <option key={split} value={split}>
              {t.datasets.split[split]}
            </option>
          ))}
        </select>
        <button type="button" disabled={none} onClick={props.onRemove}>
          <Icon name="trash" />
          {t.datasets.removeItems}
        </button>
      </span>
    </section>
  );
}
