import { toHtml } from '@scry/stress/report/html';
import { toMarkdown } from '@scry/stress/report/markdown';
import { figure, type Report } from '@scry/stress/report/report';
import { doublings, ticks } from '@scry/stress/report/svg';

const report: Report = {
  title: 'A <report>',
  verdict: 'All is well.',
  sections: [
    {
      heading: 'Numbers',
      text: ['Two of them.'],
      tables: [
        {
          columns: ['name', 'value'],
          rows: [
            ['a | b', '1.5'],
            ['<script>', '2'],
          ],
        },
      ],
      plots: [
        {
          title: 'Growth',
          x: 'users',
          y: 'answers/s',
          series: [
            {
              name: 'measured',
              points: [
                [1, 10],
                [2, 20],
                [4, 25],
              ],
            },
          ],
          marks: [{ x: 2, label: 'saturated' }],
        },
      ],
    },
  ],
};

describe('a report', () => {
  test('is one HTML page that loads nothing and runs nothing', () => {
    const html = toHtml(report);
    expect(html).not.toMatch(/<script|src=|href=|@import|url\(/);
    expect(html).toContain('A &lt;report&gt;');
    expect(html).toContain('&lt;script&gt;');
    expect(html).toContain('<polyline');
    expect(html).toContain('saturated');
    expect(html).not.toContain('NaN');
  });

  test('is Markdown whose cells cannot break its tables', () => {
    const markdown = toMarkdown(report);
    expect(markdown).toContain('| a \\| b | 1.5 |');
    expect(markdown.startsWith('# A <report>\n\n**All is well.**')).toBe(true);
  });

  test('draws an empty plot, a single point and equal values without failing', () => {
    for (const points of [
      [],
      [[0, 0]],
      [
        [1, 5],
        [2, 5],
      ],
    ] as [number, number][][]) {
      const plots = [{ title: 't', x: 'x', y: 'y', series: [{ name: 's', points }] }];
      expect(toHtml({ ...report, sections: [{ heading: 'h', plots }] })).not.toMatch(/NaN|Infinity/);
    }
  });
});

test('axes have round numbers that reach over the largest value', () => {
  expect(ticks(0, 100)).toEqual([0, 20, 40, 60, 80, 100]);
  expect(ticks(0, 0.37)).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
  expect(ticks(0, 0)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
});

test('axes of doublings reach from the power of two below the least value to the one above the largest', () => {
  expect(doublings(1, 16)).toEqual([1, 2, 4, 8, 16]);
  expect(doublings(3, 100)).toEqual([2, 4, 8, 16, 32, 64, 128]);
  expect(doublings(1, 1)).toEqual([1, 2]);
});

test('figures have the digits that say something', () => {
  expect([0.1234, 1.234, 12.34, 123.4, 1234, 0, Number.NaN].map(figure)).toEqual([
    '0.123',
    '1.23',
    '12.3',
    '123',
    '1,234',
    '0',
    '–',
  ]);
});
