/** A button that opens the computer's chooser of files. */
import { useRef } from 'preact/hooks';
import { type GivenFile, pickedFiles } from './given-files.js';
import { Icon } from './icons.js';

interface Props {
  readonly label: string;
  /** Of the button, such as "primary". */
  readonly look?: string;
  readonly icon?: boolean;
  /** As in an input's `accept`; left out: any file. */
  readonly accept?: string;
  readonly multiple?: boolean;
  /** Whole folders are chosen, and not files. */
  readonly folder?: boolean;
  readonly disabled?: boolean;
  /** Never told of none. */
  readonly onFiles: (files: readonly GivenFile[]) => void;
}

export function FileButton({
  label,
  look = '',
  icon = false,
  accept,
  multiple,
  folder,
  disabled,
  onFiles,
}: Props) {
  const input = useRef<HTMLInputElement>(null);
  const take = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => {
    const files = pickedFiles(currentTarget);
    currentTarget.value = ''; // so that the same can be chosen again
    if (files.length > 0) onFiles(files);
  };
  return (
    <>
      <button type="button" class={look} disabled={disabled ?? false} onClick={() => input.current?.click()}>
        {icon && <Icon name="upload" />}
        {label}
      </button>
      <input
        ref={input}
        class="visually-hidden"
        type="file"
        multiple={multiple ?? false}
        tabIndex={-1}
        aria-hidden="true"
        {...(accept ? { accept } : {})}
        {...(folder ? { webkitdirectory: true } : {})}
        onChange={take}
      />
    </>
  );
}
