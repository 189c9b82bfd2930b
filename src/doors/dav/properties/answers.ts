import {
  DAV,
  escapeText,
  escapeValue,
  NC,
  OC,
  standAlone,
  wordOf,
  type XmlElement,
  type XmlName,
} from '../../../webdav/index.js';
import { readMinimal, type PropFind } from '../requests/index.js';
import { addressOf, type DavInputs, type DavRequest, type Resource } from '../world/index.js';
import { FactFinder, type Facts, type Need } from './facts.js';
import { liveProperties, liveProperty, type LiveProperty, type Telling } from './live.js';

const PREFIXES: Readonly<Record<string, string>> = { [DAV]: 'd', [OC]: 'oc', [NC]: 'nc' };

/** An element with this name; `content` is XML already. */
export function elementOf(name: XmlName, content: string): string {
  const prefix = PREFIXES[name.namespace];
  const [tag, declared] =
    prefix !== undefined
      ? [`${prefix}:${name.name}`, '']
      : name.namespace === ''
        ? [name.name, '']
        : [`p:${name.name}`, ` xmlns:p="${escapeValue(name.namespace)}"`];
  return content === '' ? `<${tag}${declared}/>` : `<${tag}${declared}>${content}</${tag}>`;
}

/** The part of a response that tells one status for several properties. */
export function propstat(status: string, properties: string, more = ''): string {
  return `<d:propstat><d:prop>${properties}</d:prop><d:status>HTTP/1.1 ${status}</d:status>${more}</d:propstat>`;
}

/** A response about one resource. `parts`: its propstats, or its status. */
export function responseOf(href: string, parts: string): string {
  return `<d:response><d:href>${escapeText(href)}</d:href>${parts}</d:response>`;
}

/** Words the properties of resources as one request asks for them (RFC 4918 9.1, webdav.md 1.5). */
export class PropertyTeller {
  readonly facts: FactFinder;
  readonly #find: PropFind;
  readonly #telling: Telling;
  readonly #isMinimal: boolean;

  constructor(inputs: DavInputs & Pick<Telling, 'fileId'>, { caller, http }: DavRequest, find: PropFind) {
    const { clock, cloudName, fileId } = inputs;
    this.#find = find;
    this.#isMinimal = readMinimal(http.headers);
    this.#telling = { caller, now: clock.now(), cloudName, fileId };
    this.facts = new FactFinder(inputs, caller, needsOf(find));
  }

  /**
   * The response element about one resource. What it has comes before what it has not, since some clients look at the
   * first status only.
   */
  tell(resource: Resource, facts: Facts): string {
    const href = addressOf(this.#telling.caller, resource);
    if (this.#find.kind === 'propname') return responseOf(href, propstat('200 OK', this.#names(resource, facts)));
    const { found, missing } = this.#told(resource, facts);
    const absent =
      missing.length === 0 || this.#isMinimal
        ? ''
        : propstat('404 Not Found', missing.map((name) => elementOf(name, '')).join(''));
    return responseOf(href, propstat('200 OK', found.join('')) + absent);
  }

  #told(resource: Resource, facts: Facts): { readonly found: readonly string[]; readonly missing: readonly XmlName[] } {
    const [found, missing]: [string[], XmlName[]] = [[], []];
    for (const name of namesOf(this.#find)) {
      const told = this.#one(name, resource, facts);
      if (told === undefined) missing.push(name);
      else found.push(told);
    }
    if (this.#find.kind === 'prop') return { found, missing };
    const asked = new Set(namesOf(this.#find).map(wordOf));
    for (const property of liveProperties()) {
      if (!property.isUsual || asked.has(wordOf(property.name))) continue;
      const value = property.value(resource, facts, this.#telling);
      if (value !== undefined) found.push(elementOf(property.name, value));
    }
    for (const dead of facts.dead) if (!asked.has(wordOf(dead))) found.push(dead.xml);
    return { found, missing };
  }

  #one(name: XmlName, resource: Resource, facts: Facts): string | undefined {
    const live = liveProperty(name);
    if (live === undefined) return facts.dead.find((dead) => wordOf(dead) === wordOf(name))?.xml;
    const value = live.value(resource, facts, this.#telling);
    return value === undefined ? undefined : elementOf(name, value);
  }

  #names(resource: Resource, facts: Facts): string {
    const live = liveProperties().filter(({ value }) => value(resource, facts, this.#telling) !== undefined);
    return [...live.map(({ name }) => name), ...facts.dead].map((name) => elementOf(name, '')).join('');
  }
}

function namesOf(find: PropFind): readonly XmlName[] {
  if (find.kind === 'prop') return find.names;
  return find.kind === 'allprop' ? find.include : [];
}

function needsOf(find: PropFind): ReadonlySet<Need> {
  const named = namesOf(find).map(liveProperty);
  const asked = named.filter((property): property is LiveProperty => property !== undefined);
  const needs = new Set(asked.flatMap(({ needs: all }) => all));
  if (named.length > asked.length || find.kind !== 'prop') needs.add('dead');
  if (find.kind === 'prop') return needs;
  for (const property of liveProperties()) {
    if (find.kind === 'propname' || property.isUsual) for (const need of property.needs) needs.add(need);
  }
  return needs;
}

/** An element as the text that is kept of it: it stands by itself, namespaces and language included (webdav.md 1.7). */
export function deadOf(element: XmlElement) {
  return { namespace: element.namespace, name: element.name, xml: standAlone(element) };
}
