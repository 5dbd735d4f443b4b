/** The page while servers restart, refuse and are slow. */
import { readFile } from 'node:fs/promises';
import { shapesJpeg } from '../helpers/images.js';
import { choose, describeInBrowser, SHIP, usePage } from '../helpers/page.js';

const big = (bytes: number, head: Buffer) => Buffer.concat([head, Buffer.alloc(bytes)]);

describeInBrowser('the page and a server in trouble', () => {
  const suite = usePage({ env: { MAX_UPLOAD_BYTES: String(2 * 1024 * 1024) } });

  it('goes on when the API was restarted, and sends nothing twice', async () => {
    const page = await suite.open();
    const [worker] = suite.system.workers;
    worker?.signal('SIGSTOP'); // holds the answer back until the API is there again
    await choose(page, SHIP);
    await page.getByRole('button', { name: 'Cancel: ship.jpg' }).waitFor();
    await page.locator('.upload .upload-state', { hasText: /Waiting|Next|Analysing/ }).waitFor();
    await suite.system.api.kill();
    await suite.system.api.start();
    worker?.signal('SIGCONT');
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor({ timeout: 30_000 });
    const made = await fetch(`${suite.system.url}/v1/predictions`, {
      headers: { Authorization: `Bearer ${suite.key}` },
    });
    expect(((await made.json()) as { items: unknown[] }).items).toHaveLength(1);
  }, 60_000);

  it('sends again under the same id when nothing answered, and says so when it never does', async () => {
    const page = await suite.open();
    const ids: string[] = [];
    await page.route('**/v1/predictions/*', async (route) => {
      if (route.request().method() !== 'PUT') return route.continue();
      ids.push(route.request().url());
      if (ids.length > 1) return route.continue();
      await route.fetch(); // the server has it, and its answer is lost
      await route.abort();
    });
    await choose(page, SHIP);
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBe(ids[1]);
  });

  it('waits as long as the server says, and gives nothing up', async () => {
    const page = await suite.open();
    let refusals = 0;
    await page.route('**/v1/predictions/*', (route) => {
      if (route.request().method() !== 'PUT' || refusals >= 5) return route.continue();
      refusals += 1;
      return route.fulfill({ status: 429, headers: { 'Retry-After': '1' }, body: '{}' });
    });
    const images = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async (seed) => ({
        name: `${seed}.jpg`,
        mimeType: 'image/jpeg',
        buffer: await shapesJpeg(seed),
      })),
    );
    await choose(page, images);
    await page.getByText('Server busy, sent later').first().waitFor();
    await page.getByText('6 of 6').waitFor();
    expect(await page.locator('.upload.good').count()).toBe(6);
  });

  it('offers to send all again that were refused for a while', async () => {
    const page = await suite.open();
    let full = true;
    await page.route('**/v1/predictions/*', (route) => {
      if (route.request().method() !== 'PUT' || !full) return route.continue();
      return route.fulfill({ status: 500, body: '{}' });
    });
    await choose(page, SHIP);
    await page.getByRole('heading', { name: 'Rejected' }).waitFor();
    full = false;
    await page.getByRole('button', { name: 'Send again' }).click();
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
  });

  it('refuses a file that is too large before it is sent', async () => {
    const page = await suite.open();
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.method()));
    const buffer = big(3 * 1024 * 1024, await readFile(SHIP));
    await choose(page, [{ name: 'huge.jpg', mimeType: 'image/jpeg', buffer }]);
    await page.getByText('this server takes 2.1 MB at most').waitFor();
    expect(sent).not.toContain('PUT');
  });

  it('says in German what the server refused', async () => {
    const page = await suite.open('/', { locale: 'de-DE' });
    const head = await readFile(SHIP);
    const broken = { name: 'broken.jpg', mimeType: 'image/jpeg', buffer: head.subarray(0, 100) };
    await choose(page, [broken]);
    await page.getByRole('heading', { name: 'Abgelehnt' }).waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('Die Datei ist beschädigt.');
  });

  it('keeps its list over a reload', async () => {
    const page = await suite.open();
    await choose(page, SHIP);
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
    expect(await page.locator('.upload-name').allTextContents()).toEqual(['ship.jpg']);
  });
});
