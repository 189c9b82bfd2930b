import { DAY, HOUR } from '../kernel/index.js';

/** How older versions thin out with age, as `FOOTBRIDGE_VERSIONS` says it. */
export interface VersionsRule {
  /** From young to old: up to `age`, of each stretch of `every` milliseconds one version stays; 0: all stay. */
  readonly steps: readonly { readonly age: number; readonly every: number }[];
  /** So many of the newest stay whatever their age. */
  readonly last: number;
}

const UNITS: Readonly<Record<string, number>> = { h: HOUR, d: DAY, w: 7 * DAY };

/**
 * Reads `1d=all,7d=1h,last=3`: up to which age one version of how long a stretch stays, ages rising, and how many of the
 * newest stay in any case. undefined when it cannot be understood.
 */
export function parseVersions(text: string): VersionsRule | undefined {
  const parts = text.split(',').map((part) => part.trim());
  const last = /^last=(\d{1,4})$/.exec(parts.pop() ?? '')?.[1];
  const steps = parts.map(parseStep);
  if (last === undefined || !steps.every((step) => step !== undefined)) return undefined;
  const isRising = steps.every((step, index) => step.age > (steps[index - 1]?.age ?? 0));
  return isRising ? { steps, last: Number(last) } : undefined;
}

function parseStep(part: string): VersionsRule['steps'][number] | undefined {
  const [ageText = '', everyText = '', ...rest] = part.split('=');
  const age = parseTime(ageText);
  const every = everyText === 'all' ? 0 : parseTime(everyText);
  return age === undefined || every === undefined || rest.length > 0 ? undefined : { age, every };
}

function parseTime(text: string): number | undefined {
  const match = /^([1-9]\d{0,3})([hdw])$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}
