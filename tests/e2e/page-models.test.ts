/** Models on the page: uploaded, corrected, tried, published, tried on a share, rolled back, and taken from the catalogue. */
import { setTimeout } from 'node:timers/promises';
import { AxeBuilder } from '@axe-core/playwright';
import type { CatalogueItemView } from '@scry/shared/contracts/catalogue';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { untilTrue } from '../helpers/browser.js';
import { keyIn } from '../helpers/keys.js';
import { onnxFile } from '../helpers/onnx-file.js';
import { describeInBrowser, overflow, usePage } from '../helpers/page.js';

/** The mean of each channel as the probability of a class; another seed is another file. */
const network = (seed: number) => ({
  name: 'model.onnx',
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(
    onnxFile({
      inputs: [{ name: 'image', dims: ['n', 3, 8, 8] }],
      nodes: [
        {
          op: 'ReduceMean',
          inputs: ['image'],
          outputs: ['means'],
          attributes: { axes: [2, 3], keepdims: 0 },
        },
        { op: 'Softmax', inputs: ['means'], outputs: ['probabilities'], attributes: { axis: 1 } },
      ],
      outputs: [{ name: 'probabilities', dims: ['n', 3] }],
      constants: { seed: { dims: [1], data: [seed] } },
    }),
  ),
});

const file = (name: string, content: string) => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(content),
});

async function red(): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  const image = sharp({ create: { width: 60, height: 40, channels: 3, background: '#ff0000' } });
  return { name: 'red.png', mimeType: 'image/png', buffer: await image.png().toBuffer() };
}

describeInBrowser('models on the page', () => {
  const suite = usePage();
  let key: string;
  beforeAll(async () => {
    key = await keyIn(suite.system.database, ['models:write', 'predict', 'read']);
  });

  async function openAs(where: string): Promise<Page> {
    const page = await suite.open();
    await page.evaluate(`sessionStorage.setItem('scry.key', '${key}')`);
    await page.goto(suite.system.url + where);
    return page;
  }

  /** Gives files of a model and has them checked. */
  async function add(page: Page, name: string, files: { name: string; mimeType: string; buffer: Buffer }[]) {
    await page.locator('.choose-files input[type=file]').setInputFiles(files);
    await page.getByLabel('Name of the model').fill(name);
    await page.getByRole('button', { name: 'Upload and check' }).click();
  }

  /** Waits until so many versions of a model are checked. */
  async function ready(model: string, versions: number): Promise<void> {
    for (;;) {
      const response = await fetch(`${suite.system.url}/v1/models/${model}/versions`);
      const { items } = (await response.json()) as { items: { state: string }[] };
      if (items.filter(({ state }) => state === 'ready').length >= versions) return;
      await setTimeout(100);
    }
  }

  /** What axe finds that hinders people. */
  async function barriers(page: Page): Promise<string[]> {
    const { violations } = await new AxeBuilder({ page }).analyze();
    return violations
      .filter(({ impact }) => impact !== 'minor')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }

  it('are uploaded, corrected, tried on an image, published, and then answer', async () => {
    const page = await suite.open('/history');
    const dataTransfer = await page.evaluateHandle(`(() => {
      const data = new DataTransfer();
      data.items.add(new File(['labels'], 'dropped-model.onnx'));
      return data;
    })()`);
    await page.dispatchEvent('body', 'drop', { dataTransfer });
    await page.getByRole('button', { name: 'Remove dropped-model.onnx' }).click();
    await add(page, 'colors', [network(1), file('labels.txt', 'red\ngreen\nblue\n')]);
    await page.getByLabel('Key', { exact: true }).fill(key);
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.locator('form.key').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Upload and check' }).click();

    await page.getByRole('heading', { name: 'What was understood' }).waitFor();
    await untilTrue(page, "document.activeElement.matches('h1')");
    expect(await page.locator('.of-labels .reason').textContent()).toBe('the lines of labels.txt');
    expect(await page.locator('.understood dl').textContent()).toContain(
      'Input size8 × 8the shape of the input',
    );
    expect(await barriers(page)).toEqual([]);

    await page.getByLabel('Labels').fill('rouge\nvert\nbleu');
    await page.getByLabel('Range of values').selectOption('0 to 255');
    await page.getByRole('button', { name: 'Check again with these settings' }).click();
    await page.getByRole('heading', { name: 'colors@2' }).waitFor();
    await page.locator('.of-numbers .reason', { hasText: 'set by you' }).waitFor();

    await page.locator('.try-out input[type=file]').setInputFiles([await red()]);
    await page.locator('.try-out').getByRole('heading', { name: 'rouge', exact: true }).waitFor();
    await page.getByText('What the model is shown, 8 × 8').waitFor();
    await untilTrue(page, "document.querySelector('.shown-input img').naturalWidth === 8");

    await page.getByRole('button', { name: 'Publish as stable' }).click();
    await page.getByText('Published: “colors” is answered by it as stable.').waitFor();
    await page.getByRole('button', { name: 'Predict with it' }).click();
    await page.getByRole('radio', { name: /colors/ }).waitFor();
    expect(await page.getByRole('radio', { name: /colors/ }).isChecked()).toBe(true);

    const { model } = await suite.system.predict((await red()).buffer, { model: 'colors' });
    expect(model).toMatchObject({ name: 'colors', version: '2' });
    const gone = await fetch(`${suite.system.url}/v1/models/colors/versions/1`);
    expect(gone.status).toBe(404);
  }, 60_000);

  it('say in one sentence why a file was rejected, and are corrected from there', async () => {
    const page = await openAs('/add-model');
    await add(page, 'mislabelled', [network(2), file('labels.txt', 'only\ntwo\n')]);
    const alert = page.getByRole('alert');
    await alert.getByRole('heading', { name: 'The model was rejected' }).waitFor();
    expect(await alert.textContent()).toMatch(/labels/);
    await page.getByLabel('Labels').fill('now\nthere\nthree');
    await page.getByRole('button', { name: 'Check again with these settings' }).click();
    await page.getByRole('button', { name: 'Publish as stable' }).waitFor();

    await page.reload();
    await page.getByRole('heading', { name: 'mislabelled@2' }).waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByRole('heading', { name: 'Add a model' }).waitFor();
    await page.locator('.choose-files input[type=file]').setInputFiles([file('notes.txt', 'x')]);
    await page.getByText('No model file is among these').waitFor();
  });

  it('are tried on a share, promoted and rolled back, side by side with what they answered', async () => {
    const form = new FormData();
    form.set('name', 'shares');
    form.set('file', new Blob([new Uint8Array(network(3).buffer)]), 'model.onnx');
    const push = (label: string, seed: number) => {
      form.set('label', label);
      form.set('file', new Blob([new Uint8Array(network(seed).buffer)]), 'model.onnx');
      const headers = { Authorization: `Bearer ${key}` };
      return fetch(`${suite.system.url}/v1/models`, { method: 'POST', body: form, headers });
    };
    expect([(await push('stable', 3)).status, (await push('none', 4)).status]).toEqual([202, 202]);
    await ready('shares', 2);
    await suite.system.predict((await red()).buffer, { model: 'shares' });
    const page = await openAs('/models/shares');
    await page.getByRole('region', { name: 'Version 1' }).getByText('class 0').waitFor();

    await page.getByRole('button', { name: 'Actions for version 2' }).click();
    await page.getByRole('button', { name: 'Try as canary, 10 %' }).click();
    const share = page.getByLabel('Share of the canary');
    await share.waitFor();
    await share.fill('25');
    await page.getByRole('button', { name: 'Apply' }).click();
    const shares = page.locator('.shares li');
    await shares.filter({ hasText: 'canary' }).filter({ hasText: '25%' }).waitFor();
    expect(await shares.filter({ hasText: 'stable' }).textContent()).toContain('75%');

    await page.getByRole('button', { name: 'Make the canary stable' }).click();
    await shares.filter({ hasText: 'stable' }).filter({ hasText: 'Version 2' }).waitFor();
    await page.getByRole('button', { name: 'Roll back to version 1' }).click();
    await shares.filter({ hasText: 'stable' }).filter({ hasText: 'Version 1' }).waitFor();

    expect(await barriers(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await overflow(page)).toBeLessThanOrEqual(0);

    await page.getByRole('button', { name: 'Delete the model' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { name: 'Models', exact: true }).waitFor();
    expect((await fetch(`${suite.system.url}/v1/models/shares`)).status).toBe(404);
  }, 60_000);

  it('of the catalogue show their license before they are taken, and how far they are', async () => {
    const page = await openAs('/models');
    const listed = await fetch(`${suite.system.url}/v1/catalogue`);
    const [item] = ((await listed.json()) as { items: CatalogueItemView[] }).items as [CatalogueItemView];
    let now: CatalogueItemView = item;
    const progress = { bytes: item.download_bytes / 2, total: item.download_bytes };
    await page.route('**/v1/catalogue', (route) => route.fulfill({ json: { items: [now] } }));
    await page.route('**/v1/catalogue/*/pull', (route) => {
      now = { ...item, state: 'pulling', progress };
      return route.fulfill({ status: 202, json: now });
    });
    await page.getByRole('link', { name: 'Catalogue' }).click();
    await page.getByText('not installed').waitFor();
    expect(await page.getByText('Vladimir Mandic').count()).toBe(0);
    await page.getByRole('button', { name: 'Download …' }).click();
    await page.getByText('Vladimir Mandic').waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await page.getByRole('button', { name: 'Agree to MIT and download 144.5 MB' }).click();
    await page.getByText('72.3 MB of 144.5 MB').waitFor();
    now = { ...item, state: 'ready', version: '1' };
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByRole('heading', { name: 'What is in your image?' }).waitFor();
  });

  it('that are being checked are waited for on the first view', async () => {
    const page = await suite.open('/history');
    let checking = true;
    await page.route('**/v1/models', async (route) => {
      if (!checking) return route.continue();
      const problems = [1, 2, 3].map((number) => ({
        ...{ name: `model-${number}`, version: '1', state: 'checking' },
        message: 'It is being checked.',
      }));
      return route.fulfill({ json: { items: [], default: null, problems } });
    });
    await page.getByRole('link', { name: 'Predict', exact: true }).click();
    await page.getByText('3 models are being checked, ready in seconds.').waitFor();
    expect(await page.getByText('No models are installed').count()).toBe(0);
    checking = false;
    await page.getByRole('radio', { name: /everyday-10 / }).waitFor();
    expect(await page.getByText('being checked').count()).toBe(0);
  });
});
