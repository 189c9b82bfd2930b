import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { faultsOf, overhangOf } from './audit.js';

const PICTURES = fileURLToPath(new URL('../../../artifacts/screenshots/', import.meta.url));

/** Whether pictures are wanted. Drawing a whole page takes longer than judging it. */
const ARE_WANTED = (process.env['FOOTBRIDGE_SPEC_PICTURES'] ?? '') !== '';

/**
 * The pictures of one journey, in its order, for people to look at, where `FOOTBRIDGE_SPEC_PICTURES` asks for them; what a
 * program can judge is judged on the way.
 */
export interface Album {
  /** Takes a picture; the page must not have to be scrolled sideways. */
  snap(page: Page, name: string): Promise<void>;
  /** Takes a picture of a page that must also be accessible. Not where scripts are switched off: axe needs them. */
  keep(page: Page, name: string): Promise<void>;
  /** The same on a telephone, 360 pixels wide; the window is then as it was. */
  keepOnPhone(page: Page, name: string): Promise<void>;
  /** Takes a picture on a telephone of a page that was judged at its usual size. */
  snapOnPhone(page: Page, name: string): Promise<void>;
  /** Takes a picture of what the window shows, where a page is too long for one. */
  glance(page: Page, name: string): Promise<void>;
}

/** A small telephone's window. */
export const PHONE = { width: 360, height: 740 };

/** Begins an album below `artifacts/screenshots`; what an earlier run left there goes. */
export async function openAlbum(journey: string): Promise<Album> {
  const folder = path.join(PICTURES, journey);
  if (ARE_WANTED) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  }
  let count = 0;
  const picture = async (page: Page, name: string, fullPage: boolean): Promise<void> => {
    if (!ARE_WANTED) return;
    count += 1;
    const file = path.join(folder, `${String(count).padStart(2, '0')}-${name}.png`);
    await page.screenshot({ path: file, fullPage });
  };
  const snap: Album['snap'] = async (page, name) => {
    await picture(page, name, true);
    expect(await overhangOf(page), name).toBeLessThanOrEqual(0);
  };
  const keep: Album['keep'] = async (page, name) => {
    await snap(page, name);
    expect(await faultsOf(page), name).toEqual([]);
  };
  const onPhone =
    (take: Album['snap']): Album['snap'] =>
    async (page, name) => {
      const usual = page.viewportSize() ?? PHONE;
      await page.setViewportSize(PHONE);
      await take(page, `${name}-on-a-phone`);
      await page.setViewportSize(usual);
    };
  return {
    snap,
    keep,
    keepOnPhone: onPhone(keep),
    snapOnPhone: onPhone(snap),
    glance: (page, name) => picture(page, name, false),
  };
}
