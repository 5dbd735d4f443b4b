/** The thumbnail of a data set's item, loaded when it comes near the window. */
import { itemPath } from '../client/datasets.js';
import { useImageUrl } from './image-url.js';
import { useNear } from './use-near.js';

interface Props {
  readonly dataset: string;
  readonly item: string;
  readonly alt?: string;
}

export function ItemImage({ dataset, item, alt = '' }: Props) {
  const { element, near } = useNear<HTMLSpanElement>();
  const image = useImageUrl(`${itemPath(dataset, item)}/thumbnail`, near);
  return (
    <span class="item-image" ref={element}>
      {image.url && near && (
        <img
          src={image.url}
          alt={alt}
          decoding="async"
          draggable={false}
          onError={(event) => event.currentTarget.classList.add('broken')}
        />
      )}
    </span>
  );
}
