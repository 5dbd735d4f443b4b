/** The page for everybody: small screens, long words, screen readers, keys alone, less motion, forced colors. */
import { readFile } from 'node:fs/promises';
import { barriers, contrastBarriers, headings } from '../helpers/barriers.js';
import { untilTrue } from '../helpers/browser.js';
import { choose, describeInBrowser, overflow, PHONE, SHIP, SMEAR, usePage } from '../helpers/page.js';

const READY: Readonly<Record<string, string>> = {
  '/': '.found',
  '/history': '.tile',
  '/models': '.model-card-large .tally',
  '/operations': '.chart',
  '/datasets': '.steps',
  '/trainings': '.notice',
};
const LONG = 'Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamter';

describeInBrowser('the page for everybody', () => {
  const suite = usePage();

  it.each(['/', '/history', '/models', '/datasets', '/trainings', '/operations'])(
    'fits 320 pixels at %s',
    async (where) => {
      const page = await suite.openWithKey('/', { ...PHONE, viewport: { width: 320, height: 640 } });
      await page.getByRole('button', { name: 'Blood smear', exact: true }).tap();
      await page.locator('.found').waitFor();
      await page.goto(suite.system.url + where);
      await page
        .locator(READY[where] ?? 'h1')
        .first()
        .waitFor();
      expect(await overflow(page)).toBeLessThanOrEqual(0);
    },
  );

  it.each([320, 390, 1440])('fits names of 60 characters at %d pixels', async (width) => {
    const page = await suite.open('/', { viewport: { width, height: 800 } });
    await page.route('**/v1/predictions/*', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replaceAll('"ship"', `"${LONG}"`) });
    });
    await page.route('**/events', (route) => route.abort());
    const name = `${LONG}.jpg`;
    await choose(page, [{ name, mimeType: 'image/jpeg', buffer: await readFile(SHIP) }]);
    await page.getByRole('heading', { name: LONG, exact: true }).waitFor();
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    const cut = await page.evaluate(
      "[...document.querySelectorAll('.answer *, .model-card *')].filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline').map((one) => one.className)",
    );
    expect(cut).toEqual([]);
  });

  it.each([
    { view: 'a classification', where: '/', sample: 'Ship', ready: '.bars' },
    { view: 'a detection', where: '/', sample: 'Blood smear', ready: '.found' },
    { view: 'the history', where: '/history', sample: null, ready: '.tile' },
    { view: 'the models', where: '/models', sample: null, ready: '.model-card-large .tally' },
    { view: 'the operations', where: '/operations', sample: null, ready: '.chart' },
  ])('puts no barrier before $view, in the light and in the dark', async ({ where, sample, ready }) => {
    const page = await suite.openWithKey(where);
    if (sample) await page.getByRole('button', { name: sample, exact: true }).click();
    await page.locator(ready).first().waitFor();
    if (sample) {
      await page.getByText('More', { exact: true }).click();
      await page.getByRole('button', { name: 'Report a mistake' }).click();
    }
    expect(await barriers(page)).toEqual([]);
    const levels = await headings(page);
    expect(levels[0]).toBe(1);
    expect(levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await contrastBarriers(page)).toEqual([]);
  });

  it('scrolls at once for people who want less motion', async () => {
    const page = await suite.open('/', { viewport: { width: 390, height: 500 } });
    await choose(page, SHIP);
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
    await page.evaluate(
      'window.asked = []; Element.prototype.scrollIntoView = function (how) { window.asked.push(how.behavior); }; document.body.style.minHeight = "2000px"; window.scrollTo(0, 400)',
    );
    await choose(page, SMEAR);
    await untilTrue(page, 'window.asked.length > 0');
    expect(await page.evaluate('window.asked')).toEqual(['auto']);
    await page.getByRole('article', { name: 'blood-smear.jpg' }).waitFor();
  });

  it('shows the answer on the first screen of a phone, and folds the intake into one row', async () => {
    const page = await suite.open('/', { ...PHONE, viewport: { width: 360, height: 640 } });
    await page.getByRole('button', { name: 'Ship' }).tap();
    const heading = page.getByRole('heading', { level: 1, name: 'ship', exact: true });
    await heading.waitFor();
    const box = await heading.boundingBox();
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThan(640);
    const bar = await page.getByRole('region', { name: 'Next images' }).boundingBox();
    expect(bar?.height).toBeLessThan(60);
    expect(await page.getByRole('combobox', { name: 'Model' }).inputValue()).toBe('everyday-10');
    await page.getByRole('button', { name: 'Choose images' }).waitFor();
  });

  it('leaves the focus with the answer when what had it goes', async () => {
    const page = await suite.open();
    await page.getByRole('button', { name: 'Ship' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
    await untilTrue(page, "document.activeElement.matches('h1')");
  });

  it('shows what is chosen where colors are forced', async () => {
    const page = await suite.open('/', { forcedColors: 'active' });
    const outline = (selector: string) =>
      page.evaluate(`getComputedStyle(document.querySelector('${selector}')).outlineStyle`);
    await page.getByRole('radio').first().waitFor();
    expect(await outline('.model-card input:checked + .model-card-body')).toBe('solid');
    expect(await outline('.model-card input:not(:checked) + .model-card-body')).toBe('none');
  });

  it('names nothing twice', async () => {
    const page = await suite.open();
    const doubled = await page.evaluate(
      "[...document.querySelectorAll('[title][aria-label]')].filter((one) => one.title === one.ariaLabel && !one.matches('.tip')).length",
    );
    expect(doubled).toBe(0);
  });
});
