import { Targets } from '@scry/api/webhooks/targets';

function setUp() {
  const clock = { now: 0 };
  return { clock, targets: new Targets(() => clock.now) };
}

function fail(targets: Targets, times: number): void {
  for (let count = 0; count < times; count++) {
    targets.enter('http://a');
    targets.leave('http://a', false);
  }
}

describe('the targets of webhooks', () => {
  it('take eight deliveries at once and let the ninth come back later', () => {
    const { targets } = setUp();
    const admissions = Array.from({ length: 9 }, () => targets.enter('http://a'));
    expect(admissions).toEqual([...Array(8).fill('go'), 'busy']);
    expect(targets.enter('http://b')).toBe('go');
  });

  it('rest for half a minute after five failures in a row', () => {
    const { clock, targets } = setUp();
    fail(targets, 5);
    expect(targets.enter('http://a')).toBe('resting');
    clock.now = 30_001;
    expect(targets.enter('http://a')).toBe('go');
  });

  it('are tried with a single delivery after a rest, and rest again when it fails', () => {
    const { clock, targets } = setUp();
    fail(targets, 5);
    clock.now = 30_001;
    targets.enter('http://a');
    expect(targets.enter('http://a')).toBe('busy');
    targets.leave('http://a', false);
    expect(targets.enter('http://a')).toBe('resting');
  });

  it('are well again after one answer', () => {
    const { clock, targets } = setUp();
    fail(targets, 5);
    clock.now = 30_001;
    targets.enter('http://a');
    targets.leave('http://a', true);
    expect([targets.enter('http://a'), targets.enter('http://a')]).toEqual(['go', 'go']);
  });
});
