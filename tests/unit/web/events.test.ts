import { takeEvents } from '../../../api/web/src/client/event-stream.js';

describe('a stream of events', () => {
  it('gives whole events and keeps the rest for later', () => {
    const { events, rest } = takeEvents('id: 1\nevent: status\ndata: {"a":1}\n\nevent: status\nda');
    expect(events).toEqual([{ event: 'status', data: '{"a":1}' }]);
    expect(rest).toBe('event: status\nda');
  });

  it('passes over comments, joins lines of data and takes any line end', () => {
    const { events } = takeEvents(': waiting\r\n\r\ndata: one\r\ndata: two\r\n\r\n');
    expect(events).toEqual([{ event: 'message', data: 'one\ntwo' }]);
  });
});
