import type { Page } from 'playwright-core';

/** The most stops of the tab key that a page may have before what somebody looks for. */
const MOST_STOPS = 60;

/** Walks with the tab key until the control of this name has the focus: a field by its label, else by its own text. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    await page.keyboard.press('Tab');
    if ((await focused(page)) === name) return;
  }
  throw new Error(`the tab key does not reach ${name}`);
}

/** Fills the field of this label with the keyboard alone; what stood there is replaced. */
export async function typeInto(page: Page, label: string, text: string): Promise<void> {
  await tabTo(page, label);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(text);
}

/** Presses the button, or follows the link, of this name with the keyboard alone, and waits for what comes of it. */
export async function enterOn(page: Page, name: string): Promise<void> {
  await tabTo(page, name);
  await pressEnter(page);
}

/** Presses the enter key where the focus is, and waits for the page to which it leads. */
export async function pressEnter(page: Page): Promise<void> {
  const next = page.waitForEvent('framenavigated');
  await page.keyboard.press('Enter');
  await next;
  await page.waitForLoadState();
}

function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const at = document.activeElement;
    const label = at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement ? at.labels?.[0] : undefined;
    return ((label ?? at)?.textContent ?? '').replace(/\s+/g, ' ').trim();
  });
}
