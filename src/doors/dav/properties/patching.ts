import type { PropertyStep } from '../../../files/index.js';
import type { PatchStep } from '../requests/index.js';
import { readUnixTime } from '../requests/index.js';
import type { Resource } from '../world/index.js';
import { dav, isNamed, textOf, wordOf, type XmlName } from '../../../webdav/index.js';
import { deadOf, elementOf } from './answers.js';
import { liveProperty } from './live.js';
import { isAbsent, TIME_NAMES, WIN32_MODIFIED } from './names.js';

/** What the steps of a PROPPATCH come to. */
export interface Patch {
  /** What programs want kept. */
  readonly steps: readonly PropertyStep[];
  /** When the content was made, as the client says, milliseconds; undefined when it says nothing. */
  readonly contentAt: number | undefined;
  /** Every property that is named, in the order of the document, once. */
  readonly names: readonly XmlName[];
  /** The properties that cannot be changed, or not to this value, by their words; each with the reason. */
  readonly refused: ReadonlyMap<string, Refused>;
}

/** What the steps are about, as far as it matters for them. */
export interface Patched {
  readonly item: Pick<Resource['item'], 'kind' | 'place'>;
}

/** Why a property is not changed. */
export type Refused = 'protected' | 'malformed';

/** Judges steps against a resource (webdav.md 1.6, 1.7). If one is refused, none may be done. */
export function judgePatch(steps: readonly PatchStep[], { item }: Patched): Patch {
  const kept: PropertyStep[] = [];
  const names = new Map<string, XmlName>();
  const refused = new Map<string, Refused>();
  let contentAt: number | undefined;
  for (const step of steps) {
    const name = step.kind === 'set' ? { namespace: step.element.namespace, name: step.element.name } : step.name;
    const word = wordOf(name);
    names.set(word, name);
    const written = TIME_NAMES.get(word);
    if (written !== undefined && step.kind === 'set' && item.kind === 'file') {
      const at = readTime(textOf(step.element), written);
      if (at === undefined) refused.set(word, 'malformed');
      else contentAt = at;
    } else if (isProtected(name) || item.place === 'root') refused.set(word, 'protected');
    if (isKept(name)) kept.push(stepOf(step));
  }
  return { steps: kept, contentAt, names: [...names.values()], refused };
}

function isProtected(name: XmlName): boolean {
  return liveProperty(name) !== undefined || isAbsent(name);
}

/**
 * Keeps what clients set of their own, and what Explorer says of times, also beside the time that it sets: a refusal
 * would end its upload.
 */
function isKept(name: XmlName): boolean {
  return isNamed(name, WIN32_MODIFIED) || !(isProtected(name) || TIME_NAMES.has(wordOf(name)));
}

function stepOf(step: PatchStep): PropertyStep {
  return step.kind === 'set' ? { kind: 'set', property: deadOf(step.element) } : step;
}

function readTime(text: string, written: 'seconds' | 'date'): number | undefined {
  try {
    if (written === 'seconds') return readUnixTime(text);
    const at = /^[A-Z][a-z]{2},? /.test(text) ? Date.parse(text) : Number.NaN;
    return at >= 1000 ? readUnixTime(String(Math.floor(at / 1000))) : undefined;
  } catch {
    return undefined;
  }
}

/** The names alone, as elements. */
export function namesOnly(names: readonly XmlName[]): string {
  return names.map((name) => elementOf(name, '')).join('');
}

/** The kind of resource that an extended MKCOL wants to make (RFC 5689 3). */
export const RESOURCE_TYPE = dav('resourcetype');
