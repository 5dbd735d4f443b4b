/** What tests of the page share: one Scry and one browser a suite, and tabs that must log no error. */
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { browserIsInstalled, openBrowser, openTab, type Tab } from './browser.js';
import { keyIn } from './keys.js';
import { REPO, type System, type SystemOptions, startSystem } from './system.js';

export const SAMPLES = path.join(REPO, 'api/web/public/samples');
export const SMEAR = path.join(SAMPLES, 'blood-smear.jpg');
export const SHIP = path.join(SAMPLES, 'ship.jpg');
export const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true };

/** Models in the folder `models`. */
const BUNDLED = 3;

export const describeInBrowser = browserIsInstalled() ? describe : describe.skip;

export interface PageSuite {
  readonly system: System;
  readonly browser: Browser;
  /** A key with the scope "read". */
  readonly key: string;
  open(where?: string, options?: BrowserContextOptions): Promise<Page>;
  /** Opens a view as somebody who gave the key before, or another. */
  openWithKey(where: string, options?: BrowserContextOptions, key?: string): Promise<Page>;
}

/** Waits until the models that come with Scry can be asked: each is checked first. */
async function modelsChecked({ url }: System, key: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/v1/models`, { headers: { Authorization: `Bearer ${key}` } });
    const { items } = (await response.json()) as { items: { serving: boolean }[] };
    if (items.length >= BUNDLED && items.every(({ serving }) => serving)) return;
    await setTimeout(100);
  }
}

/** Starts everything before the tests of a `describe`, and stops it after them. @returns it, usable inside tests */
export function usePage(options: SystemOptions = {}): PageSuite {
  let system: System;
  let browser: Browser;
  let key: string;
  const tabs: Tab[] = [];

  beforeAll(async () => {
    [system, browser] = await Promise.all([startSystem(options), openBrowser()]);
    key = await keyIn(system.database, ['read']);
    if (options.workers !== 0) await modelsChecked(system, key);
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    await system.remove();
  }, 60_000);

  afterEach(async () => {
    for (const tab of tabs.splice(0)) {
      expect(tab.errors).toEqual([]);
      await tab.close();
    }
  });

  async function open(where = '/', context: BrowserContextOptions = {}): Promise<Page> {
    const tab = await openTab(browser, system.url + where, context);
    tabs.push(tab);
    return tab.page;
  }

  async function openWithKey(where: string, context: BrowserContextOptions = {}, given = key): Promise<Page> {
    const page = await open('/', context);
    await page.evaluate(`sessionStorage.setItem('scry.key', '${given}')`);
    await page.goto(system.url + where);
    return page;
  }

  return {
    get system() {
      return system;
    },
    get browser() {
      return browser;
    },
    get key() {
      return key;
    },
    open,
    openWithKey,
  };
}

export interface FileInMemory {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** Gives files to the page as its picker would. */
export const choose = (
  page: Page,
  files: string | readonly string[] | readonly FileInMemory[],
): Promise<void> =>
  page
    .locator('input[type=file][multiple]')
    .setInputFiles(typeof files === 'string' ? files : ([...files] as string[] | FileInMemory[]));

/** Files that are dragged, for events such as "drop". */
export const dragged = (page: Page, images: readonly Buffer[]) =>
  page.evaluateHandle(`(() => {
    const data = new DataTransfer();
    for (const [index, bytes] of ${JSON.stringify(images.map((image) => [...image]))}.entries())
      data.items.add(new File([new Uint8Array(bytes)], index + '.jpg', { type: 'image/jpeg' }));
    return data;
  })()`);

/** Width of the first image that a selector finds, once it is loaded. @throws when it cannot be shown */
export const imageWidth = (page: Page, selector: string) =>
  page.evaluate(
    `(async (image) => (await image.decode(), image.naturalWidth))(document.querySelector('${selector}'))`,
  );

/** How far the page is wider than its window, pixels. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
