/** The page in a real browser, with the real API, a real worker and a real database behind it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { FeedbackView } from '@scry/shared/contracts/feedback';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { browserIsInstalled, openBrowser, openTab, type Tab } from '../helpers/browser.js';
import { shapesJpeg } from '../helpers/images.js';
import { keyIn } from '../helpers/keys.js';
import { REPO, type System, startSystem } from '../helpers/system.js';

const SAMPLES = path.join(REPO, 'api/web/public/samples');
const SMEAR = path.join(SAMPLES, 'blood-smear.jpg');
const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true };

/** Width of the first image that a selector finds, once it is loaded. @throws when it cannot be shown */
const imageWidth = (page: Page, selector: string) =>
  page.evaluate(
    `(async (image) => (await image.decode(), image.naturalWidth))(document.querySelector('${selector}'))`,
  );

/** What axe finds that shuts people out, in its words. */
async function barriers(axe: AxeBuilder): Promise<string[]> {
  const { violations } = await axe.analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

const describeInBrowser = browserIsInstalled() ? describe : describe.skip;

describeInBrowser('the page', () => {
  let system: System;
  let browser: Browser;
  let key: string;
  const tabs: Tab[] = [];

  beforeAll(async () => {
    [system, browser] = await Promise.all([startSystem(), openBrowser()]);
    key = await keyIn(system.database, ['read']);
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    await system.remove();
  }, 60_000);

  afterEach(async () => {
    for (const tab of tabs.splice(0)) {
      expect(tab.errors).toEqual([]);
      await tab.close();
    }
  });

  async function open(where = '/', options: BrowserContextOptions = {}): Promise<Page> {
    const tab = await openTab(browser, system.url + where, options);
    tabs.push(tab);
    return tab.page;
  }

  /** Opens a view as somebody who gave the key before. */
  async function openWithKey(where: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await open('/', options);
    await page.evaluate(`sessionStorage.setItem('scry.key', '${key}')`);
    await page.goto(system.url + where);
    return page;
  }

  const choose = (page: Page, files: string | { name: string; mimeType: string; buffer: Buffer }[]) =>
    page.locator('input[type=file][multiple]').setInputFiles(files);

  it('answers what is in a sample image, and keeps the answer under a link', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Ship' }).click();
    const answer = page.getByRole('article', { name: 'ship.jpg' });
    await answer.getByText('Where the time went').waitFor();
    expect(await answer.locator('.verdict-name').textContent()).toBe('ship');
    expect(await answer.locator('.bars li').count()).toBe(5);
    await answer.getByRole('link', { name: 'Open its page' }).click();
    await page.waitForURL(/\/p\/[\w-]+$/);
    await page.reload();
    await page.getByText('Where the time went').waitFor();
    expect(await page.locator('.verdict-name').textContent()).toBe('ship');
    expect(await imageWidth(page, '.stage img')).toBe(640);
  });

  it('shows what a detector found as boxes and rows that belong together', async () => {
    const page = await open();
    await page.getByRole('radio', { name: /blood-cells/ }).check();
    await choose(page, SMEAR);
    const rows = page.getByRole('list', { name: 'What was found' }).getByRole('button');
    await rows.first().waitFor();
    const boxes = page.locator('.box');
    const all = await rows.count();
    expect(all).toBeGreaterThan(20);
    expect(await boxes.count()).toBe(all);

    await rows.nth(2).hover();
    expect(await page.locator('.box.active').count()).toBe(1);
    const whites = page.getByRole('button', { name: /^WBC/ });
    await page.getByRole('button', { name: /^RBC \d+$/ }).click();
    expect(await rows.count()).toBeLessThan(all);
    expect(await whites.first().getAttribute('aria-pressed')).toBe('true');

    await page.getByRole('button', { name: /^RBC \d+$/ }).click();
    await page.getByRole('slider', { name: 'Show from' }).fill('0.88');
    const sure = await rows.count();
    expect(sure).toBeGreaterThan(0);
    expect(sure).toBeLessThan(all);
    expect(await boxes.count()).toBe(sure);
  });

  it('takes several images at once, dropped on it', async () => {
    const page = await open();
    const images = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => shapesJpeg(seed)));
    const dataTransfer = await page.evaluateHandle(`(() => {
      const data = new DataTransfer();
      for (const [index, bytes] of ${JSON.stringify(images.map((image) => [...image]))}.entries())
        data.items.add(new File([new Uint8Array(bytes)], index + '.jpg', { type: 'image/jpeg' }));
      return data;
    })()`);
    await page.dispatchEvent('body', 'drop', { dataTransfer });
    await page.getByText('6 of 6').waitFor();
    expect(await page.locator('.upload.good').count()).toBe(6);
  });

  it('says in plain words what is wrong with a file', async () => {
    const page = await open();
    await choose(page, [{ name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') }]);
    expect(await page.getByRole('alert').textContent()).toContain('letter.txt is not an image');

    await choose(page, [{ name: 'fake.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('not a jpeg') }]);
    const refusal = page.getByRole('article', { name: 'fake.jpg' }).getByRole('alert');
    expect(await refusal.textContent()).toContain('Convert it and send it again');

    const whole = await readFile(SMEAR);
    await choose(page, [{ name: 'half.jpg', mimeType: 'image/jpeg', buffer: whole.subarray(0, 4000) }]);
    const failure = page.getByRole('article', { name: 'half.jpg' }).getByRole('alert');
    await failure.waitFor();
    expect(await failure.textContent()).toContain('Code 510');
  });

  it('notes that an answer was wrong', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Truck' }).click();
    await page.getByRole('button', { name: 'Wrong?' }).click();
    expect(await page.locator('form.feedback input:focus').count()).toBe(1);
    await page.getByLabel('Right answer').fill('automobile');
    await page.getByLabel('Comment').fill('a small one');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText('It was noted').waitFor();
    const response = await fetch(`${system.url}/v1/feedback`, {
      headers: { Authorization: `Bearer ${key}` },
    });
    const { items } = (await response.json()) as { items: FeedbackView[] };
    expect(items[0]).toMatchObject({ answer: 'truck', label: 'automobile', comment: 'a small one' });
  });

  it('shows the history to whoever has a key, filtered as they like', async () => {
    await system.predict(await readFile(SMEAR), { model: 'blood-cells' });
    const page = await open('/history');
    await page.getByLabel('Key', { exact: true }).fill(key);
    await page.getByRole('button', { name: 'Use this key' }).click();
    const tiles = page.locator('.tile');
    await tiles.first().waitFor();
    await page.getByLabel('Model').selectOption('blood-cells');
    await page.locator('.tile-model', { hasText: 'everyday' }).first().waitFor({ state: 'detached' });
    const models = await page.locator('.tile-model').allTextContents();
    expect(new Set(models)).toEqual(new Set(['blood-cells']));
    expect(await imageWidth(page, '.tile img')).toBe(256);
    await tiles.first().click();
    await page.getByText('Where the time went').waitFor();
  });

  it('can be used with keys alone', async () => {
    const page = await open();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Airplane' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Where the time went').waitFor();
    expect(await page.locator('.verdict-name').textContent()).toBe('airplane');
    expect(await page.getByRole('status').first().textContent()).toContain('airplane');
  });

  it('speaks German to whoever prefers it, and remembers another choice', async () => {
    const page = await open('/', { locale: 'de-DE' });
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Was ist auf Ihrem Bild?');
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    await page.getByLabel('Sprache').selectOption('en');
    await page.reload();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('What is in your image?');
  });

  it('shows operators live figures', async () => {
    const page = await openWithKey('/operations');
    await page.getByText('Live').waitFor();
    expect(await page.getByRole('rowheader', { name: 'worker-1' }).count()).toBe(1);
    expect(await page.locator('canvas').count()).toBe(4);
  });

  it.each(['/', '/history', '/models', '/operations'])('fits a small phone at %s', async (where) => {
    const page = await openWithKey(where, PHONE);
    if (where === '/') await page.getByRole('button', { name: 'Blood smear', exact: true }).tap();
    await page
      .locator(
        { '/': '.found', '/history': '.tile', '/models': '.sheet', '/operations': '.chart' }[where] ?? 'h1',
      )
      .first()
      .waitFor();
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
  });

  it.each([
    { view: 'a classification', where: '/', sample: 'Ship', ready: '.bars' },
    { view: 'a detection', where: '/', sample: 'Blood smear', ready: '.found' },
    { view: 'the history', where: '/history', sample: null, ready: '.tile' },
    { view: 'the models', where: '/models', sample: null, ready: '.sheet .tally' },
    { view: 'the operations', where: '/operations', sample: null, ready: '.chart' },
  ])('puts no barrier before $view, in the light and in the dark', async ({ where, sample, ready }) => {
    const page = await openWithKey(where);
    if (sample) await page.getByRole('button', { name: sample, exact: true }).click();
    await page.locator(ready).first().waitFor();
    if (sample) await page.getByRole('button', { name: 'Wrong?' }).click();
    expect(await barriers(new AxeBuilder({ page }))).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await barriers(new AxeBuilder({ page }).withRules('color-contrast'))).toEqual([]);
  });
});

describeInBrowser('the page while no worker runs', () => {
  let system: System;
  let browser: Browser;

  beforeAll(async () => {
    [system, browser] = await Promise.all([startSystem({ workers: 0 }), openBrowser()]);
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    await system.remove();
  }, 60_000);

  it('says so, tells how many are ahead, cancels, and shows the answer when a worker comes', async () => {
    const { page, close } = await openTab(browser, system.url);
    await page.getByText('No worker serves this model at the moment').waitFor();
    for (const sample of ['Ship', 'Airplane', 'Truck'])
      await page.getByRole('button', { name: sample }).click();
    await page.locator('.upload', { hasText: 'ship.jpg' }).getByText('Next in line').waitFor();
    await page.locator('.upload', { hasText: 'truck.jpg' }).getByText('2 ahead of it').waitFor();
    await page.getByRole('button', { name: 'Cancel: truck.jpg' }).click();
    await page.locator('.upload', { hasText: 'truck.jpg' }).getByText('Canceled').waitFor();
    await system.addWorker();
    await page
      .locator('.upload', { hasText: 'ship.jpg' })
      .getByText(/^ship \d\d%$/)
      .waitFor();
    await close();
  }, 60_000);
});
