/** The answer on the page: boxes, zoom, images one by one, the same image again, two answers side by side. */

import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import type { Page } from 'playwright-core';
import { barriers } from '../helpers/barriers.js';
import { untilTrue } from '../helpers/browser.js';
import { choose, describeInBrowser, overflow, PHONE, SAMPLES, SMEAR, usePage } from '../helpers/page.js';

/** Waits for what the canvas says of itself. */
const drawn = (page: Page, condition: string) =>
  untilTrue(
    page,
    `(({ dataset }) => ${condition})(document.querySelector('.boxes canvas') ?? { dataset: {} })`,
  );

/** Script of the first view, bytes gzipped. */
const MOST_SCRIPT = 40_000;

describeInBrowser('the answer on the page', () => {
  const suite = usePage();

  it('is not waited for by the first view, whose script is small', async () => {
    const index = await (await fetch(suite.system.url)).text();
    const scripts = [...index.matchAll(/"(\/assets\/[^"]+\.js)"/g)].map(([, path]) => path);
    const sizes = scripts.map(async (path) => {
      const response = await fetch(suite.system.url + path);
      return gzipSync(new Uint8Array(await response.arrayBuffer())).length;
    });
    const all = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(all).toBeGreaterThan(10_000);
    expect(all).toBeLessThan(MOST_SCRIPT);
  });

  /** The page with the answer about a blood smear. */
  async function withCells(options = {}): Promise<Page> {
    const page = await suite.open('/', options);
    await page.getByRole('button', { name: 'Blood smear', exact: true }).click();
    await page.locator('.found').waitFor();
    await drawn(page, 'Number(dataset.boxes) > 20');
    return page;
  }

  it('links boxes and rows, by pointer and by touch', async () => {
    const page = await withCells();
    await page.locator('.found button').nth(3).hover();
    await drawn(page, "dataset.active === '3'");
    const canvas = page.locator('.boxes canvas');
    await canvas.hover({ position: { x: 2, y: 2 } });
    const box = (await canvas.boundingBox()) ?? { width: 0, height: 0 };
    await canvas.hover({ position: { x: box.width * 0.37, y: box.height * 0.5 } }); // the white cell
    await untilTrue(page, "document.querySelector('.found .active')?.textContent.includes('WBC')");
    await canvas.click({ position: { x: box.width * 0.37, y: box.height * 0.5 } });
    await untilTrue(page, "document.activeElement.textContent.includes('WBC')");

    const phone = await withCells(PHONE);
    const small = (await phone.locator('.boxes canvas').boundingBox()) ?? { width: 0, height: 0 };
    await phone.locator('.boxes canvas').tap({ position: { x: small.width * 0.37, y: small.height * 0.5 } });
    await untilTrue(phone, "document.querySelector('.found .active')?.textContent.includes('WBC')");
  });

  it('zooms by buttons, keys and wheel, and pans by dragging', async () => {
    const page = await withCells();
    const scale =
      "Number(/scale\\(([\\d.]+)\\)/.exec(document.querySelector('.stage-frame').style.getPropertyValue('--zoom'))[1])";
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await untilTrue(page, `${scale} === 1.5`);
    await page.keyboard.press('+');
    await untilTrue(page, `${scale} === 2.25`);
    await page.keyboard.press('0');
    await untilTrue(page, `${scale} === 1`);
    const { x, y, width, height } = (await page.locator('.stage-frame').boundingBox()) ?? {
      ...{ x: 0, y: 0, width: 0, height: 0 },
    };
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -200);
    await page.keyboard.up('Control');
    await untilTrue(page, `${scale} > 2`);
    const place = "document.querySelector('.stage-frame').style.getPropertyValue('--zoom')";
    const before = await page.evaluate(place);
    await page.mouse.down();
    await page.mouse.move(x + width / 2 + 60, y + height / 2 + 30, { steps: 3 });
    await page.mouse.up();
    expect(await page.evaluate(place)).not.toBe(before);
    await page.getByRole('button', { name: 'Zoom out' }).click();
    await page.locator('.stage-frame').dblclick();
    await untilTrue(page, `${scale} === 1`);
  });

  it('zooms with two fingers, and leaves the rest of the page as it is', async () => {
    const page = await withCells({ ...PHONE, isMobile: true });
    const devtools = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', points: readonly number[]) =>
      devtools.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: points.map((x, id) => ({ x, y: middle.y, id })),
      });
    const frame = (await page.locator('.stage-frame').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const middle = { x: frame.x + frame.width / 2, y: frame.y + frame.height / 2 };
    await touch('touchStart', [middle.x - 20, middle.x + 20]);
    await touch('touchMove', [middle.x - 40, middle.x + 40]);
    await touch('touchMove', [middle.x - 60, middle.x + 60]);
    await touch('touchEnd', []);
    await untilTrue(
      page,
      "document.querySelector('.stage-frame').style.getPropertyValue('--zoom').endsWith('scale(3)')",
    );
    expect(await page.evaluate('window.visualViewport.scale')).toBe(1);
  });

  it('fills the screen and comes back', async () => {
    const page = await withCells();
    await page.getByRole('button', { name: 'Full screen' }).click();
    await untilTrue(page, "document.fullscreenElement?.classList.contains('stage') ?? false");
    await page.getByRole('button', { name: 'Full screen', pressed: true }).click();
    await untilTrue(page, 'document.fullscreenElement === null');
  });

  it('goes from image to image by arrow keys and buttons, but not from a slider', async () => {
    const page = await suite.open();
    await page.getByRole('radio', { name: /blood-cells/ }).check();
    await choose(page, [SMEAR, `${SAMPLES}/blood-smear-2.jpg`]);
    await page.getByText('2 of 2').waitFor();
    await page.getByRole('article', { name: 'blood-smear.jpg' }).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('article', { name: 'blood-smear-2.jpg' }).waitFor();
    await page.getByRole('button', { name: 'Previous image' }).click();
    await page.getByRole('article', { name: 'blood-smear.jpg' }).waitFor();
    await page.getByRole('slider', { name: 'Show from' }).press('ArrowRight');
    await page.getByRole('article', { name: 'blood-smear.jpg' }).waitFor();
  });

  it('asks another model about the same image without sending it again, and shows both answers', async () => {
    const page = await suite.open();
    await page.getByRole('button', { name: 'Ship' }).click();
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
    await page.getByText('More', { exact: true }).click();
    await page.getByRole('button', { name: 'Ask again with other settings' }).click();
    const form = page.locator('form.card');
    await form.getByLabel('Model').selectOption('everyday-10-tfjs');
    await form.getByLabel('Number of classes').fill('3');
    const sent = page.waitForRequest((request) => request.method() === 'PUT');
    await form.getByRole('button', { name: 'Ask again' }).click();
    const body = (await sent).postDataJSON() as Record<string, unknown>;
    expect(body).toEqual({ from: expect.any(String), model: 'everyday-10-tfjs', top_k: 3 });
    await page.getByRole('heading', { level: 1, name: 'Two answers' }).waitFor();
    const row = page.getByRole('row', { name: /^ship/ });
    await row.waitFor();
    expect(await row.getByRole('cell').allTextContents()).toEqual([
      expect.stringMatching(/^\d\d\.\d%$/),
      expect.stringMatching(/^\d\d\.\d%$/),
    ]);
    expect(await page.getByRole('region', { name: 'Right answer' }).locator('.bars li').count()).toBe(3);
    expect(await barriers(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await page.getByRole('button', { name: 'Close the comparison' }).click();
    await page.getByRole('heading', { level: 1, name: 'ship', exact: true }).waitFor();
    expect(await page.locator('.model-line').textContent()).toContain('everyday-10-tfjs@1');
  });

  it('says so when the image to ask about again is gone', async () => {
    const { prediction_id: id } = await suite.system.predict(await readFile(SMEAR), { model: 'blood-cells' });
    const page = await suite.open(`/p/${id}`);
    await page.getByText('More', { exact: true }).click();
    await page.getByRole('button', { name: 'Ask again with other settings' }).click();
    await fetch(`${suite.system.url}/v1/predictions/${id}`, { method: 'DELETE' });
    await page.locator('form.card').getByRole('button', { name: 'Ask again' }).click();
    await page
      .getByRole('region', { name: 'Right answer' })
      .getByText('There is no such prediction')
      .waitFor();
  });

  /** Changes answers on their way to the page. */
  async function answering(page: Page, change: (prediction: PredictionView) => object): Promise<void> {
    await page.route('**/v1/predictions/*', async (route) => {
      const response = await route.fetch();
      const prediction = (await response.json()) as PredictionView;
      const json = { ...prediction, ...(prediction.status === 'succeeded' ? change(prediction) : {}) };
      await route.fulfill({ response, json });
    });
    await page.route('**/events', (route) => route.abort());
  }

  it('is not a big wrong word when the model is not sure', async () => {
    const page = await suite.open();
    await choose(page, SMEAR); // which everyday-10 knows nothing of
    await page.getByRole('heading', { level: 1, name: 'Not sure' }).waitFor();
    await page.getByText(/^Closest: \w+, \d\d\.\d%\.$/).waitFor();
    await page.getByText('Below 50%, this model’s best class is often wrong.').waitFor();
    expect(await page.title()).toMatch(/^Not sure \(\w+, \d\d\.\d%\) · Scry$/);
  });

  it('marks what the model saw of the image', async () => {
    const page = await suite.open();
    await page.getByRole('button', { name: 'Ship' }).click();
    await page.getByRole('button', { name: 'Mark what the model saw' }).click();
    await page.getByText('The model saw 74% of the image.').waitFor();
    const part = await page.locator('.seen div').boundingBox();
    const image = await page.locator('.stage img').boundingBox();
    expect((part?.width ?? 0) / (image?.width ?? 1)).toBeCloseTo(0.744, 2);
    expect(part?.height).toBeCloseTo(image?.height ?? 0, 0);
  });

  it('has stage times that add up, whatever the clocks of worker and database say', async () => {
    const page = await suite.open();
    const stages = { queue_ms: 3, decode_ms: 20, batch_ms: 0, inference_ms: 30 };
    await answering(page, ({ metrics }) => ({
      metrics: { ...metrics, ...stages, total_ms: 12, batch_size: 0 },
    }));
    await page.getByRole('button', { name: 'Ship' }).click();
    await page.getByText('Timing', { exact: false }).click();
    const times = page.locator('.times');
    await times.getByText('53 ms in total').waitFor();
    expect(await times.locator('dd').allTextContents()).toEqual(['3 ms', '20 ms', '0 ms', '30 ms', '0 ms']);
    expect(await times.textContent()).not.toContain('batch of');
  });

  it('says when it lists as many objects as it can', async () => {
    const page = await suite.open();
    await answering(page, ({ output }) => {
      const [first] = output?.predictions ?? [];
      return { output: { predictions: new Array(100).fill(first) } };
    });
    await page.getByRole('button', { name: 'Blood smear', exact: true }).click();
    await page.getByText('100 is the most that one answer lists; there may be more.').waitFor();
    await drawn(page, "dataset.boxes === '100'");
  });

  it('comes for the good ones of several files, with a reason for each of the others', async () => {
    const page = await suite.open();
    const file = (name: string, buffer: Buffer) => ({ name, mimeType: 'image/jpeg', buffer });
    const ship = await readFile(`${SAMPLES}/ship.jpg`);
    await choose(page, [
      file('a.txt', Buffer.from('a')),
      file('ship.jpg', ship),
      file('b.txt', Buffer.from('b')),
    ]);
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
    expect(await page.locator('[role=alert] li').allTextContents()).toEqual([
      expect.stringContaining('a.txt is not an image'),
      expect.stringContaining('b.txt is not an image'),
    ]);
    await choose(page, [file('again.jpg', ship)]);
    await page.getByRole('article', { name: 'again.jpg' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });
});
