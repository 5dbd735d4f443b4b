/** The model's README, loaded when it is opened. */
import { useState } from 'preact/hooks';
import { request } from '../client/http.js';
import { modelPath } from '../client/versions.js';
import { Markdown } from '../parts/markdown.js';
import { ErrorNotice } from '../parts/notice.js';
import { useTexts } from '../texts/models.js';

export function Readme({ name }: { readonly name: string }) {
  const t = useTexts();
  const [text, setText] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const load = async () => {
    try {
      const response = await request(`${modelPath(name)}/readme`, { headers: { Accept: 'text/markdown' } });
      setText(await response.text());
      setError(null);
    } catch (failure) {
      setError(failure);
    }
  };
  const onToggle = (event: { currentTarget: HTMLDetailsElement }) => {
    if (event.currentTarget.open && text === null) void load();
  };
  return (
    <details class="readme" onToggle={onToggle}>
      <summary>{t.models.readme}</summary>
      {error !== null && <ErrorNotice error={error} />}
      {text !== null && <Markdown text={text} />}
    </details>
  );
}
