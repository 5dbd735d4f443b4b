/** The image that was sent, in its own proportions, with whatever lies over it; zoomed, in full screen, and one of several. */
import type { ImageInfo } from '@scry/shared/contracts/prediction';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useTexts } from '../texts/index.js';
import { type Steps, StepTools, ZoomTools } from './stage-tools.js';
import { useZoom } from './use-zoom.js';
import type { Zoom } from './zoom.js';

interface Props {
  readonly url: string | null;
  readonly name: string;
  readonly image: ImageInfo | null;
  readonly busy: boolean;
  readonly onBroken: () => void;
  readonly steps?: Steps | undefined;
  /** What lies over the image. */
  readonly overlay?: (zoom: Zoom) => ComponentChildren;
  /** Further buttons. */
  readonly tools?: ComponentChildren;
}

const KEYS: Readonly<Record<string, 1 | -1 | 0>> = { '+': 1, '=': 1, '-': -1, '0': 0 };

/** Whether an element fills the screen, and a function that changes it. */
function useFullScreen(element: { readonly current: HTMLElement | null }) {
  const [full, setFull] = useState(false);
  useEffect(() => {
    const look = () =>
      setFull(document.fullscreenElement !== null && document.fullscreenElement === element.current);
    document.addEventListener('fullscreenchange', look);
    return () => document.removeEventListener('fullscreenchange', look);
  }, []);
  const toggle = () => {
    const done = full ? document.exitFullscreen() : element.current?.requestFullscreen();
    done?.catch(() => {}); // a browser may refuse: the image stays where it is
  };
  return { full, toggle };
}

interface ShownImageProps extends Pick<Props, 'url' | 'name' | 'onBroken'> {
  /** Told width divided by height once the image is there. */
  readonly onRatio: (ratio: number) => void;
}

function ShownImage({ url, name, onBroken, onRatio }: ShownImageProps) {
  const t = useTexts();
  if (!url) return <p class="no-preview">{t.result.noPreview}</p>;
  return (
    <img
      src={url}
      alt={t.result.imageAlt(name)}
      draggable={false}
      onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => onRatio(naturalWidth / naturalHeight)}
      onError={onBroken}
    />
  );
}

export function Stage({ url, name, image, busy, onBroken, steps, overlay, tools }: Props) {
  const stage = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [natural, setNatural] = useState<number | null>(null);
  const { zoom, step } = useZoom(frame);
  const { full, toggle } = useFullScreen(stage);
  const ratio = image ? image.width / image.height : (natural ?? 4 / 3);
  const zoomed = zoom.scale > 1;
  const onKeyDown = (event: KeyboardEvent) => {
    const direction = KEYS[event.key];
    if (direction === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    step(direction);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of its buttons
    <div
      class={`stage${busy ? ' busy' : ''}`}
      ref={stage}
      style={{ '--ratio': String(ratio) }}
      onKeyDown={onKeyDown}
    >
      <div
        class={`stage-frame${zoomed ? ' zoomed' : ''}`}
        ref={frame}
        style={{ '--zoom': `translate(${zoom.x}px, ${zoom.y}px) scale(${zoom.scale})` }}
      >
        <ShownImage url={url} name={name} onBroken={onBroken} onRatio={setNatural} />
        {overlay?.(zoom)}
        {busy && <div class="scan" aria-hidden="true" />}
      </div>
      <div class="stage-tools">
        {steps && steps.count > 1 && <StepTools {...steps} />}
        <ZoomTools zoomed={zoomed} step={step} full={full} onFull={toggle}>
          {tools}
        </ZoomTools>
      </div>
    </div>
  );
}
