import type { HeldThere, PassedLock } from '../../../../files/index.js';
import {
  childNamed,
  dav,
  DAV,
  elementsIn,
  escapeText,
  NC,
  nc,
  isNamed,
  readXml,
  textOf,
  type XmlElement,
} from '../../../../webdav/index.js';
import type { Refusal } from '../../../peer-call/foreign-answers.js';

/** A lock that is shown with a change, and of what; undefined: of the resource that the change is about. */
export interface ShownToken extends HeldThere {
  readonly url?: URL;
}

/** Whether a server says that it has locks (RFC 4918 18.2). */
export function hasClassTwo({ headers }: Pick<Refusal, 'headers'>): boolean {
  const said = [headers['dav'] ?? ''].flat().join(',');
  return said.split(',').some((word) => word.trim() === '2');
}

/** The body of a LOCK: exclusive, for writing. `owner` is what people are told there who it is. */
export function lockBody({ name, cloud }: Pick<PassedLock, 'name' | 'cloud'>): Buffer {
  const kinds = '<d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype>';
  const owner = `<d:owner>${escapeText(`${name} (${cloud})`)}</d:owner>`;
  return Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?>\n<d:lockinfo xmlns:d="${DAV}">${kinds}${owner}</d:lockinfo>`,
  );
}

/** The body of a PROPFIND that asks whether a file is locked by Nextcloud's own locks, which are no locks of RFC 4918. */
export const LOCK_QUESTION: Buffer = Buffer.from(
  `<?xml version="1.0" encoding="utf-8"?>\n<d:propfind xmlns:d="${DAV}" xmlns:nc="${NC}"><d:prop><nc:lock/></d:prop></d:propfind>`,
);

/** Whether the answer to {@link LOCK_QUESTION} says that it is. */
export async function saysLocked({ status, text }: Pick<Refusal, 'status' | 'text'>): Promise<boolean> {
  const root = status === 207 ? await readXml(pieces(text)).catch(() => undefined) : undefined;
  return root !== undefined && within(root).some((element) => isNamed(element, nc('lock')) && textOf(element) === '1');
}

/** An element and everything in it. */
function within(element: XmlElement): XmlElement[] {
  return [element, ...elementsIn(element).flatMap(within)];
}

/** The token of a lock that was just given (RFC 4918 10.5); undefined for what could not be shown again. */
export function tokenIn({ headers }: Pick<Refusal, 'headers'>): string | undefined {
  const [said] = [headers['lock-token']].flat();
  return /^<([\x21-\x3b\x3d\x3f-\x7e]{1,500})>$/.exec(said?.trim() ?? '')?.[1];
}

/** Seconds for which a lock holds as the answer tells (RFC 4918 15.8, 10.7); undefined where it does not. */
export async function secondsIn({ text }: Pick<Refusal, 'text'>, token: string): Promise<number | undefined> {
  const root = await readXml(pieces(text)).catch(() => undefined);
  const locks = root === undefined ? [] : elementsIn(childNamed(root, dav('lockdiscovery')) ?? root);
  const [lock] = [...locks.filter((each) => tokenOf(each) === token), ...locks];
  const said = lock === undefined ? undefined : childNamed(lock, dav('timeout'));
  const word = said === undefined ? '' : textOf(said);
  if (/^infinite$/i.test(word)) return Infinity;
  const number = /^second-(\d{1,12})$/i.exec(word)?.[1];
  return number === undefined ? undefined : Number(number);
}

/**
 * The header that shows locks. Each list has a second one beside it that always holds: a server that has dropped a lock
 * meanwhile does not refuse the change for that (RFC 4918 10.4.6).
 */
export function showing(locks: readonly ShownToken[]): Record<string, string> {
  const lists = locks.map(({ word, url }) => {
    const resource = url === undefined ? '' : `<${url.href}> `;
    return `${resource}(<${word}>) (Not <DAV:no-lock>)`;
  });
  return lists.length === 0 ? {} : { if: lists.join(' ') };
}

function tokenOf(lock: XmlElement): string | undefined {
  const token = childNamed(lock, dav('locktoken'));
  const href = token === undefined ? undefined : childNamed(token, dav('href'));
  return href === undefined ? undefined : textOf(href);
}

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
