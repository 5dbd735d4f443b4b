/** The page in a real browser, with the real API, a real worker and a real database behind it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { FeedbackView } from '@scry/shared/contracts/feedback';
import { acceptFolders } from '../helpers/app.js';
import { untilTrue } from '../helpers/browser.js';
import { shapesJpeg } from '../helpers/images.js';
import { choose, describeInBrowser, dragged, imageWidth, SAMPLES, SMEAR, usePage } from '../helpers/page.js';
import { REPO } from '../helpers/system.js';

describeInBrowser('the page', () => {
  const suite = usePage();
  const { open, openWithKey } = suite;

  it('answers what is in a sample image, and keeps the answer under a link', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Ship' }).click();
    const answer = page.getByRole('article', { name: 'ship.jpg' });
    await answer.getByRole('heading', { level: 1, name: 'ship', exact: true }).waitFor();
    expect(await page.title()).toMatch(/^ship, \d\d\.\d% · Scry$/);
    expect(await answer.locator('.bars li').count()).toBe(5);
    await answer.getByText('More', { exact: true }).click();
    await answer.getByRole('link', { name: 'Open its page' }).click();
    await page.waitForURL(/\/p\/[\w-]+$/);
    await page.reload();
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
    expect(await imageWidth(page, '.stage img')).toBe(640);
  });

  it('shows what a detector found as boxes and rows that belong together', async () => {
    const page = await open();
    await page.getByRole('radio', { name: /blood-cells/ }).check();
    await choose(page, SMEAR);
    const rows = page.getByRole('list', { name: 'What was found' }).getByRole('button');
    await rows.first().waitFor();
    const drawn = (what: string, value: string | number) =>
      untilTrue(page, `document.querySelector('.boxes canvas').dataset.${what} === '${value}'`);
    const all = await rows.count();
    expect(all).toBeGreaterThan(20);
    await drawn('boxes', all);
    await drawn('names', 0);
    await page.getByLabel('Labels on the image').check();
    await untilTrue(page, "Number(document.querySelector('.boxes canvas').dataset.names) > 10");
    await rows.nth(2).hover();
    await drawn('active', 2);
    const whites = page.getByRole('button', { name: /^WBC/ });
    await page.getByRole('button', { name: /^RBC \d+$/ }).click();
    expect(await rows.count()).toBeLessThan(all);
    expect(await whites.first().getAttribute('aria-pressed')).toBe('true');

    await page.getByRole('button', { name: /^RBC \d+$/ }).click();
    await page.getByRole('slider', { name: 'Show from' }).fill('0.88');
    const sure = await rows.count();
    expect(sure).toBeGreaterThan(0);
    expect(sure).toBeLessThan(all);
    await drawn('boxes', sure);
  });

  it('takes several images at once, dropped on it', async () => {
    const page = await open();
    const images = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => shapesJpeg(seed)));
    const dataTransfer = await dragged(page, images);
    await page.dispatchEvent('body', 'drop', { dataTransfer });
    await page.getByText('6 of 6').waitFor();
    expect(await page.locator('.upload.good').count()).toBe(6);
  });

  it('says in plain words what is wrong with a file', async () => {
    const page = await open();
    await choose(page, [{ name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') }]);
    await page.getByRole('alert').getByText('letter.txt is not an image').waitFor();
    await choose(page, [{ name: 'fake.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('not a jpeg') }]);
    await page.getByRole('alert').getByText('fake.jpg is not an image').waitFor();
    expect(await page.locator('.upload').count()).toBe(0);

    const whole = await readFile(SMEAR);
    await choose(page, [{ name: 'half.jpg', mimeType: 'image/jpeg', buffer: whole.subarray(0, 4000) }]);
    const failure = page.getByRole('article', { name: 'half.jpg' }).getByRole('alert');
    await failure.waitFor();
    expect(await failure.textContent()).toContain('Code 510');
  });

  it('notes that an answer was wrong', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Truck' }).click();
    await page.getByText('More', { exact: true }).click();
    await page.getByRole('button', { name: 'Report a mistake' }).click();
    await page.locator('form.feedback input:focus').waitFor();
    await page.getByLabel('Correct answer').fill('automobile');
    await page.getByLabel('Comment').fill('a small one');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText('Saved, thank you').waitFor();
    await page.getByRole('button', { name: 'Download image with answer' }).waitFor();
    const response = await fetch(`${suite.system.url}/v1/feedback`, {
      headers: { Authorization: `Bearer ${suite.key}` },
    });
    const { items } = (await response.json()) as { items: FeedbackView[] };
    expect(items[0]).toMatchObject({ answer: 'truck', label: 'automobile', comment: 'a small one' });
  });

  it('shows the history to whoever has a key, filtered as they like', async () => {
    await suite.system.predict(await readFile(SMEAR), { model: 'blood-cells' });
    const page = await open('/history');
    await page.getByLabel('Key', { exact: true }).fill(suite.key);
    await page.getByRole('button', { name: 'Use this key' }).click();
    const tiles = page.locator('.tile');
    await tiles.first().waitFor();
    await page.getByLabel('Model').selectOption('blood-cells');
    await page.locator('.tile-model', { hasText: 'everyday' }).first().waitFor({ state: 'detached' });
    const models = await page.locator('.tile-model').allTextContents();
    expect(new Set(models)).toEqual(new Set(['blood-cells']));
    expect(await imageWidth(page, '.tile img')).toBe(256);
    await tiles.first().click();
    await page.getByText('Timing').waitFor();
  });

  it('can be used with keys alone', async () => {
    const page = await open();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Airplane' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'airplane', exact: true }).waitFor();
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
    await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
    expect(await page.getByRole('rowheader', { name: 'worker-1' }).count()).toBe(1);
    expect(await page.locator('canvas').count()).toBe(4);
  });
});

describeInBrowser('the page while no worker runs', () => {
  const suite = usePage({ workers: 0 });
  beforeAll(() => acceptFolders(suite.system.database.url, path.join(REPO, 'models')));

  it('says so, cancels, and shows the answer when a worker comes', async () => {
    const page = await suite.open();
    await page.getByText('No worker has loaded this model').waitFor();
    await choose(
      page,
      await Promise.all(
        [1, 2, 3, 4, 5, 6].map(async (seed) => ({
          name: `${seed}.jpg`,
          mimeType: 'image/jpeg',
          buffer: await shapesJpeg(seed),
        })),
      ),
    );
    // All are sent: those that wait for an answer keep nobody from being sent.
    await untilTrue(
      page,
      "[...document.querySelectorAll('.upload-state')].filter((one) => one.textContent === 'Waiting for a worker').length === 6",
    );
    for (const sample of ['ship', 'airplane', 'truck']) {
      const file = `${SAMPLES}/${sample}.jpg`;
      await choose(page, file);
    }
    await page.locator('.upload', { hasText: 'ship.jpg' }).getByText('Waiting for a worker').waitFor();
    await page.getByRole('button', { name: 'Cancel: truck.jpg' }).click();
    await page.locator('.upload', { hasText: 'truck.jpg' }).getByText('Canceled').waitFor();
    await suite.system.addWorker();
    await page
      .locator('.upload', { hasText: 'ship.jpg' })
      .getByText(/^ship, \d\d%$/)
      .waitFor();
    await page.getByText('9 of 9').waitFor();
  }, 60_000);
});
