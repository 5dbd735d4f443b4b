/** The image that was sent, in its own proportions, with whatever lies over it. */
import type { ImageInfo } from '@scry/shared/contracts/prediction';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useTexts } from '../texts/index.js';

interface Props {
  readonly url: string | null;
  readonly name: string;
  readonly image: ImageInfo | null;
  readonly busy: boolean;
  readonly onBroken: () => void;
  readonly children?: ComponentChildren;
}

export function Stage({ url, name, image, busy, onBroken, children }: Props) {
  const t = useTexts();
  const [natural, setNatural] = useState<number | null>(null);
  const ratio = image ? image.width / image.height : (natural ?? 4 / 3);
  return (
    <div class={`stage${busy ? ' busy' : ''}`} style={{ '--ratio': String(ratio) }}>
      <div class="stage-frame">
        {url ? (
          <img
            src={url}
            alt={t.result.imageAlt(name)}
            onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
              setNatural(naturalWidth / naturalHeight)
            }
            onError={onBroken}
          />
        ) : (
          <p class="no-preview">{t.result.noPreview}</p>
        )}
        {children}
        {busy && <div class="scan" aria-hidden="true" />}
      </div>
    </div>
  );
}
