import { PixelBudget } from '@scry/worker/imaging/pixel-budget';

/** Takes and notes when it was given. */
function taker(budget: PixelBudget, given: string[]) {
  return async (name: string, pixels: number) => {
    await budget.take(pixels);
    given.push(name);
  };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a budget of pixels', () => {
  it('lets small images be decoded together and large ones wait', async () => {
    const given: string[] = [];
    const budget = new PixelBudget(10);
    const take = taker(budget, given);
    void take('a', 4);
    void take('b', 6);
    void take('c', 1);
    await turn();
    expect(given).toEqual(['a', 'b']);
    budget.give(4);
    await turn();
    expect(given).toEqual(['a', 'b', 'c']);
  });

  it('lets no small image overtake a large one', async () => {
    const given: string[] = [];
    const budget = new PixelBudget(10);
    const take = taker(budget, given);
    void take('small', 5);
    void take('large', 10);
    void take('small again', 1);
    await turn();
    expect(given).toEqual(['small']);
    budget.give(5);
    await turn();
    expect(given).toEqual(['small', 'large']);
    budget.give(10);
    await turn();
    expect(given).toEqual(['small', 'large', 'small again']);
  });
});
