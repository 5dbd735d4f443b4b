import { setImmediate } from 'node:timers/promises';
import { Slots } from '@scry/shared/runtime/slots';

/** Asks for a place and notes in `order` when it got it. */
const ask = (slots: Slots, order: string[], name: string) => slots.take().then(() => order.push(name));

describe('slots', () => {
  it('are handed out first come, first served', async () => {
    const slots = new Slots(1);
    const order: string[] = [];
    void ask(slots, order, 'first');
    void ask(slots, order, 'second');
    void ask(slots, order, 'third');
    await setImmediate();
    expect(order).toEqual(['first']);
    slots.give();
    await setImmediate();
    expect(order).toEqual(['first', 'second']);
  });

  it('go to those that wait when there are more of them', async () => {
    const slots = new Slots(0);
    const order: string[] = [];
    void ask(slots, order, 'first');
    void ask(slots, order, 'second');
    slots.resize(1);
    await setImmediate();
    expect(order).toEqual(['first']);
  });

  it('are not given again before enough came back, when there are fewer of them', async () => {
    const slots = new Slots(2);
    const order: string[] = [];
    await slots.take();
    await slots.take();
    slots.resize(1);
    void ask(slots, order, 'third');
    slots.give();
    await setImmediate();
    expect(order).toEqual([]);
    slots.give();
    await setImmediate();
    expect(order).toEqual(['third']);
  });
});
