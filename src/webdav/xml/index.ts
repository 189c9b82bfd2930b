export * from './element.js';
export * from './names.js';
export { readXml, readXmlParts, XML_LIMITS, type XmlLimits, type XmlParts } from './reader.js';
export { escapeText, escapeValue, standAlone } from './text.js';
