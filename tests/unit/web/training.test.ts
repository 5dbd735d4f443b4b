/** What the page's views for data sets and trainings reckon: selections, settings, places in a chart. */
import { trainingSettingsSchema, withMethodDefaults } from '@scry/shared/contracts/training';
import {
  itemAddressOf,
  itemFilterIn,
  itemQueryOf,
  NO_ITEM_FILTER,
} from '../../../api/web/src/datasets/item-filter.js';
import { among, choose, NOTHING_SELECTED, stepTo } from '../../../api/web/src/datasets/selection.js';
import { indexAt, lineScale, pathOf } from '../../../api/web/src/parts/line-scale.js';
import {
  type Chosen,
  chosenBefore,
  fieldsOf,
  flagsOf,
  METHODS,
  modelNameOf,
  requestOf,
} from '../../../api/web/src/trainings/settings.js';

const IDS = ['a', 'b', 'c', 'd', 'e'];

describe('a selection', () => {
  const chosen = (selection: { readonly chosen: ReadonlySet<string> }) => [...selection.chosen];

  it('is one, a few, or a range from where it began, in either direction', () => {
    const one = choose(NOTHING_SELECTED, IDS, 'b', 'one');
    expect(chosen(one)).toEqual(['b']);
    expect(chosen(choose(one, IDS, 'd', 'toggle'))).toEqual(['b', 'd']);
    expect(chosen(choose(one, IDS, 'b', 'toggle'))).toEqual([]);
    const down = choose(one, IDS, 'd', 'range');
    expect(chosen(down)).toEqual(['b', 'c', 'd']);
    expect(chosen(choose(down, IDS, 'a', 'range'))).toEqual(['a', 'b']);
  });

  it('keeps only what is still there', () => {
    const all = choose(choose(NOTHING_SELECTED, IDS, 'a', 'one'), IDS, 'e', 'range');
    expect(among(all, ['b', 'c'])).toEqual({ chosen: new Set(['b', 'c']), focus: null, anchor: null });
  });

  it.each([
    ['ArrowRight', 1, 2],
    ['ArrowLeft', 0, null],
    ['ArrowDown', 1, 4],
    ['ArrowDown', 3, null],
    ['ArrowUp', 4, 1],
    ['End', 0, 4],
    ['x', 2, null],
  ])('moves by %s from %d to %p in three columns', (key, at, to) => {
    expect(stepTo(key, at, 3, IDS.length)).toBe(to);
  });
});

describe('a filter of items', () => {
  it('tells no class from any class, and survives in an address', () => {
    const none = { ...NO_ITEM_FILTER, class: '', text: 'IMG & co' };
    expect(itemQueryOf(none)).toBe('&class=&text=IMG+%26+co');
    expect(itemFilterIn(itemAddressOf(none))).toEqual(none);
    expect(itemQueryOf(itemFilterIn(''))).toBe('');
  });
});

describe('the form for trainings', () => {
  const chosen: Chosen = {
    ...{
      dataset: '01',
      name: 'leaves',
      method: 'fine-tune',
      base: 'everyday-10',
      network: 'small',
      label: null,
    },
    ...{ fields: { epochs: '5', l2: '3', learning_rate: ' ' }, augment: ['flip'], flags: {} },
  };

  it.each(METHODS)('shows the defaults that the server uses for %s', (method) => {
    const used: Readonly<Record<string, unknown>> = withMethodDefaults(
      trainingSettingsSchema.parse({ method }),
    );
    const shown = [
      ...fieldsOf(method),
      ...flagsOf(method).map(({ name, standard }) => ({ name, standard: { [method]: standard } })),
    ];
    for (const { name, standard } of shown) {
      const value = (standard as Record<string, unknown>)[method];
      if (value !== null) expect([name, value]).toEqual([name, used[name]]);
    }
  });

  it('asks for what was said, as far as the method knows it', () => {
    expect(requestOf(chosen)).toEqual({
      ...{ dataset: '01', name: 'leaves', method: 'fine-tune', label: null, base: 'everyday-10' },
      ...{ epochs: 5, augment: { flip: true } },
    });
    expect(requestOf({ ...chosen, method: 'head', flags: { refit: false, class_weights: false } })).toEqual({
      ...{
        dataset: '01',
        name: 'leaves',
        method: 'head',
        label: null,
        base: 'everyday-10',
        l2: 3,
        refit: false,
      },
    });
  });

  it('makes requests that the server takes', () => {
    const { dataset: _, name: __, label: ___, ...settings } = requestOf(chosen);
    expect(trainingSettingsSchema.safeParse(settings).success).toBe(true);
  });

  it('begins with what another training was made with', () => {
    const settings = withMethodDefaults(
      trainingSettingsSchema.parse({
        method: 'fine-tune',
        base: 'x@1',
        epochs: 7,
        augment: { crop: true },
        warm_start: true,
      }),
    );
    const again = chosenBefore('01', 'leaves', settings);
    expect(again.fields).toEqual({ epochs: '7' });
    expect(again).toMatchObject({ method: 'fine-tune', base: 'x@1', augment: ['crop'] });
    expect(again.flags.warm_start).toBe(true);
  });

  it.each([
    ['Blätter 2026', 'blatter-2026'],
    ['  -- ', ''],
    ['a/b', 'a-b'],
  ])('makes a name that a model may have of %p', (text, name) => {
    expect(modelNameOf(text)).toBe(name);
  });
});

describe('a chart of lines', () => {
  const plane = { width: 144, height: 100, edge: { top: 0, right: 0, bottom: 0, left: 44 }, shares: true };
  const line = { name: 'validation', hue: 0, values: [0.5, null, 1] };

  it('puts shares between a round number and 1, and leaves gaps out', () => {
    const scale = lineScale([1, 2, 3], [line], plane);
    expect(scale.ticks.at(-1)).toBe(1);
    expect(scale.ticks.length).toBeLessThanOrEqual(6);
    expect(scale.y(1)).toBe(0);
    expect(pathOf(scale, [1, 2, 3], line.values)).toMatch(/^M44\.0 [\d.]+L144\.0 0\.0$/);
    expect(indexAt(scale, [1, 2, 3], 90)).toBe(1);
  });

  it('begins other values at 0, and stands a single one in the middle', () => {
    const scale = lineScale([1], [{ ...line, values: [2.3] }], { ...plane, shares: false });
    expect(scale.y(0)).toBe(100);
    expect(scale.x(1)).toBe(94);
  });
});
