/** Reports of mistakes on the page: boxes that are marked, and the inbox where reports are taken or dismissed. */
import { readFile } from 'node:fs/promises';
import type { FeedbackView } from '@scry/shared/contracts/feedback';
import type { Page } from 'playwright-core';
import { barriers } from '../helpers/barriers.js';
import { keyIn } from '../helpers/keys.js';
import { describeInBrowser, overflow, SMEAR, usePage } from '../helpers/page.js';

describeInBrowser('reported mistakes', () => {
  const suite = usePage();
  let headers: Record<string, string>;
  let key: string;

  beforeAll(async () => {
    key = await keyIn(suite.system.database, ['read', 'datasets:write']);
    headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
    const body = JSON.stringify({ name: 'cells' });
    await fetch(`${suite.system.url}/v1/datasets`, { method: 'POST', headers, body });
  }, 60_000);

  const listed = async (state: string): Promise<readonly FeedbackView[]> => {
    const page = await fetch(`${suite.system.url}/v1/feedback?state=${state}`, { headers });
    return ((await page.json()) as { items: FeedbackView[] }).items;
  };

  async function openInbox(width = 1280): Promise<Page> {
    const page = await suite.open('/', { viewport: { width, height: 800 } });
    await page.evaluate(`sessionStorage.setItem('scry.key', '${key}')`);
    await page.goto(`${suite.system.url}/feedback`);
    return page;
  }

  it('mark single boxes of a detection', async () => {
    const sent = await suite.system.predict(await readFile(SMEAR), { model: 'blood-cells' });
    const page = await suite.open(`/p/${sent.prediction_id}`);
    await page.locator('.found').waitFor();
    await page.getByText('More', { exact: true }).click();
    await page.getByRole('button', { name: 'Report a mistake' }).click();
    await page.getByText('Mark single boxes').click();
    await page.locator('.box-marks select').nth(0).selectOption({ label: 'right' });
    await page.locator('.box-marks select').nth(1).selectOption({ label: 'no such object' });
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText('Saved, thank you').waitFor();
    const [said] = await listed('open');
    expect(said?.boxes).toEqual([
      { index: 0, correct: true },
      { index: 1, correct: false },
    ]);
  });

  it('are taken into a data set, dismissed and opened again', async () => {
    const page = await openInbox();
    await page.getByText('Boxes: 1 right, 0 something else, 1 wrong').waitFor();
    await page.getByLabel('Data set').selectOption({ label: 'cells' });
    await page.getByRole('button', { name: 'Accept into the data set' }).click();
    await page.getByText('Nothing is open').waitFor();
    expect(await listed('accepted')).toHaveLength(1);
    await page.getByLabel('State').selectOption('accepted');
    await page.waitForURL(/state=accepted/);
    await page.getByRole('button', { name: 'Open again' }).click();
    await page.getByText('Nothing was taken').waitFor();
    await page.getByLabel('State').selectOption('open');
    await page.getByRole('button', { name: 'Dismiss' }).waitFor();
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export as CSV' }).click();
    expect(await readFile(await (await saved).path(), 'utf8')).toContain('0: right, 1: wrong');
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByText('Nothing is open').waitFor();
    expect(await listed('dismissed')).toHaveLength(1);
  });

  it('are shown without barriers, also on 320 pixels', async () => {
    const page = await openInbox(320);
    await page.getByLabel('State').selectOption('dismissed');
    await page.getByRole('button', { name: 'Open again' }).waitFor();
    expect(await barriers(page)).toEqual([]);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
  });
});
