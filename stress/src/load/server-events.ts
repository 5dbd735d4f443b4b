/** Reads Server-Sent Events. Source of the form: WHATWG HTML, "Server-sent events". */
import { isFinished, type PredictionView } from '@scry/shared/contracts/prediction';

/** Texts of the `data` of each event, in order; lines of one event are joined by line breaks. */
export async function* eventData(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  for await (const chunk of chunks) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
      if (line !== '' || data.length === 0) continue;
      yield data.join('\n');
      data = [];
    }
  }
}

/** The first prediction in a stream that has ended, or null when the stream ends without one. */
export async function finalEvent(
  chunks: AsyncIterable<Buffer | string>,
): Promise<Partial<PredictionView> | null> {
  for await (const data of eventData(chunks)) {
    const view = JSON.parse(data) as Partial<PredictionView>;
    if (view.status && isFinished(view.status)) return view;
  }
  return null;
}
