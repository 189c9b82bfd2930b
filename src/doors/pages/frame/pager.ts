import type { Fields } from '../../../kernel/index.js';
import type { ListKey, ListPage, PageWish } from '../../../platform/index.js';
import { textField } from './forms.js';

/** Rows on one page of a list. */
const ROWS = 50;

/** How the address and the links of a page name the pages beside it. */
interface PagerWords {
  /** Fields of the address. */
  readonly before: string;
  readonly after: string;
  /** What the links say. */
  readonly beforeWords: string;
  readonly afterWords: string;
  /** Reads the order value from the address; undefined for an invalid one. */
  readonly read: (text: string) => ListKey['at'] | undefined;
  /** The same the other way; default: as it is. */
  readonly write?: (at: string) => string;
}

/** Lists of news, newest first. */
export const BY_NEWS: PagerWords = {
  before: 'newer',
  after: 'older',
  beforeWords: 'Newer ones',
  afterWords: 'Older ones',
  read: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined),
};

/** Lists in the order in which people joined. */
export const BY_JOINING: PagerWords = {
  before: 'earlier',
  after: 'later',
  beforeWords: 'Those before',
  afterWords: 'More',
  read: BY_NEWS.read,
};

/** Lists of names or addresses; the field `from` starts one at a name, or where it would stand. */
export const BY_NAME: PagerWords = {
  before: 'before',
  after: 'after',
  beforeWords: 'Those before',
  afterWords: 'More',
  read: (text) => text,
};

/** Folders: what they are ordered by is no text for an address. */
export const BY_ORDER: PagerWords = {
  before: 'before',
  after: 'after',
  beforeWords: 'Those before',
  afterWords: 'More',
  read: (text) => /^[01][^\0]*$/su.exec(Buffer.from(text, 'base64url').toString())?.[0],
  write: (at) => Buffer.from(at).toString('base64url'),
};

/** Where the links to the pages before and after this one lead; undefined where there is none. */
export interface Pager {
  readonly beforeHref: string | undefined;
  readonly afterHref: string | undefined;
  readonly beforeWords: string;
  readonly afterWords: string;
  /** The ids of entries on this page that could not be read. */
  readonly unreadable: readonly string[];
}

/**
 * Which page of a list the address asks for. `list` tells several lists on one page apart. An invalid position gives
 * the first page.
 */
export function pageWishOf(query: Fields, words: PagerWords, list = ''): PageWish {
  for (const towards of ['after', 'before'] as const) {
    const key = keyIn(textField(query, `${list}${words[towards]}`), words);
    if (key !== undefined) return { from: { key, towards }, limit: ROWS };
  }
  return { limit: ROWS };
}

/** Like {@link pageWishOf}, for a list of names that can be started anywhere; `fold` is how its names are compared. */
export function nameWishOf(query: Fields, fold: (text: string) => string = (text) => text): PageWish {
  const at = fold(textField(query, 'from'));
  const wish = pageWishOf(query, BY_NAME);
  if (wish.from !== undefined || at === '') return wish;
  // No id is empty: whoever has exactly this name comes first.
  return { ...wish, from: { key: { at, id: '' }, towards: 'after' } };
}

/** The links of a page; `kept` are fields that its neighbours keep, as what was searched for. */
export function pagerOf(
  { before, after, unreadable }: ListPage<unknown>,
  path: string,
  words: PagerWords,
  {
    list = '',
    kept = {},
    anchor = '',
  }: { list?: string; kept?: Readonly<Record<string, string>>; anchor?: string } = {},
): Pager {
  const href = (towards: 'before' | 'after', key: ListKey | undefined): string | undefined => {
    if (key === undefined) return undefined;
    const at = words.write?.(String(key.at)) ?? String(key.at);
    const query = new URLSearchParams({ ...kept, [`${list}${words[towards]}`]: `${at}.${key.id}` });
    return `${path}?${query.toString()}${anchor}`;
  };
  const { beforeWords, afterWords } = words;
  return {
    beforeWords,
    afterWords,
    unreadable,
    beforeHref: href('before', before),
    afterHref: href('after', after),
  };
}

function keyIn(text: string, { read }: PagerWords): ListKey | undefined {
  // Names and addresses may have dots, ids have none.
  const [, before, id] = /^(.{1,700})\.([\w-]{1,64})$/su.exec(text) ?? [];
  const at = before === undefined ? undefined : read(before);
  return at === undefined || id === undefined ? undefined : { at, id };
}
