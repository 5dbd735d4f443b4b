import { chooseLabel, type Label, parseReference, shareOf } from '@scry/shared/contracts/version';

describe('a reference to a model', () => {
  it.each([
    ['leaves', { name: 'leaves', at: null }],
    ['leaves@2', { name: 'leaves', at: '2' }],
    ['leaves@canary', { name: 'leaves', at: 'canary' }],
    ['leaves@2026.11-b', { name: 'leaves', at: '2026.11-b' }],
  ])('%s is understood', (text, reference) => {
    expect(parseReference(text)).toEqual(reference);
  });

  it.each(['', 'Leaves', 'leaves@', '@2', 'leaves@2@3', 'leaves@../2', 'leaves\0', 'leaves@2 '])(
    '%j is none',
    (text) => {
      expect(parseReference(text)).toBeNull();
    },
  );
});

describe('the labels of a model', () => {
  const stable: Label = { label: 'stable', version: '1', weight: 0 };
  const canary = (weight: number): Label => ({ label: 'canary', version: '2', weight });
  const ids = Array.from({ length: 20_000 }, (_, index) => `prediction-${index}`);

  it('share predictions out by their weights, the same id always to the same label', () => {
    const labels = [stable, canary(10), { label: 'beta', version: '3', weight: 30 }];
    const chosen = ids.map((id) => chooseLabel(labels, id)?.label);
    const share = (label: string) => chosen.filter((one) => one === label).length / ids.length;
    expect(share('canary')).toBeCloseTo(0.1, 1);
    expect(share('beta')).toBeCloseTo(0.3, 1);
    expect(share('stable')).toBeCloseTo(0.6, 1);
    expect(ids.map((id) => chooseLabel([...labels].reverse(), id)?.label)).toEqual(chosen);
  });

  it('give everything to stable without shares, and everything to a share of 100', () => {
    expect(new Set(ids.map((id) => chooseLabel([stable, canary(0)], id)))).toEqual(new Set([stable]));
    expect(new Set(ids.map((id) => chooseLabel([stable, canary(100)], id)?.label))).toEqual(
      new Set(['canary']),
    );
  });

  it('keep those who got the canary when its share grows', () => {
    const early = ids.filter((id) => chooseLabel([stable, canary(5)], id)?.label === 'canary');
    expect(early.every((id) => chooseLabel([stable, canary(20)], id)?.label === 'canary')).toBe(true);
  });

  it('choose nothing where there is no stable version', () => {
    expect(chooseLabel([], 'prediction-1')).toBeNull();
  });

  it('spread ids evenly', () => {
    const mean = ids.reduce((sum, id) => sum + shareOf(id), 0) / ids.length;
    expect(mean).toBeCloseTo(50, 0);
  });
});
