/** The image that was sent, in its own proportions, with whatever lies over it; zoomed, in full screen, and one of several. */
import type { ImageInfo } from '@scry/shared/contracts/prediction';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from '../parts/icons.js';
import { useTexts } from '../texts/index.js';
import { useZoom } from './use-zoom.js';
import type { Zoom } from './zoom.js';

/** The image's place among others. */
export interface Steps {
  readonly place: number;
  readonly count: number;
  readonly go: (by: 1 | -1) => void;
}

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

interface ToolProps {
  readonly icon: IconName;
  readonly label: string;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly onClick: () => void;
}

export function Tool({ icon, label, disabled, pressed, onClick }: ToolProps) {
  return (
    <button
      type="button"
      class="tool"
      aria-label={label}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

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

export function Stage({ url, name, image, busy, onBroken, steps, overlay, tools }: Props) {
  const t = useTexts();
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
        {url ? (
          <img
            src={url}
            alt={t.result.imageAlt(name)}
            draggable={false}
            onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
              setNatural(naturalWidth / naturalHeight)
            }
            onError={onBroken}
          />
        ) : (
          <p class="no-preview">{t.result.noPreview}</p>
        )}
        {overlay?.(zoom)}
        {busy && <div class="scan" aria-hidden="true" />}
      </div>
      <div class="stage-tools">
        {steps && steps.count > 1 && (
          <span class="tool-group">
            <Tool
              icon="previous"
              label={t.result.previous}
              disabled={steps.place === 0}
              onClick={() => steps.go(-1)}
            />
            <span class="figures">{t.common.of(String(steps.place + 1), String(steps.count))}</span>
            <Tool
              icon="next"
              label={t.result.next}
              disabled={steps.place === steps.count - 1}
              onClick={() => steps.go(1)}
            />
          </span>
        )}
        <span class="tool-group">
          {tools}
          <Tool icon="minus" label={t.result.zoomOut} disabled={!zoomed} onClick={() => step(-1)} />
          <Tool icon="plus" label={t.result.zoomIn} onClick={() => step(1)} />
          {document.fullscreenEnabled && (
            <Tool icon="full" label={t.result.fullScreen} pressed={full} onClick={toggle} />
          )}
        </span>
      </div>
    </div>
  );
}
