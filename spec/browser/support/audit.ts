import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2 at levels A and AA. */
export const WCAG: readonly string[] = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** What a scheme of colours decides; all else is the same document. */
export const COLOURS: readonly string[] = ['color-contrast', 'link-in-text-block'];
/** And what axe's authors advise for whole pages. */
const PAGE_RULES = [...WCAG, 'best-practice'];

/**
 * What axe finds wrong with an open page, by the rules or groups of rules that are named. The page's policy lets no script in, so it goes in through the debugger; axe
 * itself needs a browser whose scripts are not switched off.
 */
export async function faultsOf(page: Page, rules: readonly string[] = PAGE_RULES): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const evaluate = async (expression: string): Promise<unknown> => {
    const { result } = await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    return result.value;
  };
  // Half a megabyte: a page that was judged before, at another size, has it already.
  if ((await evaluate('typeof axe')) === 'undefined') await evaluate(`${axe}; undefined`);
  const found = await evaluate(`axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'] })
    .then((found) => found.violations.flatMap((each) => each.nodes.map((node) => each.id + ': ' + node.html)))`);
  await session.detach();
  return found as string[];
}

/** By how many pixels a page is wider than its window: above 0 one has to scroll sideways. */
export function overhangOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}
