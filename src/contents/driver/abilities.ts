import type { Driver, SettingAside, SweepingDrafts } from './driver.js';

/**
 * Type guards for methods that not every medium has. Each checks the flag and the methods: so a wrapper that passes on
 * the flags of the driver it wraps claims no more than both of them can do.
 */

/** True where a blob can be set aside and taken back. */
export function setsAside(driver: Driver): driver is Driver & SettingAside {
  return driver.abilities.setsAside && driver.setAside !== undefined;
}

/** True where parts of an unfinished write may remain. */
export function leavesDrafts(driver: Driver): driver is Driver & SweepingDrafts {
  return driver.abilities.leavesDrafts && driver.sweepDrafts !== undefined;
}
