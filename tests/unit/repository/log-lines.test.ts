import { pretty } from '../../../scripts/lib/log-lines.mjs';

const entry = { level: 40, time: '2026-01-31T10:00:00.000Z', pid: 7, hostname: 'h', name: 'worker' };

test('a log line at a terminal says who, when, how grave, what, and its fields', () => {
  expect(pretty('worker-1', { ...entry, msg: 'database unavailable', error: 'refused', delay: 100 })).toMatch(
    /^worker-1 {2}\[\d\d:\d\d:00\] WARN: database unavailable \{"delay":100,"reason":"refused"\}$/,
  );
});

test('an error is shown with its stack, indented', () => {
  const error = { type: 'Error', message: 'no', stack: 'Error: no\n    at here' };
  expect(pretty('api', { ...entry, level: 50, msg: 'failed', error })).toMatch(
    /ERROR: failed[\s\S]+\n +at here/,
  );
});
