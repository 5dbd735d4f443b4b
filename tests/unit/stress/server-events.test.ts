import { eventData, finalEvent } from '@scry/stress/load/server-events';

async function* chunks(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}

async function collected(...texts: string[]): Promise<string[]> {
  const all: string[] = [];
  for await (const data of eventData(chunks(...texts))) all.push(data);
  return all;
}

describe('server-sent events', () => {
  test('are read however they are cut into chunks', async () => {
    const stream = 'event: queued\ndata: one\n\n: comment\n\ndata:two\ndata: more\r\n\r\n';
    expect(await collected(stream)).toEqual(['one', 'two\nmore']);
    expect(await collected(...stream)).toEqual(['one', 'two\nmore']);
  });

  test('give the first prediction that has ended', async () => {
    const view = await finalEvent(
      chunks('data: {"status":"queued"}\n\n', 'data: {"status":"succeeded","code":200}\n\n'),
    );
    expect(view).toEqual({ status: 'succeeded', code: 200 });
    expect(await finalEvent(chunks('data: {"status":"processing"}\n\n'))).toBeNull();
  });
});
