import { countClasses, foundIn, lowestThreshold } from '../../../api/web/src/result/detection-state.js';

const bbox = { cx: 0.5, cy: 0.5, w: 0.1, h: 0.1 };
const answers = [
  { class_index: 2, class_name: 'cup', confidence: 0.91, bbox },
  { class_index: 0, class_name: 'cat', confidence: 0.5, bbox },
  { class_index: 2, class_name: 'cup', confidence: 0.317, bbox },
];

describe('what a detection shows', () => {
  it('counts per class from the threshold on, and keeps classes that fall to none', () => {
    expect(countClasses(foundIn(answers), 0.6)).toEqual([
      { class_index: 0, class_name: 'cat', count: 0 },
      { class_index: 2, class_name: 'cup', count: 1 },
    ]);
  });

  it('begins its slider where nothing is hidden', () => {
    expect(lowestThreshold(foundIn(answers))).toBe(0.31);
    expect(lowestThreshold([])).toBe(1);
  });

  it('remembers the place of each object in the answer', () => {
    const plain = { class_index: 1, class_name: 'dog', confidence: 0.4 };
    expect(foundIn([plain, ...answers]).map(({ index }) => index)).toEqual([1, 2, 3]);
  });
});
