import type { HeldLock, Item } from '../../../files/index.js';
import { SECOND } from '../../../kernel/index.js';
import { escapeText } from '../../../webdav/index.js';
import type { ShownLock } from './facts.js';

const ENTRY = (scope: string): string =>
  `<d:lockentry><d:lockscope><d:${scope}/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockentry>`;

/** Which locks can be taken on an item; none where LOCK would be refused: an office program believes it (webdav.md 1.6). */
export function supportedLock({ permission, place }: Item): string {
  const isRefused = permission === 'read-only' || place === 'root';
  return isRefused ? '' : ENTRY('exclusive') + ENTRY('shared');
}

/** The locks that cover a resource; the token of each for its holder only (threat model DAV-03). `now`: milliseconds. */
export function lockDiscovery(locks: readonly ShownLock[], now: number): string {
  return locks.map((shown) => activeLock(shown, now)).join('');
}

function activeLock({ lock, href }: ShownLock, now: number): string {
  const { isShared, isDeep, note, endsAt, token } = lock;
  const seconds = Math.max(0, Math.ceil((endsAt - now) / SECOND));
  return [
    '<d:activelock><d:locktype><d:write/></d:locktype>',
    `<d:lockscope><d:${isShared ? 'shared' : 'exclusive'}/></d:lockscope>`,
    `<d:depth>${isDeep ? 'infinity' : '0'}</d:depth>`,
    note === '' ? '' : `<d:owner>${note}</d:owner>`,
    `<d:timeout>Second-${String(seconds)}</d:timeout>`,
    token === undefined ? '' : `<d:locktoken><d:href>${escapeText(token)}</d:href></d:locktoken>`,
    href === undefined ? '' : `<d:lockroot><d:href>${escapeText(href)}</d:href></d:lockroot>`,
    '</d:activelock>',
  ].join('');
}

/**
 * The one lock that Nextcloud's clients are told of, which know one a file: the asker's own, since what it covers is theirs to
 * change; else the oldest. Undefined: nothing is locked.
 */
export function toldLock(locks: readonly ShownLock[]): ShownLock | undefined {
  return locks.find(({ lock }) => lock.token !== undefined) ?? locks[0];
}

/** Who holds a lock, in words for people. */
export function holderOf({ name, home }: HeldLock): string {
  return home === undefined ? name : `${name}@${home}`;
}
