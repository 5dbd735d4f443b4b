/** What the model saw of an image: the rest is darkened. */
import type { ComponentChildren } from 'preact';
import { Observable, useValue } from '../state/observable.js';
import { percent, useTexts } from '../texts/index.js';
import type { Region } from './seen-region.js';
import { Tool } from './stage-tools.js';

/** Kept from image to image, as one looks through several. */
const marked = new Observable(false);

export function SeenPart({ seen }: { readonly seen: Region | null }): ComponentChildren {
  if (!useValue(marked) || !seen) return null;
  const share = (part: number) => `${part * 100}%`;
  const place = {
    left: share(seen.x),
    top: share(seen.y),
    width: share(seen.width),
    height: share(seen.height),
  };
  return (
    <div class="seen" aria-hidden="true">
      <div style={place} />
    </div>
  );
}

export function SeenTool({ seen }: { readonly seen: Region | null }): ComponentChildren {
  const t = useTexts();
  const pressed = useValue(marked);
  if (!seen) return null;
  const toggle = () => {
    marked.value = !pressed;
  };
  return (
    <>
      {pressed && <span>{t.result.seen(percent(seen.width * seen.height, 0))}</span>}
      <Tool icon="crop" label={t.result.showSeen} pressed={pressed} onClick={toggle} />
    </>
  );
}
