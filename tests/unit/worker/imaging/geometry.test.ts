import { toImage } from '@scry/worker/imaging/geometry';

describe('carrying boxes from model input to image', () => {
  it('takes the padding of a letterbox away', () => {
    // An image of 2:1 in an input of 100 × 100 lies from row 25 to 75.
    const letterbox = { x: 0, y: 25, width: 100, height: 50 };
    expect(toImage({ x0: 20, y0: 35, x1: 60, y1: 65 }, letterbox)).toEqual({
      cx: 0.4,
      cy: 0.5,
      w: 0.4,
      h: 0.6,
    });
  });

  it('adds what a cover cut off', () => {
    const cover = { x: -50, y: 0, width: 200, height: 100 };
    expect(toImage({ x0: 0, y0: 0, x1: 100, y1: 100 }, cover)).toEqual({ cx: 0.5, cy: 0.5, w: 0.5, h: 1 });
  });

  it('clips to the image', () => {
    const box = toImage({ x0: -10, y0: 50, x1: 50, y1: 130 }, { x: 0, y: 0, width: 100, height: 100 });
    expect(box).toEqual({ cx: 0.25, cy: 0.75, w: 0.5, h: 0.5 });
  });

  it('drops a box that lies in the padding alone', () => {
    expect(toImage({ x0: 0, y0: 0, x1: 100, y1: 20 }, { x: 0, y: 25, width: 100, height: 50 })).toBeNull();
  });
});
