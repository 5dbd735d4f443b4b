/** One data set in the list: a few of its images, and what it holds. */
import { type DatasetView, datasetPath, type ItemPage } from '../client/datasets.js';
import { useLoad } from '../client/use-load.js';
import { ItemImage } from '../parts/item-image.js';
import { useNear } from '../parts/use-near.js';
import { Link } from '../routing/router.js';
import { count, dateTime, useTexts } from '../texts/training.js';

const SHOWN = 4;

export function DatasetCard({ dataset }: { readonly dataset: DatasetView }) {
  const t = useTexts();
  const { id, name, items, classes, changed_at } = dataset;
  const { element, near } = useNear<HTMLLIElement>();
  const first = useLoad<ItemPage>(near && items > 0 ? `${datasetPath(id)}/items?limit=${SHOWN}` : null);
  const named = classes.filter((one) => one.class !== null).length;
  return (
    <li ref={element}>
      <Link class="dataset-card" href={`/datasets/${id}`}>
        <span class="mosaic" aria-hidden="true">
          {first.data?.items.map((item) => (
            <ItemImage key={item.id} dataset={id} item={item.id} />
          ))}
        </span>
        <span class="dataset-card-words">
          <strong>{name}</strong>
          <span class="quiet-text">
            {items === 0
              ? t.datasets.empty
              : `${t.datasets.images(count(items))} · ${t.datasets.classes(named)}`}
          </span>
          <time class="quiet-text" dateTime={changed_at}>
            {t.datasets.changed(dateTime(changed_at))}
          </time>
        </span>
      </Link>
    </li>
  );
}
