/** Where images are chosen or taken with a camera. The whole window takes dropped and pasted ones: see drop-area.tsx. */
import { useRef } from 'preact/hooks';
import { type GivenImage, give } from '../state/intake.js';
import { useTexts } from '../texts/index.js';
import { Icon } from './icons.js';

const ACCEPTED = 'image/*,.heic,.heif,.bmp,.tif,.tiff,.avif';

/** Touch screens have a camera one would use; desks seldom have. */
const hasCamera = () => matchMedia('(pointer: coarse)').matches;

export function DropZone({ compact }: { readonly compact: boolean }) {
  const t = useTexts();
  const picker = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const fromInput = (input: HTMLInputElement, photo: string | null) => {
    const images = [...(input.files ?? [])].map(
      (file): GivenImage => ({ file, name: photo ?? file.name, isFile: photo === null }),
    );
    input.value = ''; // so that the same image can be chosen again
    if (images.length > 0) void give(images);
  };
  return (
    <div class={`drop-zone${compact ? ' compact' : ''}`}>
      <div class="drop-words">
        <strong>{hasCamera() ? t.predict.give : t.predict.drop}</strong>
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
        aria-hidden="true"
        onChange={(event) => fromInput(event.currentTarget, null)}
      />
      <input
        ref={camera}
        class="visually-hidden"
        type="file"
        accept="image/*"
        capture="environment"
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => fromInput(event.currentTarget, t.predict.photo)}
      />
    </div>
  );
}
