import { bannerText, labelText } from '@scry/api/rendering/annotate';
import { placeLabels, planCanvas, type Rect, toRect } from '@scry/api/rendering/canvas';
import { classColor } from '@scry/api/rendering/colors';
import { cropRegion, renderingName } from '@scry/api/rendering/renderer';
import { markup, shortened } from '@scry/api/rendering/text';

const SIZES = [
  [1, 1],
  [32, 32],
  [640, 480],
  [8000, 6000],
  [20_000, 3],
  [3, 20_000],
] as const;

describe('the canvas', () => {
  test.each(SIZES)('of a %d × %d image holds it whole, legibly and not too large', (width, height) => {
    for (const banner of [true, false]) {
      const canvas = planCanvas({ width, height }, banner);
      const { image } = canvas;
      expect(Math.max(image.width, image.height)).toBeGreaterThanOrEqual(640);
      expect(Math.max(image.width, image.height)).toBeLessThanOrEqual(2048);
      expect(canvas.fontSize).toBeGreaterThanOrEqual(16);
      expect(image.left).toBeGreaterThanOrEqual(0);
      expect(image.top).toBeGreaterThanOrEqual(canvas.banner.height);
      expect(image.left + image.width).toBeLessThanOrEqual(canvas.width);
      expect(image.top + image.height).toBeLessThanOrEqual(canvas.height);
      expect(canvas.banner.height > 0).toBe(banner);
    }
  });

  test('keeps boxes that reach beyond the image within it', () => {
    const area = { left: 10, top: 20, width: 100, height: 200 };
    expect(toRect({ cx: 0.5, cy: 0.5, w: 0.5, h: 0.5 }, area)).toEqual({
      left: 35,
      top: 70,
      width: 50,
      height: 100,
    });
    expect(toRect({ cx: 0, cy: 1, w: 1, h: 1 }, area)).toEqual({
      left: 10,
      top: 120,
      width: 50,
      height: 100,
    });
    expect(toRect({ cx: 2, cy: -1, w: 0.5, h: 0.5 }, area)).toMatchObject({ width: 0, height: 0 });
  });
});

describe('labels', () => {
  const canvas = planCanvas({ width: 640, height: 480 }, false);
  const label = { width: 80, height: 24 };
  const place = (boxes: Rect[]) =>
    placeLabels(
      boxes,
      boxes.map(() => label),
      canvas,
    );
  const inside = ({ left, top, width, height }: Rect) =>
    left >= 0 && top >= 0 && left + width <= canvas.width && top + height <= canvas.height;

  test('lie above their box where there is room, and inside it at the top edge', () => {
    expect(place([{ left: 100, top: 100, width: 50, height: 50 }])).toEqual([
      { left: 100, top: 76, ...label },
    ]);
    expect(place([{ left: 100, top: 5, width: 50, height: 50 }])).toEqual([{ left: 100, top: 5, ...label }]);
  });

  test('stay on the canvas at every edge', () => {
    const boxes = [0, 200, 470].flatMap((top) =>
      [0, 300, 639].map((left) => ({ left, top, width: 10, height: 10 })),
    );
    expect(place(boxes).every(inside)).toBe(true);
  });

  test('make way for the label that was placed before', () => {
    const box = { left: 100, top: 100, width: 50, height: 50 };
    const places = place([box, box, box, box]);
    const tops = places.map(({ top }) => top);
    expect(new Set(tops).size).toBe(4);
  });

  test('name the class and the confidence, and cut only long names', () => {
    const answer = { class_index: 0, class_name: 'cat', confidence: 0.976 };
    expect(labelText(answer)).toBe('cat 98 %');
    expect(labelText({ ...answer, confidence: 0.004 })).toBe('cat <1 %');
    expect(labelText({ ...answer, confidence: 0 })).toBe('cat 0 %');
    expect(labelText({ ...answer, class_name: 'x'.repeat(99) })).toBe(`${'x'.repeat(31)}… 98 %`);
  });

  test('cannot smuggle markup in', () => {
    expect(markup(`<b>"cats" & 'dogs'</b>\n\u0000`)).toBe(
      '&lt;b&gt;&quot;cats&quot; &amp; &apos;dogs&apos;&lt;/b&gt;',
    );
    expect(shortened('🐈🐈🐈', 2)).toBe('🐈…');
  });

  test('say so when nothing was found', () => {
    expect(bannerText({ predictions: [] }, 'detection')).toBe('nothing found');
    expect(bannerText({ predictions: [] }, 'classification')).toBe('nothing found');
    const answer = { class_index: 0, class_name: 'cat', confidence: 1 };
    expect(bannerText({ predictions: [answer] }, 'detection')).toBeNull();
    expect(bannerText({ predictions: [answer] }, 'classification')).toBe('cat 100 %');
  });
});

test('every class has a color on which its ink can be read', () => {
  const luminance = (hex: string) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  for (let index = 0; index < 1000; index++) {
    const { hex, ink } = classColor({ class_index: index, class_name: '' }, {});
    expect(hex).toMatch(/^#[0-9a-f]{6}$/);
    const [darker = 0, lighter = 0] = [luminance(hex), luminance(ink)].sort((a, b) => a - b);
    expect((lighter + 0.05) / (darker + 0.05)).toBeGreaterThanOrEqual(4.5);
  }
});

test('a crop is never empty and never leaves the image', () => {
  const size = { width: 10, height: 10 };
  for (const cx of [-1, 0, 0.04, 0.5, 0.999, 1, 2])
    for (const w of [0, 0.001, 0.5, 3]) {
      const { left, top, width, height } = cropRegion({ cx, cy: cx, w, h: w }, size);
      expect(width).toBeGreaterThan(0);
      expect(height).toBeGreaterThan(0);
      expect(left + width).toBeLessThanOrEqual(10);
      expect(top + height).toBeLessThanOrEqual(10);
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
    }
});

test('what is drawn has the name of the answer it shows', () => {
  expect(renderingName('crop', { cx: 1 })).toBe(renderingName('crop', { cx: 1 }));
  expect(renderingName('crop', { cx: 1 })).not.toBe(renderingName('crop', { cx: 2 }));
});
