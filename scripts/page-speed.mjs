/**
 * How fast the page is on a slow phone: `npm run page:speed -- http://127.0.0.1:8080 [RUNS]`. A phone's screen, a CPU slowed down four
 * times, and a line of 1.6 Mbit/s with 150 ms to the server and back, as Lighthouse has them. Nothing is cached between runs.
 */
import { chromium } from 'playwright-core';

const [url = 'http://127.0.0.1:8080', runs = '5'] = process.argv.slice(2);
const SLOWER = 4;
const BYTES_PER_S = (1.6 * 1024 * 1024) / 8;
const LINE = {
  offline: false,
  latency: 150,
  downloadThroughput: BYTES_PER_S,
  uploadThroughput: BYTES_PER_S / 2,
};

/** Kept by the page from its first moment on. */
const OBSERVE = `
  window.speed = { lcp: 0, cls: 0 };
  new PerformanceObserver((list) => { window.speed.lcp = list.getEntries().at(-1).startTime; })
    .observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.speed.cls += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
`;

/** One visit, up to the first answer. */
async function visit(browser) {
  const context = await browser.newContext({
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  try {
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', LINE);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    let scriptBytes = 0;
    const scripts = new Set();
    devtools.on(
      'Network.responseReceived',
      ({ requestId, type }) => type === 'Script' && scripts.add(requestId),
    );
    devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (scripts.has(requestId)) scriptBytes += encodedDataLength;
    });
    await page.addInitScript(OBSERVE);
    await page.goto(url);
    await page.getByRole('radio').first().waitFor();
    await page.waitForLoadState('networkidle');
    const { lcp, cls } = await page.evaluate('window.speed');
    const scriptToIdle = scriptBytes;
    await page.getByRole('button', { name: 'Ship' }).tap();
    await page.locator('.bars').waitFor({ timeout: 60_000 });
    const after = await page.evaluate('window.speed');
    return { lcp, cls, clsToAnswer: after.cls, scriptToIdle };
  } finally {
    await context.close();
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});
try {
  const visits = [];
  for (let run = 0; run < Number(runs); run += 1) visits.push(await visit(browser));
  const of = (pick) => visits.map(pick);
  console.log(`${visits.length} visits, medians:`);
  console.log(`largest contentful paint  ${(median(of((one) => one.lcp)) / 1000).toFixed(2)} s`);
  console.log(`layout shift, first view  ${median(of((one) => one.cls)).toFixed(3)}`);
  console.log(`layout shift, to answer   ${median(of((one) => one.clsToAnswer)).toFixed(3)}`);
  console.log(`script, next view's too   ${(median(of((one) => one.scriptToIdle)) / 1000).toFixed(1)} kB`);
} finally {
  await browser.close();
}
