/** A dialog over the page. Escape and a click beside it close it; the focus goes back to where it was. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import '../styles/dialog.css';

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}

export function Dialog({ title, onClose, wide = false, children }: Props) {
  const id = useId();
  const element = useRef<HTMLDialogElement>(null);
  const latest = useRef(onClose);
  latest.current = onClose;
  useEffect(() => {
    const dialog = element.current;
    if (!dialog) return;
    const stop = new AbortController();
    dialog.showModal();
    dialog.addEventListener('close', () => latest.current(), { signal: stop.signal });
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close(), {
      signal: stop.signal,
    });
    return () => {
      stop.abort();
      dialog.close();
    };
  }, []);
  return (
    <dialog ref={element} class={`dialog${wide ? ' wide' : ''}`} aria-labelledby={id}>
      <div class="dialog-body">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly help: string;
  readonly confirm: string;
  readonly cancel: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something that cannot be undone. */
export function ConfirmDialog({ title, help, confirm, cancel, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{help}</p>
      <div class="dialog-buttons">
        <button type="button" onClick={onClose}>
          {cancel}
        </button>
        <button type="button" class="danger" onClick={onConfirm}>
          {confirm}
        </button>
      </div>
    </Dialog>
  );
}
