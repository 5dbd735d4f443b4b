/** Keys on the page: entered, tried, kept, shown and forgotten. */
import { keyIn } from '../helpers/keys.js';
import { choose, describeInBrowser, SHIP, usePage } from '../helpers/page.js';

const MISTYPED = `scry_${'a'.repeat(12)}_${'b'.repeat(40)}`;

describeInBrowser('keys on the page of a server that asks for them', () => {
  const suite = usePage({ env: { AUTH: 'key' } });

  it('send a refused image as soon as the right one is entered', async () => {
    const key = await keyIn(suite.system.database, ['predict']);
    const page = await suite.open();
    await choose(page, SHIP);
    const form = page.getByRole('article', { name: 'ship.jpg' }).locator('form.key');
    await form.getByLabel('Key', { exact: true }).fill(MISTYPED);
    await form.getByRole('button', { name: 'Use this key' }).click();
    await form.getByText('The server does not know this key').waitFor();
    await form.getByLabel('Key', { exact: true }).fill(key);
    await form.getByRole('button', { name: 'Use this key' }).click();
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
  });

  it('say which scope they lack, can be shown, kept and forgotten', async () => {
    const predicting = await keyIn(suite.system.database, ['predict']);
    const page = await suite.open('/history');
    const field = page.getByLabel('Key', { exact: true });
    await field.fill(predicting);
    expect(await field.getAttribute('type')).toBe('password');
    await page.getByLabel('Show the key').check();
    expect(await field.getAttribute('type')).toBe('text');
    expect(await field.getAttribute('autocomplete')).toBe('current-password');
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('is valid, but does not allow this').waitFor();
    expect(await page.locator('form.key code').textContent()).toContain('--scopes predict,read');

    await field.fill(suite.key);
    await page.getByLabel('Keep it on this computer').check();
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('Nothing here yet').or(page.locator('.tile')).first().waitFor();
    expect(await page.evaluate("localStorage.getItem('scry.key')")).toBe(suite.key);
    await page.getByRole('button', { name: 'Forget the key' }).click();
    await page.getByRole('heading', { name: 'This needs a key' }).waitFor();
    expect(await page.evaluate("localStorage.getItem('scry.key')")).toBeNull();
  });

  it('come with a link, which leaves none in the address', async () => {
    const page = await suite.open(`/history#key=${suite.key}`);
    await page.getByText('Nothing here yet').or(page.locator('.tile')).first().waitFor();
    expect(page.url()).toBe(`${suite.system.url}/history`);
  });
});

describeInBrowser('keys on the page of an open server', () => {
  const suite = usePage();

  it('do no harm when they are mistyped or revoked', async () => {
    const page = await suite.open('/history');
    await page.getByLabel('Key', { exact: true }).fill(MISTYPED);
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('The server does not know this key').waitFor();
    await page.evaluate(`sessionStorage.setItem('scry.key', '${MISTYPED}')`); // one that was revoked since
    await page.goto(suite.system.url);
    await choose(page, SHIP);
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
  });
});
