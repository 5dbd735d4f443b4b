/** How images get into the page, what they are asked with, and how the same is asked from elsewhere. */
import { execFile, spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import type { Page } from 'playwright-core';
import { untilTrue } from '../helpers/browser.js';
import { shapesJpeg } from '../helpers/images.js';
import { choose, describeInBrowser, dragged, SHIP, SMEAR, usePage } from '../helpers/page.js';

const run = promisify(execFile);

describeInBrowser('images given to the page', () => {
  const suite = usePage({ env: { IMAGE_URLS: 'any' } });
  const withClipboard = { permissions: ['clipboard-read', 'clipboard-write'] };
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'scry-curl-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** Runs the command that the page copies, in the folder. */
  async function copiedCommand(page: Page): Promise<PredictionView> {
    await page.getByText('More', { exact: true }).click();
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    const command = String(await page.evaluate('navigator.clipboard.readText()'));
    const { stdout } = await run('bash', ['-c', command], { cwd: folder });
    return JSON.parse(stdout) as PredictionView;
  }

  it('are asked the same by the copied command, whatever the file is called', async () => {
    const page = await suite.open('/', withClipboard);
    const name = 'a, b; "c".jpg';
    await copyFile(SHIP, path.join(folder, name));
    await choose(page, [{ name, mimeType: 'image/jpeg', buffer: await readFile(SHIP) }]);
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
    expect((await copiedCommand(page)).output?.predictions[0]?.class_name).toBe('ship');
  });

  const PROGRAMS = {
    Python: ['python3', 'ask.py'],
    JavaScript: [process.execPath, 'ask.js'],
  } as const;

  /** Runs the program that the page copies, in the folder. */
  async function copiedProgram(page: Page, language: keyof typeof PROGRAMS): Promise<PredictionView> {
    const [command, file] = PROGRAMS[language];
    await page.getByText('More', { exact: true }).click();
    await page.getByRole('button', { name: `Copy as ${language}` }).click();
    await writeFile(path.join(folder, file), String(await page.evaluate('navigator.clipboard.readText()')));
    const { stdout } = await run(command, [file], { cwd: folder });
    return JSON.parse(stdout) as PredictionView;
  }

  it.each(['Python', 'JavaScript'] as const)(
    'are asked the same by the copied %s, sent from a file or known to the server',
    async (language) => {
      if (language === 'Python' && spawnSync('python3', ['--version']).status !== 0) return;
      const page = await suite.open('/', withClipboard);
      const name = 'a, b; "c".jpg';
      await copyFile(SHIP, path.join(folder, name));
      await choose(page, [{ name, mimeType: 'image/jpeg', buffer: await readFile(SHIP) }]);
      await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
      const sent = await copiedProgram(page, language);
      expect(sent.output?.predictions[0]?.class_name).toBe('ship');
      await page.goto(`${suite.system.url}/p/${sent.prediction_id}`);
      await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
      const known = await copiedProgram(page, language);
      expect(known).toMatchObject({
        image: sent.image,
        output: { predictions: [{ class_name: 'ship' }, {}, {}, {}, {}] },
      });
      expect(known.prediction_id).not.toBe(sent.prediction_id);
    },
  );

  it('are fetched by the server from an address that is entered or pasted', async () => {
    const page = await suite.open();
    const address = `${suite.system.url}/samples/ship.jpg`;
    await page.getByRole('textbox', { name: 'address of an image' }).fill(address);
    await page.getByRole('button', { name: 'Fetch' }).click();
    await page.getByRole('article', { name: 'ship.jpg' }).waitFor();
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
    await page.evaluate(`(() => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', '${suite.system.url}/samples/no-such.jpg');
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    })()`);
    await page.getByText('The image could not be fetched from this address').waitFor();
  });

  it('are taken by a webcam, where the browser lets the page use it', async () => {
    const allowed = await suite.open('/', { permissions: ['camera'] });
    await allowed.getByRole('button', { name: 'Use the webcam' }).click();
    const take = allowed.getByRole('dialog').getByRole('button', { name: 'Take a photo' });
    await untilTrue(allowed, `document.querySelector('video')?.videoWidth > 0`);
    await take.click();
    await allowed.getByRole('article', { name: 'Photo' }).waitFor();

    const refused = await suite.open('/', { permissions: [] });
    await refused.getByRole('button', { name: 'Use the webcam' }).click();
    await refused.getByText('The browser does not let this page use the camera').waitFor();
    await refused.keyboard.press('Escape');
    await refused.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('wait for the models, so that an example tried at once goes to the model it suits', async () => {
    const page = await suite.open();
    let letThrough = () => {};
    const tapped = new Promise<void>((resolve) => {
      letThrough = resolve;
    });
    await page.route('**/v1/models', async (route) => {
      await tapped;
      await route.continue();
    });
    await page.reload();
    const fetched = page.waitForResponse('**/samples/blood-smear.jpg');
    await page.getByRole('button', { name: 'Blood smear', exact: true }).click();
    await (await fetched).finished();
    const sent = page.waitForRequest((request) => request.method() === 'PUT');
    letThrough();
    expect((await sent).postData()).toContain('blood-cells');
    await page.locator('.found').waitFor();
  });

  it('are fetched by the copied command when they were pasted', async () => {
    const page = await suite.open('/', withClipboard);
    await page.evaluate(`(() => {
      const clipboardData = new DataTransfer();
      const bytes = new Uint8Array(${JSON.stringify([...(await readFile(SHIP))])});
      clipboardData.items.add(new File([bytes], 'image.png', { type: 'image/png' }));
      window.dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
    })()`);
    await page.getByRole('article', { name: 'Pasted image' }).waitFor();
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
    expect((await copiedCommand(page)).output?.predictions[0]?.class_name).toBe('ship');
  });

  it('can be dropped on every view, which says so while they are dragged', async () => {
    const page = await suite.open('/models');
    const dataTransfer = await dragged(page, [await readFile(SHIP)]);
    await page.dispatchEvent('body', 'dragover', { dataTransfer });
    expect(await page.getByText('Release to send').boundingBox()).not.toBeNull();
    await page.dispatchEvent('body', 'drop', { dataTransfer });
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/');
  });

  it('are told of a setting that is out of range', async () => {
    const page = await suite.open();
    await page.getByText('Advanced').click();
    await page.getByLabel('Minimum confidence').fill('7');
    await page.getByText('Enter a number from 0 to 1').waitFor();
    expect(await page.getByLabel('Minimum confidence').getAttribute('aria-invalid')).toBe('true');
  });

  it('are asked only with settings that the model has', async () => {
    const page = await suite.open();
    await page.getByRole('radio', { name: /blood-cells/ }).check();
    await page.getByText('Advanced').click();
    await page.getByLabel('Maximum overlap (IoU)').fill('0.3');
    const sent = page.waitForRequest((request) => request.method() === 'PUT');
    await page.getByRole('button', { name: 'Ship' }).click();
    expect((await sent).postData() ?? '').not.toContain('name="iou"');
    await page.getByRole('heading', { name: 'ship', exact: true }).waitFor();
  });

  it('are downloaded with what is shown of the answer', async () => {
    const page = await suite.open();
    await page.getByRole('radio', { name: /blood-cells/ }).check();
    await choose(page, SMEAR);
    await page.getByRole('slider', { name: 'Show from' }).fill('0.88');
    await page.getByRole('button', { name: /^RBC \d+$/ }).click();
    const asked = page.waitForRequest(/annotated/);
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download image with answer' }).click();
    const query = new URL((await asked).url()).searchParams;
    expect(query.get('threshold')).toBe('0.88');
    expect(query.get('classes')).not.toBe('');
    expect((await saved).suggestedFilename()).toBe('blood-smear-annotated.jpg');
  });

  it('keep the focus near when one is removed, and are one stop for the Tab key', async () => {
    const page = await suite.open();
    const images = await Promise.all(
      [11, 12, 13].map(async (seed) => ({
        name: `${seed}.jpg`,
        mimeType: 'image/jpeg',
        buffer: await shapesJpeg(seed),
      })),
    );
    await choose(page, images);
    await page.getByText('3 of 3').waitFor();
    expect(await page.locator('.uploads ul button[tabindex="0"]').count()).toBe(2);
    await page.getByRole('button', { name: /^11.jpg/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('article', { name: '12.jpg' }).waitFor();
    await page.keyboard.press('Delete');
    await page.getByRole('article', { name: '13.jpg' }).waitFor();
    await untilTrue(page, "document.activeElement.textContent.startsWith('13.jpg')");
  });
});
