/** A real browser for tests of the page: Debian's chromium, driven by playwright-core. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** What a browser does on its own, and needs no network for here. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream', // a camera that shows a test image
];

/** Says so once when there is none, so that a skipped test is seen. */
export function browserIsInstalled(): boolean {
  const there = existsSync(CHROMIUM);
  if (!there)
    process.stderr.write(
      `${CHROMIUM} is not installed: tests of the page are skipped (apt-get install chromium)\n`,
    );
  return there;
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

export interface Tab {
  readonly page: Page;
  /** Errors that the page logged or threw since it opened, a refused policy among them. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

/** What a browser itself logs of answers like 401, which tests look for on purpose. */
const EXPECTED = /^Failed to load resource/;

/** A new window with nothing remembered. */
export async function openTab(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Tab> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) errors.push(message.text());
  });
  await page.goto(url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { page, errors, close: () => context.close() };
}

/**
 * Waits until an expression is true in the page. It is looked for by code that runs there: Playwright's waitForFunction
 * polls with eval, which the page's policy forbids.
 */
export async function untilTrue(page: Page, expression: string): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    const look = () => ((${expression}) ? resolve() : requestAnimationFrame(look));
    look();
  })`);
}
