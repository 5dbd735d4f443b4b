/** Server-Sent Events over fetch, because EventSource cannot send a key. */
import { type ServerEvent, takeEvents } from './event-stream.js';
import { request } from './http.js';

/**
 * Events of one stream until it ends.
 * @throws RequestFailed when it cannot be opened, TypeError when it breaks, AbortError
 */
export async function* readEvents(path: string, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const response = await request(path, { signal, headers: { Accept: 'text/event-stream' } });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  let waiting = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const { events, rest } = takeEvents(waiting + value);
    waiting = rest;
    yield* events;
  }
}
