/**
 * Server-Sent Events over fetch, because EventSource cannot send a key. Format: WHATWG HTML, section 9.2
 * (only what the API sends: `event`, `data`, comments).
 */
import { request } from './http.js';

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Takes whole events off the front of a text. @returns them, and what is left */
export function takeEvents(text: string): { events: ServerEvent[]; rest: string } {
  const blocks = text.replace(/\r\n?/g, '\n').split('\n\n');
  const rest = blocks.pop() ?? '';
  const events: ServerEvent[] = [];
  for (const block of blocks) {
    let event = 'message';
    const data: string[] = [];
    for (const line of block.split('\n')) {
      if (line.startsWith('event:')) event = line.slice(6).trim();
      else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
    }
    if (data.length > 0) events.push({ event, data: data.join('\n') });
  }
  return { events, rest };
}

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
