/** Copies a text, and says whether the browser let it. */
import { useState } from 'preact/hooks';
import { announce } from '../parts/announcer.js';
import { Icon, type IconName } from '../parts/icons.js';
import { useTexts } from '../texts/index.js';

const SHOWN_MS = 2000;

interface Props {
  readonly icon: IconName;
  readonly label: string;
  readonly text: () => string;
}

export function CopyButton({ icon, label, text }: Props) {
  const t = useTexts();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      setCopied(true);
      announce(t.share.copied);
      setTimeout(() => setCopied(false), SHOWN_MS);
    } catch {
      announce(t.share.failed); // the browser forbids it, or the page came over plain http
      window.prompt(label, text());
    }
  };
  return (
    <button type="button" class="quiet" onClick={() => void copy()}>
      <Icon name={copied ? 'check' : icon} />
      {copied ? t.share.copied : label}
    </button>
  );
}
