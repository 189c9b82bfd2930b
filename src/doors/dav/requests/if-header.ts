import { invalid } from '../../../kernel/index.js';

/** One condition of a list: a lock's token, or the entity tag of a content, or that it is not so. */
export interface IfCondition {
  readonly isNot: boolean;
  readonly kind: 'token' | 'etag';
  /** A token without its brackets, a tag with its quotes. */
  readonly value: string;
}

/** Conditions that have to hold together, of one resource. */
export interface IfList {
  /** As it was written; undefined: the address of the request. */
  readonly resource: string | undefined;
  readonly conditions: readonly [IfCondition, ...IfCondition[]];
}

/** Most conditions of one header: more than any client writes. */
const MOST_CONDITIONS = 500;

/**
 * Reads an `If` header (RFC 4918 10.4); undefined for none. It holds if any of its lists does. Throws `invalid` for what does
 * not follow the grammar: an empty list, lists with and without a resource side by side, anything between them.
 */
export function readIf(text: string | string[] | undefined): readonly IfList[] | undefined {
  if (text === undefined) return undefined;
  const lists = new IfScanner(String(text)).lists();
  const isTagged = lists[0]?.resource !== undefined;
  if (lists.some(({ resource }) => (resource !== undefined) !== isTagged)) throw malformed();
  return lists;
}

/** Every token that a header names: each counts as shown (RFC 4918 10.4.1). */
export function tokensIn(lists: readonly IfList[] | undefined): string[] {
  const conditions = (lists ?? []).flatMap(({ conditions: all }) => all);
  return [...new Set(conditions.filter(({ kind }) => kind === 'token').map(({ value }) => value))];
}

/** Goes over the text once. */
class IfScanner {
  readonly #text: string;
  #at = 0;
  #conditions = 0;

  constructor(text: string) {
    this.#text = text;
  }

  lists(): IfList[] {
    const found: IfList[] = [];
    let resource: string | undefined;
    for (this.#skip(); this.#at < this.#text.length; this.#skip()) {
      if (this.#text[this.#at] === '<') {
        resource = this.#upTo('>');
        this.#skip();
        // A resource has at least one list.
        if (this.#text[this.#at] !== '(') throw malformed();
      }
      found.push({ resource, conditions: this.#list() });
    }
    if (found.length === 0) throw malformed();
    return found;
  }

  #list(): IfList['conditions'] {
    if (this.#text[this.#at] !== '(') throw malformed();
    this.#at += 1;
    const conditions: IfCondition[] = [];
    for (this.#skip(); this.#text[this.#at] !== ')'; this.#skip()) conditions.push(this.#condition());
    this.#at += 1;
    const [first, ...others] = conditions;
    if (first === undefined) throw malformed();
    return [first, ...others];
  }

  #condition(): IfCondition {
    this.#conditions += 1;
    if (this.#conditions > MOST_CONDITIONS) throw malformed();
    const isNot = /^not(?=[\s<[])/i.test(this.#text.slice(this.#at, this.#at + 4));
    if (isNot) this.#at += 3;
    this.#skip();
    const sign = this.#text[this.#at];
    if (sign === '<') return { isNot, kind: 'token', value: this.#upTo('>') };
    if (sign !== '[') throw malformed();
    const value = this.#upTo(']').trim();
    if (!/^(?:W\/)?"[^"]*"$/.test(value)) throw malformed();
    return { isNot, kind: 'etag', value };
  }

  /** The text from here to the closing bracket. */
  #upTo(end: '>' | ']'): string {
    const to = this.#text.indexOf(end, this.#at);
    if (to === -1) throw malformed();
    const value = this.#text.slice(this.#at + 1, to);
    this.#at = to + 1;
    if (value === '') throw malformed();
    return value;
  }

  #skip(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at += 1;
  }
}

function malformed() {
  return invalid('The header If is malformed.');
}
