import { isNamed, type XmlName } from './names.js';

/** An attribute, without those that declare namespaces. */
export interface XmlAttribute extends XmlName {
  readonly value: string;
}

/** An element as it was read: prefixes are resolved, comments and instructions left out. */
export interface XmlElement extends XmlName {
  readonly attributes: readonly XmlAttribute[];
  /** Elements and the texts between them, in order. */
  readonly children: readonly (XmlElement | string)[];
  /** The `xml:lang` in scope, its own or that of the nearest element around it. */
  readonly language: string | undefined;
}

/** The elements in another, without the texts between them. */
export function elementsIn(element: XmlElement): XmlElement[] {
  return element.children.filter((child): child is XmlElement => typeof child !== 'string');
}

/** The first element of this name directly in another. */
export function childNamed(element: XmlElement, name: XmlName): XmlElement | undefined {
  return elementsIn(element).find((child) => isNamed(child, name));
}

/** The text directly in an element, trimmed. */
export function textOf(element: XmlElement): string {
  return element.children
    .filter((child) => typeof child === 'string')
    .join('')
    .trim();
}
