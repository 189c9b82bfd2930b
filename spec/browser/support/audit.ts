import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2 at levels A and AA. */
export const WCAG: readonly string[] = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** And what axe's authors advise for whole pages. */
const PAGE_RULES = [...WCAG, 'best-practice'];

/**
 * What axe finds wrong with an open page. The page's policy lets no script in, so it goes in through the debugger; axe
 * itself needs a browser whose scripts are not switched off.
 */
export async function faultsOf(page: Page, rules: readonly string[] = PAGE_RULES): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const expression = `${axe}; axe.run(document, { runOnly: ${JSON.stringify(rules)} })
    .then((found) => found.violations.flatMap((each) => each.nodes.map((node) => each.id + ': ' + node.html)))`;
  const { result } = await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
  await session.detach();
  return result.value as string[];
}

/** By how many pixels a page is wider than its window: above 0 one has to scroll sideways. */
export function overhangOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}
