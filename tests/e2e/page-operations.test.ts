/** What operators see and do on the page: charts over time, failures, queues and disk use. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { openDatabase } from '@scry/shared/database/database';
import type { Page } from 'playwright-core';
import { shapesJpeg } from '../helpers/images.js';
import { keyIn } from '../helpers/keys.js';
import { describeInBrowser, overflow, PHONE, usePage } from '../helpers/page.js';
import { quiet } from '../helpers/services.js';

describeInBrowser('the operations view', () => {
  const suite = usePage();
  let admin: string;
  let failed: string;

  beforeAll(async () => {
    admin = await keyIn(suite.system.database, ['admin']);
    const { prediction_id } = await suite.system.predict(await shapesJpeg(1));
    failed = prediction_id;
    const database = openDatabase(suite.system.database.url, { max: 1, name: 'test', log: quiet });
    await database.query(
      `UPDATE predictions SET ended = 'failed', code = 550, error = 'It went wrong.', output = NULL WHERE id = $1`,
      [failed],
    );
    await database.query(`
      INSERT INTO prediction_minutes (at, succeeded, failed, latency, failures)
      SELECT date_trunc('minute', now()) - n * interval '1 minute', 600, 1, '{"30": 500, "45": 100}', '{"550": 1}'
      FROM generate_series(60, 3000) n`);
    await database.close();
  }, 60_000);

  async function openAsAdmin(where: string, options = {}): Promise<Page> {
    const page = await suite.open('/', options);
    await page.evaluate(`sessionStorage.setItem('scry.key', '${admin}')`);
    await page.goto(suite.system.url + where);
    await page.locator('.chart').first().waitFor();
    return page;
  }

  const stateOf = async (model: string): Promise<string> => {
    const queue = await fetch(`${suite.system.url}/v1/models/${model}/queue`);
    return ((await queue.json()) as { state: string }).state;
  };

  it('shows an hour, a day and a week, kept in the address, and values by the arrow keys', async () => {
    const page = await openAsAdmin('/operations');
    await page.getByRole('radio', { name: '24 h' }).check();
    await page.waitForURL(/range=24h/);
    await page.getByText('The last 24 hours.').waitFor();
    await page
      .locator('.failures')
      .getByRole('link', { name: /^1[0-9,]+ failed/ })
      .waitFor();
    const chart = page.getByRole('slider', { name: 'Throughput' });
    await chart.press('Home');
    await page.locator('.chart-tip').waitFor();
    expect(await chart.getAttribute('aria-valuetext')).toMatch(/^\d\d:\d\d: succeeded 10, failed 0/);
    await chart.press('Escape');
    await page.locator('.chart-tip').waitFor({ state: 'detached' });
    await page.getByLabel('Logarithmic scale').check();
    await page.locator('.chart canvas').first().waitFor();
    await page.reload();
    await page.getByText('The last 24 hours.').waitFor();
  });

  it('leads from failures to the predictions, and tries them again', async () => {
    const page = await openAsAdmin('/operations');
    await page.getByRole('button', { name: 'failed with code 550 again' }).click();
    await page.getByText('1 sent again').waitFor();
    const list = await fetch(`${suite.system.url}/v1/predictions?limit=1`, {
      headers: { Authorization: `Bearer ${admin}` },
    });
    const { items } = (await list.json()) as { items: PredictionView[] };
    expect(items[0]?.retry_of).toBe(failed);
    await page.locator('.failures').getByRole('link').first().click();
    await page.waitForURL(/\/history\?status=failed&code=550/);
    await page.locator('.tile').waitFor();
    expect(await page.locator('.tile').count()).toBe(1);
    expect(await page.getByLabel('Code').inputValue()).toBe('550');
  });

  it('pauses the queue of a model, and lets it run again', async () => {
    const page = await openAsAdmin('/operations');
    const row = page.locator('.queues tr', { hasText: 'blood-cells' });
    await row.getByRole('button', { name: 'Pause: blood-cells' }).click();
    await row.locator('.queue-state.paused').waitFor();
    expect(await stateOf('blood-cells')).toBe('paused');
    await row.getByRole('button', { name: 'Run: blood-cells' }).click();
    await row.locator('.queue-state.running').waitFor();
    expect(await stateOf('blood-cells')).toBe('running');
  });

  it('says what is missing to somebody whose key does not allow that, and what the disk holds', async () => {
    const page = await suite.openWithKey('/operations', PHONE);
    await page.locator('.storage').getByText('Images', { exact: true }).waitFor();
    await page.getByText('are kept until somebody deletes them').waitFor();
    await page.getByRole('button', { name: 'Drain: blood-cells' }).click();
    await page.getByText('The key is valid, but does not allow this').waitFor();
    expect(await stateOf('blood-cells')).toBe('running');
    expect(await overflow(page)).toBeLessThanOrEqual(0);
  });
});
