import type { PredictionView } from '@scry/shared/contracts/prediction';
import { annotatedNames, csvOf, jsonOf } from '../../../api/web/src/overview/tables.js';

const prediction = (predictions: object[] | null, status = 'succeeded') =>
  ({
    prediction_id: 'one',
    status,
    model: { name: 'cells', version: '2' },
    image: { width: 200, height: 100 },
    output: predictions && { predictions },
  }) as unknown as PredictionView;
const box = { cx: 0.5, cy: 0.5, w: 0.5, h: 0.2 };
const cat = { class_index: 3, class_name: 'cat', confidence: 0.9 };

const lines = (all: Parameters<typeof csvOf>[0]) =>
  csvOf(all)
    .replace(/^\ufeff/, '')
    .split('\r\n');

describe('answers as files', () => {
  it('are lines of CSV, boxes in pixels from the left top corner', () => {
    expect(lines([{ name: 'a.jpg', prediction: prediction([cat, { ...cat, bbox: box }]) }])).toEqual([
      'image,prediction_id,status,model,version,class_index,class_name,confidence,left,top,width,height',
      'a.jpg,one,succeeded,cells,2,3,cat,0.9,,,,',
      'a.jpg,one,succeeded,cells,2,3,cat,0.9,50,40,100,20',
      '',
    ]);
  });

  it('have a line for an image without an answer', () => {
    expect(lines([{ name: 'a.jpg', prediction: prediction(null, 'failed') }])[1]).toBe(
      'a.jpg,one,failed,cells,2,,,,,,,',
    );
  });

  it('quote what CSV needs quoted, and run no formula', () => {
    const names = ['a, "b".jpg', '=cmd()', 'line\nbreak'];
    const [, ...rows] = lines(names.map((name) => ({ name, prediction: prediction([cat]) })));
    expect(rows.map((row) => row.slice(0, row.indexOf(',one')))).toEqual([
      '"a, ""b"".jpg"',
      "'=cmd()",
      '"line\nbreak"',
      '',
    ]);
  });

  it('are all that the API says as JSON, with the name of the file', () => {
    const one = prediction([cat]);
    expect(JSON.parse(jsonOf([{ name: 'a.jpg', prediction: one }]))).toEqual([{ file: 'a.jpg', ...one }]);
  });

  it('have each name once, fit for a folder', () => {
    expect(annotatedNames(['a.jpg', 'a.png', '../../b:c.jpg', '.jpg'])).toEqual([
      'a-annotated.jpg',
      'a-annotated-2.jpg',
      '.._.._b_c-annotated.jpg',
      'image-annotated.jpg',
    ]);
  });
});
