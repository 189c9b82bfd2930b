import { DAV, dav, nc, oc, wordOf, type XmlName } from '../../../webdav/index.js';

const MICROSOFT = 'urn:schemas-microsoft-com:';

/** The property in which Windows Explorer says when a content was made. */
export const WIN32_MODIFIED: XmlName = { namespace: MICROSOFT, name: 'Win32LastModifiedTime' };

/** Names under which clients say when a content was made, and how they write it (webdav.md 1.6). */
export const TIME_NAMES: ReadonlyMap<string, 'seconds' | 'date'> = new Map([
  [wordOf(dav('lastmodified')), 'seconds'],
  [wordOf(dav('getlastmodified')), 'date'],
  [wordOf(WIN32_MODIFIED), 'date'],
]);

/**
 * Properties that this door never has, and does not keep for clients either: other programs would read the kept value
 * as an answer of this cloud.
 */
const ABSENT: readonly XmlName[] = [
  ...['checked-in', 'IsReadOnly'].map(dav),
  ...['downloadURL', 'dDC'].map(oc),
  ...['is-encrypted', 'rich-workspace', 'note', 'sharees'].map(nc),
  { namespace: 'http://apache.org/dav/props/', name: 'executable' },
];
const ABSENT_WORDS = new Set(ABSENT.map(wordOf));

/** True for a property that never exists here: reading it is 404, setting it is refused. */
export function isAbsent(name: XmlName): boolean {
  return ABSENT_WORDS.has(wordOf(name)) || name.namespace === DAV;
}
