import { classLines } from '../../../api/web/src/result/class-lines.js';
import { foundIn } from '../../../api/web/src/result/detection-state.js';
import { foundAt, labelPlace, placeOf } from '../../../api/web/src/result/draw-boxes.js';
import { MOST, moved, pinched, WHOLE, zoomedAt } from '../../../api/web/src/result/zoom.js';

const FRAME = { width: 400, height: 200 };
const at = (class_name: string, cx: number, w: number) => ({
  class_index: 0,
  class_name,
  confidence: 0.9,
  bbox: { cx, cy: 0.5, w, h: w },
});

describe('zooming', () => {
  it('keeps what is under the pointer there', () => {
    const point = { x: 100, y: 50 };
    const zoom = zoomedAt(WHOLE, 4, point, FRAME);
    expect(zoom).toEqual({ scale: 4, x: -300, y: -150 });
    // The image's point that was there before is (100, 50), and still is.
    expect([(point.x - zoom.x) / 4, (point.y - zoom.y) / 4]).toEqual([100, 50]);
  });

  it('never shows anything beside the image', () => {
    expect(moved(WHOLE, { x: 50, y: -50 }, FRAME)).toEqual(WHOLE);
    const zoom = zoomedAt(WHOLE, 2, { x: 0, y: 0 }, FRAME);
    expect(moved(zoom, { x: -1000, y: -1000 }, FRAME)).toEqual({ scale: 2, x: -400, y: -200 });
    expect(zoomedAt(zoom, 0.1, { x: 200, y: 100 }, FRAME)).toEqual(WHOLE);
  });

  it('ends at a greatest scale', () => {
    expect(zoomedAt(WHOLE, 1000, { x: 0, y: 0 }, FRAME).scale).toBe(MOST);
  });

  it('follows two fingers that spread', () => {
    const before = [
      { x: 180, y: 100 },
      { x: 220, y: 100 },
    ] as const;
    const now = [
      { x: 160, y: 100 },
      { x: 240, y: 100 },
    ] as const;
    expect(pinched(WHOLE, before, now, FRAME)).toEqual({ scale: 2, x: -200, y: -100 });
  });
});

describe('boxes in a frame', () => {
  const found = foundIn([at('big', 0.5, 0.8), at('small', 0.5, 0.1)]);

  it('lie where the zoom puts them', () => {
    const [big] = found;
    if (!big) throw new Error('there is one');
    expect(placeOf(big, FRAME, { scale: 2, x: -100, y: 0 })).toEqual({
      x: expect.closeTo(-20),
      y: expect.closeTo(40),
      width: 640,
      height: 320,
    });
  });

  it('are found at a point, the smallest first', () => {
    const scene = { found, frame: FRAME, zoom: WHOLE };
    expect(foundAt(scene, { x: 200, y: 100 })).toBe(1);
    expect(foundAt(scene, { x: 80, y: 60 })).toBe(0);
    expect(foundAt(scene, { x: 5, y: 5 })).toBeNull();
  });

  it('have their names above them, or inside where there is no room', () => {
    expect(labelPlace({ x: 50, y: 60, width: 40, height: 40 }, 70, FRAME)).toMatchObject({ x: 49, y: 40 });
    expect(labelPlace({ x: 380, y: 4, width: 20, height: 40 }, 70, FRAME)).toMatchObject({ x: 330, y: 5 });
  });
});

describe('two answers', () => {
  const cat = { class_index: 3, class_name: 'cat', confidence: 0.8 };
  const dog = { class_index: 5, class_name: 'dog', confidence: 0.1 };

  it('are put together class by class: objects counted, classes with their confidence', () => {
    expect(classLines([cat, dog], [at('cat', 0.5, 0.1), at('cat', 0.2, 0.1), at('bird', 0.2, 0.1)])).toEqual([
      { name: 'cat', left: 0.8, right: 2 },
      { name: 'dog', left: 0.1, right: null },
      { name: 'bird', left: null, right: 1 },
    ]);
  });
});
