import type { XmlAttribute, XmlElement } from './element.js';
import { XML } from './names.js';

const SPECIAL = /[&<>\r]|[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;
const SPECIAL_IN_VALUE = /[&<>"\t\n\r]|[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const WRITTEN: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Text as the content of an element. What XML cannot hold at all becomes U+FFFD: one bad name breaks no listing (CNT-03). */
export function escapeText(text: string): string {
  return text.replace(SPECIAL, (sign) => WRITTEN[sign] ?? '\ufffd');
}

/** Text as the value of an attribute, in double quotes. */
export function escapeValue(text: string): string {
  return text.replace(SPECIAL_IN_VALUE, (sign) => WRITTEN[sign] ?? '\ufffd');
}

/**
 * An element as XML that can stand anywhere: with its own declarations of namespaces, and the language that held where
 * it was read. Prefixes may be other ones than before; white space is kept (RFC 4918 4.3).
 */
export function standAlone(element: XmlElement): string {
  const { language, attributes } = element;
  const says = attributes.some(({ namespace, name }) => namespace === XML && name === 'lang');
  const inherited: XmlAttribute[] =
    says || language === undefined ? [] : [{ namespace: XML, name: 'lang', value: language }];
  return write({ ...element, attributes: [...attributes, ...inherited] }, new Map([[XML, 'xml']]));
}

/** `scope`: the prefixes that are declared around it. */
function write(element: XmlElement, scope: ReadonlyMap<string, string>): string {
  const known = new Map(scope);
  let declared = '';
  const prefixed = (namespace: string, name: string): string => {
    if (namespace === '') return name;
    const found = known.get(namespace) ?? `p${String(known.size)}`;
    if (!known.has(namespace)) declared += ` xmlns:${found}="${escapeValue(namespace)}"`;
    known.set(namespace, found);
    return `${found}:${name}`;
  };
  const tag = prefixed(element.namespace, element.name);
  const attributes = element.attributes.map(
    ({ namespace, name, value }) => ` ${prefixed(namespace, name)}="${escapeValue(value)}"`,
  );
  const content = element.children.map((child) =>
    typeof child === 'string' ? escapeText(child) : write(child, known),
  );
  const start = `<${tag}${declared}${attributes.join('')}`;
  return content.length === 0 ? `${start}/>` : `${start}>${content.join('')}</${tag}>`;
}
