/** The whole window takes images, on every view: dropped or pasted. While something is dragged, the window says so. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { navigate } from '../routing/router.js';
import { give } from '../state/intake.js';
import { useTexts } from '../texts/index.js';

/** @returns whether files are being dragged over the window */
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
      const files = [...(event.dataTransfer?.files ?? [])];
      setOver(false);
      if (files.length === 0) return;
      event.preventDefault();
      latest.current(files, false);
    });
    listen('paste', (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) latest.current(files, true);
    });
    return () => stop.abort();
  }, []);
  return over;
}

export function DropArea() {
  const t = useTexts();
  const over = useWindowInput((files, pasted) => {
    navigate('/');
    void give(files.map((file) => ({ file, name: pasted ? t.predict.pasted : file.name, isFile: !pasted })));
  });
  return over ? (
    <div class="drop-veil" aria-hidden="true">
      <p>{t.predict.release}</p>
    </div>
  ) : null;
}
