/** An element of a read page. */
export interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Node[];
  readonly parent: Element | undefined;
}

/** A node of a page: an element or a text. */
export type Node = Element | string;

type Growing = Element & { readonly children: Node[] };

const VOID = new Set('area base br col embed hr img input link meta source track wbr'.split(' '));
/** Elements whose content is text, whatever it looks like. */
const TEXT_ONLY = new Set('script style textarea title'.split(' '));
/** Opening tags before which the end of such an element may be left out. */
const ENDS_SIBLING: Readonly<Record<string, readonly string[]>> = {
  li: ['li'],
  option: ['option'],
  tr: ['tr', 'td', 'th'],
  td: ['td', 'th'],
  th: ['td', 'th'],
  dt: ['dt', 'dd'],
  dd: ['dt', 'dd'],
};
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  hellip: '…',
  ndash: '–',
  mdash: '—',
  ldquo: '“',
  rdquo: '”',
  lsquo: '‘',
  rsquo: '’',
  middot: '·',
  times: '×',
  rarr: '→',
  larr: '←',
  copy: '©',
};
const TOKEN =
  /<!--[\s\S]*?-->|<![^>]*>|<\/([a-z][^\s>/]*)(?:[\s/][^>]*)?>|<([a-z][^\s/>]*)((?:[\s/](?:[^>"']|"[^"]*"|'[^']*')*)?)>/gi;
const ATTRIBUTE = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g;

/** Reads a well-formed page; forgiving enough for omitted end tags, not a browser's parser. */
export function readHtml(source: string): Element {
  const root: Growing = { tag: '#document', attributes: {}, children: [], parent: undefined };
  let [open, position] = [root, 0];
  const text = (until: number): void => {
    if (until > position) open.children.push(decodeEntities(source.slice(position, until)));
  };
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(source); match !== null; match = TOKEN.exec(source)) {
    const [whole, end, start, attributes = ''] = match;
    text(match.index);
    position = match.index + whole.length;
    if (end !== undefined) open = closed(open, end.toLowerCase());
    if (start === undefined) continue;
    const tag = start.toLowerCase();
    const parent = afterSiblings(open, tag);
    const element: Growing = { tag, attributes: readAttributes(attributes), children: [], parent };
    parent.children.push(element);
    open = VOID.has(tag) ? parent : element;
    if (!TEXT_ONLY.has(tag)) continue;
    const close = endOf(source, tag, position);
    text(close);
    TOKEN.lastIndex = position = close;
  }
  text(source.length);
  return root;
}

function endOf(source: string, tag: string, from: number): number {
  const found = source.toLowerCase().indexOf(`</${tag}`, from);
  return found === -1 ? source.length : found;
}

function closed(open: Growing, tag: string): Growing {
  for (let at: Growing | undefined = open; at !== undefined; at = at.parent as Growing | undefined) {
    if (at.tag === tag && at.parent !== undefined) return at.parent as Growing;
  }
  return open;
}

function afterSiblings(open: Growing, tag: string): Growing {
  let at = open;
  while (ENDS_SIBLING[tag]?.includes(at.tag) === true && at.parent !== undefined) at = at.parent as Growing;
  return at;
}

function readAttributes(source: string): Record<string, string> {
  const pairs = [...source.matchAll(ATTRIBUTE)].map(([, name = '', double, single, bare]) => {
    return [name.toLowerCase(), decodeEntities(double ?? single ?? bare ?? '')] as const;
  });
  return Object.fromEntries(pairs);
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return NAMED[name ?? ''] ?? whole;
  });
}

/** All elements below `root` of one of these tags, in the order of the page. */
export function elements(root: Element, ...tags: readonly string[]): Element[] {
  return root.children.flatMap((child) => {
    if (typeof child === 'string') return [];
    return [...(tags.includes(child.tag) ? [child] : []), ...elements(child, ...tags)];
  });
}

/** The nearest of the element itself and those around it with one of these tags. */
export function around(element: Element, ...tags: readonly string[]): Element | undefined {
  for (let at: Element | undefined = element; at !== undefined; at = at.parent) if (tags.includes(at.tag)) return at;
  return undefined;
}

/** The text that stands directly in an element, exactly as written; what elements inside it say is left out. */
export function ownText(element: Element): string {
  return element.children.filter((child) => typeof child === 'string').join('');
}

const UNSEEN = new Set('script style template head noscript'.split(' '));
const BLOCK = /^(?:p|div|li|tr|h[1-6]|section|article|header|footer|nav|main|form|dt|dd|td|th|br|label|option|button)$/;

/** The text that a person reads, blanks collapsed. */
export function textOf(element: Element): string {
  return rawText(element).replace(/\s+/g, ' ').trim();
}

function rawText(node: Node): string {
  if (typeof node === 'string') return node;
  if (UNSEEN.has(node.tag) || node.attributes['hidden'] !== undefined) return '';
  const inner = node.children.map(rawText).join('');
  return BLOCK.test(node.tag) ? ` ${inner} ` : inner;
}
