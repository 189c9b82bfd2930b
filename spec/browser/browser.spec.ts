import { describe, expect, it } from 'vitest';
import { browserReason, closeWindows, openBrowser } from '../support/browser.js';

const reason = await browserReason();
if (reason) console.warn(`Browser specs are skipped: ${reason}`);

describe.skipIf(reason !== undefined)('the browser of the specs', () => {
  it('renders text with a real font and starts without any stored state', async () => {
    const browser = await openBrowser();
    try {
      const page = await browser.newPage();
      await page.setContent('<h1>Plans</h1> <b>iii</b> <u>WWW</u>');
      const width = async (tag: string): Promise<number> => (await page.locator(tag).boundingBox())?.width ?? 0;
      expect(await page.getByRole('heading').textContent()).toBe('Plans');
      expect(await width('b')).toBeGreaterThan(0);
      expect(await width('u')).toBeGreaterThan(await width('b'));
      expect(await page.context().cookies()).toEqual([]);
    } finally {
      await closeWindows(browser);
    }
  });
});
