/** All images at once: counts per class, a grid to go on from, and what can be done with many. */
import { useEffect, useState } from 'preact/hooks';
import { modelNamed } from '../client/models.js';
import { Heading } from '../parts/heading.js';
import { stateOf } from '../parts/item-state.js';
import { lazyPart } from '../parts/lazy.js';
import { Thumb } from '../parts/thumb.js';
import { Entry, Menu } from '../result/menu.js';
import { classTone } from '../result/tones.js';
import { useValue } from '../state/observable.js';
import { clear, type Item, items, selected } from '../state/uploads.js';
import '../styles/overview.css';
import { count, useTexts } from '../texts/index.js';
import { ExportMenu } from './export-menu.js';
import { ALL, classesIn, classesOf, matching, type OverviewFilter, type Standing } from './summary.js';

const DeleteImages = lazyPart(async () => (await import('./delete-images.js')).DeleteImages);

const STANDINGS: readonly Standing[] = ['good', 'unsure', 'busy', 'bad'];
/** Classes named on a tile. */
const NAMED = 3;

interface FilterProps {
  readonly all: readonly Item[];
  readonly filter: OverviewFilter;
  readonly onChange: (filter: OverviewFilter) => void;
}

function Filters({ all, filter, onChange }: FilterProps) {
  const t = useTexts();
  return (
    <div class="overview-filter">
      <label class="field">
        <span>{t.history.status}</span>
        <select
          value={filter.standing ?? ''}
          onChange={({ currentTarget: { value } }) =>
            onChange({ ...filter, standing: value === '' ? null : (value as Standing) })
          }
        >
          <option value="">{t.history.all}</option>
          {STANDINGS.map((standing) => (
            <option key={standing} value={standing}>
              {t.overview.standing[standing]}
            </option>
          ))}
        </select>
      </label>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would bring a border and a legend for switches */}
      <div class="class-filter" role="group" aria-label={t.result.classes}>
        {classesIn(all).map(({ name, index, model, images, objects }) => (
          <button
            key={name}
            type="button"
            class="chip toned"
            style={classTone({ class_index: index, class_name: name }, modelNamed(model)?.colors ?? {})}
            aria-pressed={filter.class === name}
            onClick={() => onChange({ ...filter, class: filter.class === name ? null : name })}
          >
            <span class="swatch" />
            {name}{' '}
            <span class="figures">
              {objects > images ? t.overview.objectsIn(count(objects), images) : t.overview.images(images)}
            </span>
          </button>
        ))}
      </div>
    </div>
  );
}

function Tile({ item, onOpen }: { readonly item: Item; readonly onOpen: () => void }) {
  const t = useTexts();
  const classes = [...classesOf(item)].slice(0, NAMED);
  const isCounted = classes.some(([, { count: times }]) => times > 1) || classes.length > 1;
  return (
    <li>
      <button
        type="button"
        class="tile"
        onClick={() => {
          selected.value = item.key;
          onOpen();
        }}
      >
        <span class="tile-image">
          <Thumb item={item} />
        </span>
        <span class="tile-words">
          <strong>{stateOf(item, t)}</strong>
          <span class="tile-model">{item.name}</span>
          {isCounted && (
            <span class="tile-model">{classes.map(([name, one]) => `${name} ${one.count}`).join(', ')}</span>
          )}
        </span>
      </button>
    </li>
  );
}

export function Overview({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts();
  const all = useValue(items);
  const [filter, setFilter] = useState(ALL);
  const [deleting, setDeleting] = useState<readonly string[] | null>(null);
  const shown = matching(all, filter);
  const sent = shown.filter(({ phase }) => phase === 'sent');
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => event.key === 'Escape' && !deleting && onClose();
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  });
  return (
    <section class="overview">
      <header>
        <Heading>{t.overview.images(shown.length)}</Heading>
        <button type="button" onClick={onClose}>
          {t.overview.close}
        </button>
        <ExportMenu items={shown} />
        <Menu label={t.share.more}>
          {sent.length > 0 && (
            <Entry
              icon="trash"
              label={t.overview.delete}
              onClick={() => setDeleting(sent.map(({ id }) => id))}
            />
          )}
          <Entry icon="close" label={t.predict.clear} onClick={clear} />
        </Menu>
      </header>
      <Filters all={all} filter={filter} onChange={setFilter} />
      <ul class="tiles">
        {shown.map((item) => (
          <Tile key={item.key} item={item} onOpen={onClose} />
        ))}
      </ul>
      {shown.length === 0 && <p class="empty">{t.history.emptyFiltered}</p>}
      {deleting && (
        <DeleteImages ids={deleting} onDone={() => setDeleting(null)} onClose={() => setDeleting(null)} />
      )}
    </section>
  );
}
