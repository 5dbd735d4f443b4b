/** Addresses of the page: filters, coming back, and what leads nowhere. */
import { untilTrue } from '../helpers/browser.js';
import { shapesJpeg } from '../helpers/images.js';
import { describeInBrowser, usePage } from '../helpers/page.js';

describeInBrowser('the addresses of the page', () => {
  const suite = usePage();

  beforeAll(async () => {
    await Promise.all([1, 2, 3, 4].map(async (seed) => suite.system.predict(await shapesJpeg(seed))));
  }, 60_000);

  it('hold the filter of the history, and give it back', async () => {
    const page = await suite.openWithKey('/history?status=succeeded');
    await page.locator('.tile').nth(3).waitFor();
    expect(await page.getByLabel('State').inputValue()).toBe('succeeded');
    await page.getByLabel('Model').selectOption('everyday-10');
    await page.waitForURL(/model=everyday-10/);
    await page.locator('.tile').nth(3).waitFor();
    await page.evaluate('window.scrollTo(0, 60)');
    const scrolled = await page.evaluate('window.scrollY');
    await page.locator('.tile').first().click();
    await page.getByText('Timing').waitFor();
    await page.goBack();
    await page.locator('.tile').nth(3).waitFor();
    expect(await page.getByLabel('Model').inputValue()).toBe('everyday-10');
    await untilTrue(page, `Math.abs(window.scrollY - ${scrolled}) < 2`);
  });

  it('that name nothing lead on', async () => {
    const page = await suite.open();
    const answer = await page.goto(`${suite.system.url}/nope`);
    expect(answer?.status()).toBe(404);
    await page.getByRole('heading', { name: 'Page not found' }).waitFor();
    await page.getByRole('link', { name: 'Go to the start page' }).click();
    await page.getByRole('heading', { name: 'What is in your image?' }).waitFor();
    const plain = await fetch(`${suite.system.url}/nope`);
    expect(plain.headers.get('content-type')).toContain('application/problem+json');
  });

  it('of a prediction that is gone lead on', async () => {
    const page = await suite.open('/p/01ARZ3NDEKTSV4RRFFQ69G5FAV');
    await page.getByText('There is no such prediction').waitFor();
    await page.getByRole('link', { name: 'Open the history' }).click();
    await page.getByRole('heading', { name: 'History' }).waitFor();
  });

  it('load images of the history when they come near', async () => {
    const id = (index: number) => `prediction-${index}`;
    const page = await suite.openWithKey('/models');
    const list = await (
      await fetch(`${suite.system.url}/v1/predictions?limit=1`, {
        headers: { Authorization: `Bearer ${suite.key}` },
      })
    ).json();
    const [one] = (list as { items: object[] }).items;
    const items = Array.from({ length: 36 }, (_, index) => ({ ...one, prediction_id: id(index) }));
    await page.route('**/v1/predictions?*', (route) => route.fulfill({ json: { items, next: null } }));
    let asked = 0;
    await page.route('**/thumbnail*', (route) => {
      asked += 1;
      return route.fulfill({ body: '', contentType: 'image/jpeg' });
    });
    await page.setViewportSize({ width: 360, height: 600 });
    await page.getByRole('link', { name: 'History' }).click();
    await page.locator('.tile').nth(35).waitFor();
    await untilTrue(page, "document.querySelector('.tile img') !== null");
    expect(asked).toBeLessThan(20);
  });
});
