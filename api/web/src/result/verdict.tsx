/** The answer in a few words. */
import type { ComponentChildren } from 'preact';
import { useTexts } from '../texts/index.js';
import type { Content } from './content.js';

interface Props extends Pick<Content, 'view' | 'shown'> {
  /** Makes the heading of its words. */
  readonly heading: (words: string) => ComponentChildren;
}

export function Verdict({ view, shown, heading }: Props) {
  const t = useTexts();
  const nothing = shown.answers.length === 0;
  return (
    <div class="verdict">
      {heading(nothing ? t.result.nothing : view.heading(shown, t))}
      {nothing ? <p class="quiet-text">{t.result.nothingHelp}</p> : view.beside?.(shown)}
    </div>
  );
}
