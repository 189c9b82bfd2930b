import { totalOf, type Usage } from '../../../files/index.js';
import { sizeWords } from '../frame/words.js';

/** A number of bytes for machines and for people. */
interface Size {
  readonly bytes: number;
  readonly words: string;
}

/** What a person's space keeps, as pages show it: three figures that add up to the fourth. */
export interface UsageWords {
  readonly current: Size;
  readonly versions: Size;
  readonly trash: Size;
  readonly used: Size;
  /** undefined: no limit. */
  readonly quota: Size | undefined;
}

/** The figures of {@link Usage} in words. */
export function usageWords(usage: Usage): UsageWords {
  const { current, versions, trash, quota } = usage;
  return {
    current: sizeOf(current),
    versions: sizeOf(versions),
    trash: sizeOf(trash),
    used: sizeOf(totalOf(usage)),
    quota: quota === undefined ? undefined : sizeOf(quota),
  };
}

function sizeOf(bytes: number): Size {
  return { bytes, words: sizeWords(bytes) };
}
