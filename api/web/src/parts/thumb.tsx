/** An image of the list, small. */
import { useState } from 'preact/hooks';
import { predictionPath } from '../client/predictions.js';
import type { Item } from '../state/uploads.js';
import { useImageUrl } from './image-url.js';

/** The image as this browser shows it; as the server does where the browser cannot (HEIC, TIFF) or has it no more. */
export function Thumb({ item }: { readonly item: Item }) {
  const [broken, setBroken] = useState(item.url === null);
  const path = item.prediction && `${predictionPath(item.id)}/thumbnail?size=256`;
  const remote = useImageUrl(broken ? path : null);
  const url = broken ? remote.url : item.url;
  return (
    url && <img src={url} alt="" width="48" height="48" loading="lazy" onError={() => setBroken(true)} />
  );
}
