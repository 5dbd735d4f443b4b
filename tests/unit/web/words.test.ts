import { addressOf, filterIn, NO_FILTER, queryOf } from '../../../api/web/src/parts/filter.js';
import { blocksOf } from '../../../api/web/src/parts/markdown-blocks.js';
import { ticks } from '../../../api/web/src/parts/ticks.js';
import { curlCommand } from '../../../api/web/src/result/curl.js';
import { parsePath } from '../../../api/web/src/routing/route.js';

describe('an address', () => {
  it.each([
    ['/', { view: 'predict' }],
    ['/p/0198-abc', { view: 'prediction', id: '0198-abc' }],
    ['/p/', { view: 'unknown' }],
    ['/p/%E0%A4%A', { view: 'unknown' }],
    ['/history', { view: 'history' }],
    ['/datasets/01M7', { view: 'dataset', id: '01M7' }],
    ['/trainings', { view: 'trainings' }],
    ['/trainings/01M7', { view: 'training', id: '01M7' }],
    ['/trainings/01M7/x', { view: 'unknown' }],
    ['/history/2', { view: 'unknown' }],
    ['/elsewhere', { view: 'unknown' }],
  ])('%s names a view', (path, route) => {
    expect(parsePath(path)).toEqual(route);
  });
});

describe('a filter', () => {
  it('asks for whole days, the last one included', () => {
    const query = new URLSearchParams(queryOf({ ...NO_FILTER, since: '2026-03-01', until: '2026-03-01' }));
    const from = Date.parse(query.get('since') ?? '');
    const to = Date.parse(query.get('until') ?? '');
    expect(new Date(from).getHours()).toBe(0);
    expect(to - from).toBe(24 * 3600 * 1000);
  });

  it('asks for nothing where nothing is set', () => {
    expect(queryOf({ ...NO_FILTER, label: '  ' })).toBe('');
    expect(addressOf(NO_FILTER)).toBe('');
  });

  it('survives in an address', () => {
    const filter = { ...NO_FILTER, model: 'a&b', label: 'ß', since: '2026-03-01' };
    expect(filterIn(addressOf(filter))).toEqual(filter);
  });
});

describe('a command', () => {
  const prediction = {
    prediction_id: 'abc',
    model: { name: 'cells' },
    parameters: { threshold: 0.4 },
  } as never;
  const origin = 'https://scry.example';

  it.each([
    ["it's.jpg", `"it'\\''s.jpg"`],
    ['a,b;c.jpg', '"a,b;c.jpg"'],
    ['"q"\\.jpg', '"\\"q\\"\\\\.jpg"'],
  ])('survives a shell and curl when the file is called %s', (file, quoted) => {
    expect(curlCommand(prediction, { origin, withKey: true, file })).toBe(
      [
        `curl 'https://scry.example/v1/predictions'`,
        `  -H "Authorization: Bearer $SCRY_KEY"`,
        `  -H 'Prefer: wait=10'`,
        `  -F 'model=cells'`,
        `  -F 'threshold=0.4'`,
        `  -F 'image=@${quoted}'`,
      ].join(' \\\n'),
    );
  });

  it('fetches the image from the server when it is in no file', () => {
    const command = curlCommand(prediction, { origin, withKey: false, file: null });
    expect(command.split(' |\n')[0]).toBe("curl -s 'https://scry.example/v1/predictions/abc/image'");
    expect(command).toContain("-F 'image=@-;filename=image'");
  });
});

describe("a README's blocks", () => {
  it('are headings, paragraphs, lists and code', () => {
    const text = '# Title\nOne\nline.\n\n- a\n  b\n- c\n\n```sh\nnpm start\n```\n';
    expect(blocksOf(text)).toEqual([
      { kind: 'heading', text: 'Title' },
      { kind: 'paragraph', text: 'One line.' },
      { kind: 'list', items: ['a b', 'c'] },
      { kind: 'code', text: 'npm start\n' },
    ]);
  });
});

describe('ticks', () => {
  it.each([
    [1, [0, 0.5, 1]],
    [9.9, [0, 5]],
    [120, [0, 50, 100]],
  ])('up to %d are round', (most, expected) => {
    expect(ticks(most)).toEqual(expected);
  });

  it('are whole where only whole values are shown', () => {
    expect(ticks(1.1, 1)).toEqual([0, 1]);
  });
});
