/** A photo from a camera at a desk: the browser asks for leave, shows what the camera sees, and a button takes the image. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { give } from '../state/intake.js';
import { useTexts } from '../texts/index.js';
import { Dialog } from './dialog.js';

type Refused = 'refused' | 'missing' | 'busy';

const REFUSALS: Readonly<Record<string, Refused>> = {
  NotAllowedError: 'refused',
  SecurityError: 'refused',
  NotFoundError: 'missing',
  OverconstrainedError: 'missing',
};

/** Shows the camera in a video while it is on the page; switched off with it. */
function useCamera() {
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<'asking' | 'on' | Refused>('asking');
  useEffect(() => {
    let stream: MediaStream | null = null;
    let gone = false;
    const off = () => {
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    const start = async () => {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 } } });
      if (gone || !video.current) return off();
      video.current.srcObject = stream;
      await video.current.play();
      setState('on');
    };
    start().catch((error: Error) => {
      if (!gone) setState(REFUSALS[error.name] ?? 'busy');
    });
    return () => {
      gone = true;
      off();
    };
  }, []);
  return { video, state };
}

/** What a video shows now, as a JPEG. */
function imageOf(video: HTMLVideoElement): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.92));
}

export function Webcam({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts();
  const { video, state } = useCamera();
  const take = async () => {
    const file = video.current && (await imageOf(video.current));
    onClose();
    if (file) await give([{ file, name: t.predict.photo, isFile: false }]);
  };
  const isRefused = state !== 'asking' && state !== 'on';
  return (
    <Dialog title={t.predict.webcam} wide onClose={onClose}>
      {isRefused ? (
        <p class="notice bad" role="alert">
          {t.predict.webcamProblems[state]}
        </p>
      ) : (
        <video ref={video} class="webcam" muted playsInline aria-label={t.predict.webcam} />
      )}
      <div class="field-row">
        {!isRefused && (
          <button type="button" class="primary" disabled={state !== 'on'} onClick={() => void take()}>
            {t.predict.camera}
          </button>
        )}
        <button type="button" class="quiet" onClick={onClose}>
          {t.predict.cancel}
        </button>
      </div>
    </Dialog>
  );
}
