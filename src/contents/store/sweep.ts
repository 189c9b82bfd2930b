import { DAY } from '../../kernel/index.js';
import { inGroups, keysOf, pagesOf, setsAside, type Driver, type SettingAside } from '../driver/index.js';
import type { SweepOptions, Swept } from './content-store.js';

/** How long a content without a row can still be taken back, milliseconds. */
export const QUARANTINE = 7 * DAY;

/** Keys asked about in one statement. */
const GROUP = 500;

/**
 * A sweep may take a hundredth of all contents without an administrator's order, or this many if a hundredth is less.
 */
const LEAST = 20;

/** How many of the given number of contents one sweep may set aside; it may erase as many. */
export function boundOf(contents: number): number {
  return Math.max(LEAST, Math.floor(contents / 100));
}

/**
 * One sweep: contents that have been in quarantine for long enough are erased, or taken back if a row refers to them by
 * now; then contents that no row refers to go there. The bound and the delay are for a wrong database, which would
 * refer to none of them. On a medium that cannot set blobs aside, nothing is swept.
 */
export async function sweepContents(driver: Driver, options: SweepOptions): Promise<Swept> {
  const aside = setsAside(driver) ? driver : undefined;
  const bound = aside === undefined ? 0 : options.all === true ? Infinity : boundOf(await countOf(driver));
  const erasure = aside === undefined ? { erased: 0, returned: 0 } : await eraseDue(aside, options, bound);
  return { ...erasure, ...(await quarantineUnnamed(driver, aside, options, bound)) };
}

async function countOf(driver: Driver): Promise<number> {
  let count = 0;
  for await (const page of pagesOf(driver)) count += page.length;
  return count;
}

async function eraseDue(
  aside: SettingAside,
  { now, erase, named }: SweepOptions,
  bound: number,
): Promise<Pick<Swept, 'erased' | 'returned'>> {
  const counts = { erased: 0, returned: 0 };
  for await (const keys of inGroups(aside.asideUntil(erase === true ? Infinity : now - QUARANTINE), GROUP)) {
    const wanted = await named(keys);
    for (const key of keys) {
      if (wanted.has(key)) counts.returned += Number(await aside.takeBack(key));
      else if (counts.erased < bound) {
        await aside.erase(key);
        counts.erased += 1;
      }
    }
  }
  return counts;
}

async function quarantineUnnamed(
  driver: Driver,
  aside: SettingAside | undefined,
  options: SweepOptions,
  bound: number,
): Promise<Pick<Swept, 'quarantined' | 'left' | 'spared'>> {
  const counts = { quarantined: 0, left: 0, spared: 0 };
  for await (const keys of inGroups(keysOf(driver), GROUP)) {
    const orphans = await unnamedOf(driver, keys, options);
    const spared = options.all === true ? new Set<string>() : await options.spared(orphans);
    counts.spared += spared.size;
    for (const key of orphans.filter((each) => !spared.has(each))) {
      if (aside !== undefined && counts.quarantined < bound)
        counts.quarantined += Number(await aside.setAside(key, options.now));
      else counts.left += 1;
    }
  }
  return counts;
}

/** Those that no row refers to and that are old enough: an upload is stored before its row is written. */
async function unnamedOf(
  driver: Driver,
  keys: readonly string[],
  { named, now, grace }: SweepOptions,
): Promise<string[]> {
  const wanted = await named(keys);
  const unnamed: string[] = [];
  for (const key of keys) {
    if (!wanted.has(key) && ((await driver.stat(key))?.writtenAt ?? Infinity) <= now - grace) unnamed.push(key);
  }
  return unnamed;
}
