/** Where images come in: dropped anywhere on the page, pasted, picked, or taken with a camera. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useTexts } from '../texts/index.js';
import { Icon } from './icons.js';

export interface GivenImage {
  readonly file: Blob;
  readonly name: string;
}

interface Props {
  readonly onImages: (images: readonly GivenImage[]) => void;
  readonly compact: boolean;
}

const ACCEPTED = 'image/*,.heic,.heif,.bmp,.tif,.tiff,.avif';

/** Touch screens have a camera one would use; desks seldom have. */
const hasCamera = () => matchMedia('(pointer: coarse)').matches;

/** Dropping and pasting work on the whole window. @returns whether something is being dragged over it */
function useWindowInput(onFiles: (files: readonly File[], pasted: boolean) => void): boolean {
  const [over, setOver] = useState(false);
  const latest = useRef(onFiles);
  latest.current = onFiles;
  useEffect(() => {
    const stop = new AbortController();
    const listen = <K extends keyof WindowEventMap>(type: K, call: (event: WindowEventMap[K]) => void) =>
      window.addEventListener(type, call, { signal: stop.signal });
    listen('dragover', (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setOver(true);
    });
    listen('dragleave', (event) => {
      if (event.relatedTarget === null) setOver(false);
    });
    listen('drop', (event) => {
      event.preventDefault();
      setOver(false);
      latest.current([...(event.dataTransfer?.files ?? [])], false);
    });
    listen('paste', (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) latest.current(files, true);
    });
    return () => stop.abort();
  }, []);
  return over;
}

export function DropZone({ onImages, compact }: Props) {
  const t = useTexts();
  const picker = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const give = (files: readonly File[], name?: string) => {
    if (files.length > 0) onImages(files.map((file) => ({ file, name: name ?? file.name })));
  };
  const over = useWindowInput((files, pasted) => give(files, pasted ? t.predict.pasted : undefined));
  const fromInput = (input: HTMLInputElement, name?: string) => {
    give([...(input.files ?? [])], name);
    input.value = ''; // so that the same image can be chosen again
  };
  return (
    <div class={`drop-zone${over ? ' over' : ''}${compact ? ' compact' : ''}`}>
      <div class="drop-words">
        <strong>{over ? t.predict.release : hasCamera() ? t.predict.give : t.predict.drop}</strong>
        {!hasCamera() && <span>{t.predict.paste}</span>}
      </div>
      <div class="drop-buttons">
        <button type="button" class="primary" onClick={() => picker.current?.click()}>
          <Icon name="upload" />
          {t.predict.pick}
        </button>
        {hasCamera() && (
          <button type="button" onClick={() => camera.current?.click()}>
            <Icon name="camera" />
            {t.predict.camera}
          </button>
        )}
      </div>
      <input
        ref={picker}
        class="visually-hidden"
        type="file"
        accept={ACCEPTED}
        multiple
        tabIndex={-1}
        aria-label={t.predict.pick}
        onChange={(event) => fromInput(event.currentTarget)}
      />
      <input
        ref={camera}
        class="visually-hidden"
        type="file"
        accept="image/*"
        capture="environment"
        tabIndex={-1}
        aria-label={t.predict.camera}
        onChange={(event) => fromInput(event.currentTarget, t.predict.photo)}
      />
    </div>
  );
}
