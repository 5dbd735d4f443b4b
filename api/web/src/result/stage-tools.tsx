/** The buttons below an image. */
import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from '../parts/icons.js';
import { useTexts } from '../texts/index.js';

/** The image's place among others. */
export interface Steps {
  readonly place: number;
  readonly count: number;
  readonly go: (by: 1 | -1) => void;
}

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

/** From image to image. */
export function StepTools({ place, count, go }: Steps) {
  const t = useTexts();
  return (
    <span class="tool-group">
      <Tool icon="previous" label={t.result.previous} disabled={place === 0} onClick={() => go(-1)} />
      <span class="figures">{t.common.of(String(place + 1), String(count))}</span>
      <Tool icon="next" label={t.result.next} disabled={place === count - 1} onClick={() => go(1)} />
    </span>
  );
}

interface ZoomToolsProps {
  readonly zoomed: boolean;
  readonly step: (direction: 1 | -1) => void;
  readonly full: boolean;
  readonly onFull: () => void;
  /** Further buttons. */
  readonly children: ComponentChildren;
}

export function ZoomTools({ zoomed, step, full, onFull, children }: ZoomToolsProps) {
  const t = useTexts();
  return (
    <span class="tool-group">
      {children}
      <Tool icon="minus" label={t.result.zoomOut} disabled={!zoomed} onClick={() => step(-1)} />
      <Tool icon="plus" label={t.result.zoomIn} onClick={() => step(1)} />
      {document.fullscreenEnabled && (
        <Tool icon="full" label={t.result.fullScreen} pressed={full} onClick={onFull} />
      )}
    </span>
  );
}
