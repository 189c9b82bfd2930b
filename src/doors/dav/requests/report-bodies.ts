import { invalid } from '../../../kernel/index.js';
import { childNamed, dav, isNamed, textOf, type XmlElement } from '../../../webdav/index.js';
import { namesIn, type PropFind } from './xml-bodies.js';

/** A report that is asked for (RFC 3253 3.6). */
export type Report =
  | {
      /** What has changed in a folder (RFC 6578). */
      readonly kind: 'sync-collection';
      /** What the client has seen; undefined: nothing yet. */
      readonly token: string | undefined;
      /** At any depth, not only the direct members. */
      readonly isDeep: boolean;
      /** Most members to be told of; undefined: as many as we like. */
      readonly limit: number | undefined;
      /** What is to be told of each. */
      readonly find: PropFind;
    }
  /** One that is not made here. */
  | { readonly kind: 'other' };

/** Reads the body of REPORT. Throws `invalid` for none, and for a sync-collection that is broken (RFC 6578 6.1). */
export function readReport(root: XmlElement | undefined): Report {
  if (root === undefined) throw invalid('The body of REPORT names a report.');
  if (!isNamed(root, dav('sync-collection'))) return { kind: 'other' };
  const [token, level, prop] = ['sync-token', 'sync-level', 'prop'].map((name) => childNamed(root, dav(name)));
  if (token === undefined || prop === undefined)
    throw invalid('A sync-collection has a sync-token and a prop element.');
  const shown = textOf(token).trim();
  const find = { kind: 'prop', names: namesIn(prop) } as const;
  const isDeep = levelOf(level === undefined ? '' : textOf(level).trim()) === 'infinite';
  return { kind: 'sync-collection', token: shown === '' ? undefined : shown, isDeep, limit: limitOf(root), find };
}

function levelOf(text: string): '1' | 'infinite' {
  if (text === '1') return '1';
  // Drafts of RFC 6578 said `infinity`.
  if (/^infinit[ey]$/i.test(text)) return 'infinite';
  throw invalid('A sync-level is 1 or infinite.');
}

function limitOf(root: XmlElement): number | undefined {
  const limit = childNamed(root, dav('limit'));
  const count = limit && childNamed(limit, dav('nresults'));
  if (count === undefined) return undefined;
  const wanted = textOf(count).trim();
  if (!/^[1-9]\d{0,8}$/.test(wanted)) throw invalid('nresults is a number above zero.');
  return Number(wanted);
}
