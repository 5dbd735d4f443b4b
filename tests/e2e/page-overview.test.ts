/** Several images on the page: counts, filters, exports and deleting. */
import { readFile } from 'node:fs/promises';
import { unzipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { barriers } from '../helpers/barriers.js';
import { choose, describeInBrowser, overflow, SAMPLES, usePage } from '../helpers/page.js';

const NAMES = ['ship', 'airplane', 'truck', 'blood-smear'];

describeInBrowser('several images on the page', () => {
  const suite = usePage();

  /** The page with the answers of everyday-10: three that it knows, and one of which it is not sure. */
  async function withImages(): Promise<Page> {
    const page = await suite.open();
    await choose(
      page,
      NAMES.map((name) => `${SAMPLES}/${name}.jpg`),
    );
    await page.getByText('4 of 4').waitFor();
    await page.getByRole('button', { name: 'All at once' }).click();
    await page.getByRole('heading', { level: 1, name: '4 images' }).waitFor();
    return page;
  }

  it('are counted by class and filtered by class and state', async () => {
    const page = await withImages();
    const tiles = page.locator('.overview .tile');
    expect(await tiles.count()).toBe(4);
    const ship = page.getByRole('button', { name: 'ship 1 image' });
    await ship.click();
    expect(await ship.getAttribute('aria-pressed')).toBe('true');
    expect(await tiles.allTextContents()).toEqual([expect.stringMatching(/^ship, \d\d%ship.jpg$/)]);
    await ship.click();
    expect(await barriers(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await page.getByLabel('State').selectOption('unsure');
    expect(await tiles.allTextContents()).toEqual([expect.stringMatching(/^Not sure \(.*blood-smear.jpg$/)]);
    await tiles.first().click();
    await page.getByRole('heading', { level: 1, name: 'Not sure' }).waitFor();
  });

  it('are exported as CSV, JSON and a zip with annotated images', async () => {
    const page = await withImages();
    const saved = async (entry: string) => {
      await page.getByText('Export', { exact: true }).click();
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: new RegExp(`^${entry}`) }).click();
      return readFile(await (await download).path());
    };
    const csv = (await saved('CSV')).toString();
    expect(csv).toMatch(/^\ufeffimage,prediction_id,/);
    expect(csv).toMatch(/\r\nship.jpg,\w+,succeeded,everyday-10,1,8,ship,0\.\d+/);
    const json = JSON.parse((await saved('JSON')).toString()) as { file: string; status: string }[];
    expect(json.map(({ file, status }) => `${file} ${status}`)).toEqual(
      NAMES.map((name) => `${name}.jpg succeeded`),
    );
    const zip = unzipSync(await saved('ZIP'));
    expect(Object.keys(zip).sort()).toEqual(
      [
        ...NAMES.map((name) => `annotated/${name}-annotated.jpg`),
        'predictions.csv',
        'predictions.json',
      ].sort(),
    );
    expect([...(zip['annotated/ship-annotated.jpg'] ?? [])].slice(0, 3)).toEqual([0xff, 0xd8, 0xff]);
  });

  it('are deleted on the server after a question', async () => {
    const page = await withImages();
    await page.getByRole('button', { name: 'ship 1 image' }).click();
    const menu = page.locator('.overview').getByText('More', { exact: true });
    await menu.click();
    await page.getByRole('button', { name: 'Delete from the server' }).click();
    await page
      .getByRole('dialog', { name: 'Delete 1 image?' })
      .getByRole('button', { name: 'Cancel' })
      .click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await menu.click();
    await page.getByRole('button', { name: 'Delete from the server' }).click();
    const gone = page.waitForRequest((request) => request.method() === 'DELETE');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete from the server' }).click();
    const path = new URL((await gone).url()).pathname;
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect((await fetch(suite.system.url + path)).status).toBe(404);
    await page.getByRole('button', { name: 'ship 1 image' }).waitFor({ state: 'detached' });
    await page.getByText('No prediction matches this filter.').waitFor();
  });
});
