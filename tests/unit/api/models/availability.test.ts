import { availabilityOf, notServed } from '@scry/api/models/availability';

const serving = { models: [{ name: 'cats', version: '1', device: 'cpu', runtime: 'x' }], problems: [] };
const idle = { models: [], problems: [] };
const refusing = { models: [], problems: [{ name: 'cats', version: '1', message: 'the file is damaged.' }] };

it.each([
  ['one of two workers serves it', [refusing, serving], null, 'served'],
  ['no worker lives', [], null, 'expected'],
  ['no worker lives, and it was served long ago', [], 1e6, 'expected'],
  ['none serves it, but one did a moment ago', [refusing, idle], 10, 'expected'],
  ['none serves it, and none did for long', [idle], 1e6, 'absent'],
  ['none ever served it', [idle], null, 'absent'],
  ['it could not be loaded', [idle, refusing], null, 'refused'],
  ['it could not be loaded for long', [refusing], 1e6, 'refused'],
] as const)('when %s, a model is what it should be', (_, workers, servedAgoS, state) => {
  expect(availabilityOf('cats@1', workers, servedAgoS).state).toBe(state);
});

it('says why a model is not served in a sentence', () => {
  expect(notServed('cats@1', availabilityOf('cats@1', [refusing], null))).toBe(
    'No worker can load the model "cats@1": the file is damaged.',
  );
  expect(notServed('cats@1', { state: 'absent' })).toBe('No worker serves the model "cats@1".');
});

it('says nothing of where the server keeps its files', () => {
  const reason = "ENOENT: no such file or directory, open '/srv/scry/data/blobs/models/ab12'";
  expect(notServed('cats@1', { state: 'refused', reason })).toBe(
    'No worker can load the model "cats@1": ENOENT: no such file or directory, open \'ab12\'.',
  );
});
