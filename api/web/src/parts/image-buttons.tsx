/** The ways to give an image besides dropping and pasting: a button each. In the intake's bar, narrow ones show their icons only. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { type GivenImage, give } from '../state/intake.js';
import { useTexts } from '../texts/index.js';
import { IMAGE_FILES } from './given-files.js';
import { Icon } from './icons.js';
import { lazyPart } from './lazy.js';

const Webcam = lazyPart(async () => (await import('./webcam.js')).Webcam);

/** Touch screens have a camera one would use; desks seldom have. */
export const hasCamera = () => matchMedia('(pointer: coarse)').matches;

/** Whether a camera is connected that a page may ask for; over plain http from elsewhere none may. */
function useWebcam(): boolean {
  const [there, setThere] = useState(false);
  useEffect(() => {
    if (hasCamera()) return;
    const devices = navigator.mediaDevices?.enumerateDevices() ?? Promise.resolve([]);
    devices.then(
      (all) => setThere(all.some(({ kind }) => kind === 'videoinput')),
      () => undefined, // as if there were none
    );
  }, []);
  return there;
}

function giveFrom(input: HTMLInputElement, photo: string | null): void {
  const images = [...(input.files ?? [])].map(
    (file): GivenImage => ({ file, name: photo ?? file.name, isFile: photo === null }),
  );
  input.value = ''; // so that the same image can be chosen again
  if (images.length > 0) void give(images);
}

interface Props {
  /** Whether choosing an image is what the view is for. */
  readonly primary: boolean;
}

export function ImageButtons({ primary }: Props) {
  const t = useTexts();
  const picker = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const hasWebcam = useWebcam();
  const [webcam, setWebcam] = useState(false);
  const hidden = { class: 'visually-hidden', type: 'file', tabIndex: -1, 'aria-hidden': 'true' } as const;
  return (
    <div class="image-buttons">
      <button type="button" class={primary ? 'primary' : undefined} onClick={() => picker.current?.click()}>
        <Icon name="upload" />
        <span class="button-text">{t.predict.pick}</span>
      </button>
      {hasCamera() && (
        <button type="button" onClick={() => camera.current?.click()}>
          <Icon name="camera" />
          <span class="button-text">{t.predict.camera}</span>
        </button>
      )}
      {hasWebcam && (
        <button type="button" onClick={() => setWebcam(true)}>
          <Icon name="camera" />
          <span class="button-text">{t.predict.webcam}</span>
        </button>
      )}
      {webcam && <Webcam onClose={() => setWebcam(false)} />}
      <input
        {...hidden}
        ref={picker}
        accept={IMAGE_FILES}
        multiple
        onChange={(event) => giveFrom(event.currentTarget, null)}
      />
      <input
        {...hidden}
        ref={camera}
        accept="image/*"
        capture="environment"
        onChange={(event) => giveFrom(event.currentTarget, t.predict.photo)}
      />
    </div>
  );
}
