/** Answers about several images as a file. */
import { useRef, useState } from 'preact/hooks';
import { sentenceFor } from '../client/failure.js';
import { saveAs } from '../parts/image-url.js';
import { Entry, Menu } from '../result/menu.js';
import type { Item } from '../state/uploads.js';
import { useTexts } from '../texts/index.js';
import { csvOf, jsonOf, type Named } from './tables.js';

const named = (items: readonly Item[]): Named[] =>
  items.flatMap(({ name, prediction }) => (prediction ? [{ name, prediction }] : []));

type State =
  | { readonly doing: 'nothing' }
  | { readonly doing: 'packing'; readonly done: number; readonly of: number }
  | { readonly doing: 'failed'; readonly error: unknown };

/** Packs the zip, whose code comes when it is wanted. */
function usePacking(all: readonly Named[]) {
  const [state, setState] = useState<State>({ doing: 'nothing' });
  const running = useRef<AbortController | null>(null);
  const pack = async () => {
    const stop = new AbortController();
    running.current = stop;
    const of = all.filter(({ prediction }) => prediction.status === 'succeeded').length;
    const onProgress = (done: number) => setState({ doing: 'packing', done, of });
    onProgress(0);
    try {
      const { zipOf } = await import('./zip.js');
      saveAs(await zipOf(all, onProgress, stop.signal), 'predictions.zip');
      setState({ doing: 'nothing' });
    } catch (error) {
      setState(stop.signal.aborted ? { doing: 'nothing' } : { doing: 'failed', error });
    }
  };
  return { state, pack: () => void pack(), stop: () => running.current?.abort() };
}

export function ExportMenu({ items }: { readonly items: readonly Item[] }) {
  const t = useTexts();
  const all = named(items);
  const { state, pack, stop } = usePacking(all);
  const save = (text: string, type: string, name: string) => saveAs(new Blob([text], { type }), name);
  return (
    <>
      <Menu label={t.overview.export}>
        <Entry
          icon="download"
          label={t.overview.csv}
          onClick={() => save(csvOf(all), 'text/csv', 'predictions.csv')}
        />
        <Entry
          icon="download"
          label={t.overview.json}
          onClick={() => save(jsonOf(all), 'application/json', 'predictions.json')}
        />
        <Entry icon="download" label={t.overview.zip} onClick={pack} />
      </Menu>
      {state.doing === 'packing' && (
        <span class="packing" role="status">
          {t.overview.packing(t.common.of(String(state.done), String(state.of)))}
          <button type="button" class="quiet" onClick={stop}>
            {t.predict.cancel}
          </button>
        </span>
      )}
      {state.doing === 'failed' && (
        <p class="notice bad" role="alert">
          {sentenceFor(state.error, t)}
        </p>
      )}
    </>
  );
}
