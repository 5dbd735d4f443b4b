/** From images to a served model through the page: data sets, their images, trainings. */
import type { DatasetView, ImportView } from '@scry/shared/contracts/dataset';
import type { Page } from 'playwright-core';
import { barriers, contrastBarriers, headings } from '../helpers/barriers.js';
import { untilTrue } from '../helpers/browser.js';
import { COLORS, colorZip, square } from '../helpers/color-zip.js';
import { keyIn } from '../helpers/keys.js';
import { choose, describeInBrowser, type FileInMemory, overflow, PHONE, usePage } from '../helpers/page.js';

/** A training takes seconds, and on a busy machine many. */
const TRAINED = { timeout: 90_000 };

const png = async (name: string, color: keyof typeof COLORS, seed: number): Promise<FileInMemory> => ({
  name,
  mimeType: 'image/png',
  buffer: Buffer.from(await square(COLORS[color], seed)),
});

describeInBrowser('training on the page', () => {
  const suite = usePage();
  let key: string;

  beforeAll(async () => {
    key = await keyIn(suite.system.database, ['admin']);
  });

  const open = (where: string, options = {}) => suite.openWithKey(where, options, key);

  async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
    const headers = { Authorization: `Bearer ${key}`, ...init.headers };
    const response = await fetch(suite.system.url + path, { ...init, headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  const post = <T>(path: string, body: unknown): Promise<T> =>
    call(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });

  /** Makes a data set of red, green and blue squares without the page. @returns its id */
  async function made(name: string, perClass: number): Promise<string> {
    const { id } = await post<DatasetView>('/v1/datasets', { name });
    const body = new Uint8Array(await colorZip(perClass));
    const headers = { 'Content-Type': 'application/zip' };
    let state = await call<ImportView>(`/v1/datasets/${id}/import`, { method: 'POST', headers, body });
    while (state.state === 'running')
      state = await call<ImportView>(`/v1/datasets/${id}/imports/${state.id}`);
    expect(state.added).toBe(3 * perClass);
    return id;
  }

  const tiles = (page: Page) => page.getByRole('listbox', { name: 'Images' }).getByRole('option');
  const selected = (page: Page, count: number) =>
    page.getByRole('region', { name: `${count} selected` }).waitFor();

  it('goes from a zip to a served model', async () => {
    const page = await open('/');
    await page.getByRole('link', { name: 'Train', exact: true }).click();
    await page.getByText('From images to your own model').waitFor();
    await page.getByLabel('New data set').fill('Colors');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { level: 1, name: 'Colors' }).waitFor();
    const others = {
      'red/broken.jpg': new Uint8Array([0xff, 0xd8, 0xff, 0xe0]),
      'red/notes.docx': Buffer.from('x'),
    };
    const zip = Buffer.from(await colorZip(12, others));
    await page
      .locator('input[type=file][accept=".zip"]')
      .setInputFiles([{ name: 'colors.zip', mimeType: 'application/zip', buffer: zip }]);
    await page.getByText('36 added, 0 already there, 2 skipped').waitFor({ timeout: 30_000 });
    const report = page.locator('.skipped');
    await report.getByText('red/broken.jpg').waitFor();
    await report.getByText('red/notes.docx').waitFor();
    await page.getByRole('button', { name: 'red 12' }).waitFor();

    await page.getByRole('link', { name: 'Train a model' }).click();
    expect(await page.getByLabel('Name of the model').inputValue()).toBe('colors');
    expect(await page.getByRole('radio', { name: /Quick/ }).isChecked()).toBe(true);
    const bases = page.getByLabel('Builds on').locator('option');
    expect(await bases.allTextContents()).toEqual(['everyday-10']); // no detector, and nothing without an ONNX file
    await page.getByRole('button', { name: 'Start training' }).click();
    await page.waitForURL(/\/trainings\/\w+$/);
    await page.locator('.headline-value').waitFor(TRAINED);
    expect(await page.locator('.line-chart').count()).toBe(3);
    await page.locator('.matrix button').first().click();
    await page.locator('.cell-images .item-image').first().waitFor();

    await page.locator('.try-out input[type=file]').setInputFiles([await png('new.png', 'blue', 99)]);
    await page.locator('.tried').getByRole('heading', { name: 'blue' }).waitFor(TRAINED);
    await page.getByText(/answered by colors@/).waitFor();
    await page.getByRole('button', { name: 'Serve as stable' }).click();
    await page
      .getByText(/is served as stable/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Predict with it' }).click();
    await page.getByRole('radio', { name: /colors/ }).waitFor({ timeout: 30_000 });
    expect(await page.getByRole('radio', { name: /colors/ }).isChecked()).toBe(true);
    await choose(page, [await png('another.png', 'green', 98)]);
    await page
      .getByRole('heading', { name: /^green/ })
      .first()
      .waitFor(TRAINED);
  }, 240_000);

  it('selects, relabels and deletes images with keys alone', async () => {
    const page = await open(`/datasets/${await made('Keys', 4)}`);
    await tiles(page).nth(11).waitFor();
    await tiles(page).first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Space');
    await selected(page, 1);
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    await selected(page, 3);
    expect(await tiles(page).nth(3).getAttribute('aria-selected')).toBe('true');
    await page.keyboard.press('ControlOrMeta+a');
    await selected(page, 12);
    await page.keyboard.press('Escape');
    await page.locator('.selection-bar').waitFor({ state: 'detached' });

    await page.keyboard.press('c');
    await page.getByLabel('Find or name a class').fill('purple');
    await page.keyboard.press('Enter');
    await page.getByText('1 image: class is now “purple”.').first().waitFor();
    await page.getByRole('button', { name: 'purple 1' }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: 'purple 1' }).waitFor({ state: 'detached' });

    await tiles(page).first().focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Shift+End');
    await selected(page, 12);
    await page.keyboard.press('Shift+ArrowUp');
    await page.keyboard.press('Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).press('Enter');
    await page
      .getByText(/deleted\./)
      .first()
      .waitFor();
    await untilTrue(page, "document.activeElement?.getAttribute('role') === 'option'");
    const left = await tiles(page).count();
    expect(left).toBeLessThan(12);
    await page.getByRole('button', { name: `All ${left}` }).waitFor();
  }, 60_000);

  it('selects with a finger, and gives many images another class at once', async () => {
    const page = await open(`/datasets/${await made('Fingers', 3)}`, PHONE);
    await tiles(page).nth(8).waitFor();
    await tiles(page).first().tap();
    await page.getByRole('dialog').getByText('24 × 24').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).tap();
    await page.getByRole('button', { name: 'Select', exact: true }).tap();
    await tiles(page).nth(0).tap();
    await tiles(page).nth(1).tap();
    await selected(page, 2);
    await page.getByRole('button', { name: 'Change class' }).tap();
    await page.getByRole('dialog').getByRole('button', { name: 'red', exact: true }).tap();
    await page.getByText('2 images: class is now “red”.').first().waitFor();
    await page.getByRole('button', { name: 'red 5' }).tap();
    await page.waitForURL(/class=red/);
    await untilTrue(page, "document.querySelectorAll('.item').length === 5");
    expect(await overflow(page)).toBeLessThanOrEqual(0);
  }, 60_000);

  it('adds images one by one, and says which were skipped and which were there', async () => {
    const page = await open(`/datasets/${await made('Singles', 2)}`);
    await page.getByLabel('Class of images without a folder').fill('blue');
    await page
      .locator('input[type=file][accept^="image"]')
      .setInputFiles([
        await png('new.png', 'blue', 77),
        await png('again.png', 'blue', 0),
        { name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') },
      ]);
    await page.getByText('1 added, 1 already there, 1 skipped').waitFor();
    await page.locator('.skipped').getByText('letter.txt is not an image').waitFor();
    await page.getByRole('button', { name: 'blue 3' }).waitFor();
    await page.getByLabel('File name').fill('new');
    await page.waitForURL(/text=new/);
    await untilTrue(page, "document.querySelectorAll('.item').length === 1");
  }, 60_000);

  it('labels what has no class, and what a model was least sure of, by number keys', async () => {
    const id = await made('Labels', 1);
    const form = new FormData();
    form.set('image', new Blob([new Uint8Array(await square(COLORS.red, 50))]), 'red.png');
    await call(`/v1/datasets/${id}/items`, { method: 'POST', body: form });
    await suite.system.predict(await square(COLORS.green, 51), { model: 'everyday-10' });
    const classes = async () => {
      const { classes: all } = await call<DatasetView>(`/v1/datasets/${id}`);
      return Object.fromEntries(all.map((one) => [one.class ?? '-', one.items]));
    };
    const page = await open(`/datasets/${id}?view=label`);
    const last = page.locator('.label-foot button:enabled', { hasText: 'Undo' });
    await page.locator('.label-image img').waitFor();
    await page.keyboard.press('3'); // blue, green, red
    await last.waitFor();
    expect(await classes()).toEqual({ blue: 1, green: 1, red: 2 });
    await page.keyboard.press('Backspace');
    await page.locator('.label-image img').waitFor();
    await page.getByText('1 left').waitFor();
    expect(await classes()).toEqual({ blue: 1, green: 1, red: 1, '-': 1 });

    await page.locator('.label-source select').selectOption('everyday-10');
    await page.getByText(/^Answered: /).waitFor();
    const asked = await page.getByText(/^\d+ left$/).textContent();
    await page.locator('.label-classes button').nth(1).click();
    await last.waitFor();
    await page.getByText(/^\d+ left$/).waitFor();
    expect(await page.getByText(/^\d+ left$/).textContent()).not.toBe(asked);
    expect(await classes()).toEqual({ blue: 1, green: 2, red: 1, '-': 1 });
  }, 60_000);

  it('keeps the best of a training that is stopped', async () => {
    const dataset = await made('Stopped', 8);
    const settings = { method: 'scratch', epochs: 1000, batch_size: 2, input_size: 48 };
    const { id } = await post<{ id: string }>('/v1/trainings', { dataset, name: 'stopped', ...settings });
    const page = await open(`/trainings/${id}`);
    await page.getByRole('button', { name: 'Stop and keep the best so far' }).click(TRAINED);
    await page.getByText('It was stopped early').waitFor(TRAINED);
    await page
      .getByText(/^stopped@/)
      .first()
      .waitFor();
    await page.getByRole('link', { name: 'Train again with these settings' }).click();
    await page.getByLabel('Epochs', { exact: true }).waitFor();
    expect(await page.getByLabel('Epochs', { exact: true }).inputValue()).toBe('1000');

    const other = await post<{ id: string }>('/v1/trainings', { dataset, name: 'stopped', ...settings });
    await page.goto(`${suite.system.url}/trainings/${other.id}`);
    await page.getByRole('button', { name: 'Cancel' }).click(TRAINED);
    await page.getByText('It was canceled, and no version was made').waitFor(TRAINED);
  }, 240_000);

  it('says which scopes a key needs that may only read', async () => {
    const page = await suite.openWithKey('/datasets');
    await page.getByLabel('New data set').fill('Mine');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('is valid, but does not allow this').waitFor();
    expect(await page.locator('form.key code').textContent()).toContain('datasets:write,train');
  });

  it('puts no barrier before anybody, fits 320 pixels, and speaks German', async () => {
    const dataset = await made('Barriers', 4);
    const { id } = await post<{ id: string }>('/v1/trainings', {
      ...{ dataset, name: 'barriers', method: 'head', base: 'everyday-10' },
    });
    await call(`/v1/trainings/${id}?wait=60`);
    const page = await open(`/trainings/${id}`, { locale: 'de-DE' });
    await page.getByText('Konfusionsmatrix').waitFor(TRAINED);
    const ready = {
      [`/trainings/${id}`]: '.matrix button',
      [`/datasets/${dataset}`]: '.item',
      '/datasets': '.dataset-card',
      [`/datasets/${dataset}?view=label`]: '.label-next',
      '/trainings': '.trained',
      [`/trainings?dataset=${dataset}`]: '.training-form',
    };
    for (const [where, what] of Object.entries(ready)) {
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.emulateMedia({ colorScheme: 'light' });
      await page.goto(suite.system.url + where);
      await page.locator(what).first().waitFor();
      expect(await barriers(page)).toEqual([]);
      const levels = await headings(page);
      expect(levels[0]).toBe(1);
      expect(levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1)).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await contrastBarriers(page)).toEqual([]);
      await page.setViewportSize({ width: 320, height: 640 });
      // Charts are drawn again once the window is known to be narrower.
      await untilTrue(page, 'document.documentElement.scrollWidth <= window.innerWidth');
    }
  }, 180_000);
});
