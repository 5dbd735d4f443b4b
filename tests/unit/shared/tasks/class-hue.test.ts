/** Colors of classes: the manifest's where it has some, else a wheel of them. */
import { classHue } from '@scry/shared/tasks/class-hue';

const hue = (index: number, name: string, colors = {}) =>
  Math.round(classHue({ class_index: index, class_name: name }, colors));

it.each([
  ['#ff0000', 0],
  ['#ffff00', 60],
  ['#00ff00', 120],
  ['#0000ff', 240],
  ['#ff00ff', 300],
  ['#C0392B', 6],
])('%s has the hue %d', (color, expected) => {
  expect(hue(5, 'cat', { cat: color })).toBe(expected);
});

it('a gray, a color that is none, and a class without one get that of their number', () => {
  for (const colors of [{}, { dog: '#ff0000' }, { cat: '#808080' }, { cat: 'red' }])
    expect(hue(3, 'cat', colors)).toBe(53);
});
