import { HOUR } from '../../kernel/index.js';

/** How close together older versions may lie from some age on. */
export interface ThinningStep {
  /** The step is for versions up to this age, milliseconds. */
  readonly age: number;
  /** Of each interval of this length the newest version stays, milliseconds; 0: all stay. */
  readonly every: number;
}

/** How older versions thin out with age (`FOOTBRIDGE_VERSIONS`). */
export interface ThinningRule {
  /** From young to old; versions older than the last step are deleted. */
  readonly steps: readonly ThinningStep[];
  /** How many of the newest versions stay whatever their age. */
  readonly last: number;
}

/** The part of an older version that the rule looks at. */
export interface Dated {
  /** When it was made, milliseconds. */
  readonly at: number;
}

/**
 * The older versions that stay, newest first. Intervals are counted from the epoch and not from now, so that thinning
 * often has the same result as thinning once.
 */
export function thinned<Version extends Dated>(
  versions: readonly Version[],
  now: number,
  rule: ThinningRule,
): readonly Version[] {
  const newestFirst = [...versions].sort((a, b) => b.at - a.at);
  const taken = new Set<string>();
  return newestFirst.filter(({ at }, index) => {
    const step = stepAt(now - at, rule);
    const stretch = step === undefined ? undefined : stretchOf(at, step);
    // The newest few count in their intervals too, so that no older version is kept beside them.
    const isFirst = stretch === 'all' || (stretch !== undefined && !taken.has(stretch));
    if (stretch !== undefined) taken.add(stretch);
    return isFirst || index < rule.last;
  });
}

/**
 * When the rule may next delete one of these versions, milliseconds: when the first of them grows old enough for the
 * next step; undefined when they all stay for ever. At least `rest` from now, so that a busy file is not looked at too
 * often.
 */
export function nextThinning(
  kept: readonly Dated[],
  now: number,
  rule: ThinningRule,
  rest: number = HOUR,
): number | undefined {
  if (kept.length <= rule.last) return undefined;
  const changes = kept.flatMap(({ at }) => rule.steps.map(({ age }) => at + age + 1).filter((time) => time > now));
  return changes.length === 0 ? undefined : Math.max(now + rest, Math.min(...changes));
}

function stepAt(age: number, { steps }: ThinningRule): ThinningStep | undefined {
  return steps.find((step) => age <= step.age);
}

function stretchOf(at: number, { every }: ThinningStep): string {
  return every === 0 ? 'all' : `${String(every)} ${String(Math.floor(at / every))}`;
}
