/** What hinders people on a page, as axe finds it. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

async function found(axe: AxeBuilder): Promise<string[]> {
  const { violations } = await axe.analyze();
  return violations
    .filter(({ impact }) => impact !== 'minor')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** In axe's words; empty where there is nothing. */
export const barriers = (page: Page): Promise<string[]> => found(new AxeBuilder({ page }));

/** Only those of colors, for another theme. */
export const contrastBarriers = (page: Page): Promise<string[]> =>
  found(new AxeBuilder({ page }).withRules('color-contrast'));

/** Levels of the headings in the order of the page. */
export const headings = (page: Page): Promise<number[]> =>
  page.evaluate(
    "[...document.querySelectorAll('h1,h2,h3,h4')].filter((one) => one.checkVisibility()).map((one) => Number(one.tagName[1]))",
  );
