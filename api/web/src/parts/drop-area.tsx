/** The whole window takes images, on every view: dropped or pasted. While something is dragged, the window says so. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { takesAddresses } from '../client/limits.js';
import { navigate } from '../routing/router.js';
import { dropTarget } from '../state/drop-target.js';
import { givenModels, isNetwork } from '../state/given-models.js';
import { addressIn, give, giveAddress } from '../state/intake.js';
import { useValue } from '../state/observable.js';
import { useTexts } from '../texts/index.js';
import { droppedFiles, type GivenFile } from './given-files.js';

/** An address that was pasted, where the server fetches images. */
async function giveIfTaken(address: string): Promise<void> {
  if (!(await takesAddresses())) return;
  navigate('/');
  await giveAddress(address);
}

/** @returns whether files are being dragged over the window */
function useWindowInput(onFiles: (files: readonly GivenFile[], pasted: boolean) => void): boolean {
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
      setOver(false);
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      void droppedFiles(event.dataTransfer).then((files) => files.length > 0 && latest.current(files, false));
    });
    listen('paste', (event) => {
      const files = [...(event.clipboardData?.files ?? [])].map((file) => ({ file, folder: null }));
      if (files.length > 0) return latest.current(files, true);
      const isTyped = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      const address = isTyped ? null : addressIn(event.clipboardData?.getData('text/plain') ?? '');
      if (address) void giveIfTaken(address);
    });
    return () => stop.abort();
  }, []);
  return over;
}

export function DropArea() {
  const t = useTexts();
  const target = useValue(dropTarget);
  const over = useWindowInput((files, pasted) => {
    if (target) return target.take(files);
    if (files.some(({ file }) => isNetwork(file))) {
      givenModels.value = files.map(({ file }) => file);
      return navigate('/add-model');
    }
    navigate('/');
    void give(
      files.map(({ file }) => ({ file, name: pasted ? t.predict.pasted : file.name, isFile: !pasted })),
    );
  });
  return over ? (
    <div class="drop-veil" aria-hidden="true">
      <p>{target?.release ?? t.predict.release}</p>
    </div>
  ) : null;
}
