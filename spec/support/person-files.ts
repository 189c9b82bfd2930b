import { elements, ownText, textOf, type Element } from './html.js';
import type { PlainBrowser } from './plain-browser.js';
import { describePage, type Page } from './web-page.js';

/** One line of a folder's page. */
export interface ListedItem {
  readonly id: string;
  readonly name: string;
  readonly isFolder: boolean;
  readonly href: URL;
  /** How a folder came to be here, such as `From another cloud, read only`; empty for plain items. */
  readonly badge: string;
  /** Everything that the line says. */
  readonly words: string;
  /** What the line's menu offers: `Share`, `Rename`, `Leave`, … */
  readonly actions: readonly string[];
}

/** What came of asking for a file's content. */
export interface ReadFile {
  readonly status: number;
  readonly content: Buffer;
  readonly text: string;
  readonly headers: Page['headers'];
}

/** How much of a file to ask for. */
export interface ReadOptions {
  /** The value of a `Range` header, such as `bytes=0-9`. */
  readonly range?: string;
}

/** A person's files, through the pages. Paths are names joined by `/`, from the root; '' is the root itself. */
export interface PersonFiles {
  list(path?: string): Promise<readonly ListedItem[]>;
  /** The item at a path; undefined when the page of its folder does not list it. */
  find(path: string): Promise<ListedItem | undefined>;
  /** Opens a folder's page. */
  open(path: string): Promise<Page>;
  read(path: string, options?: ReadOptions): Promise<ReadFile>;
  /** Uploads a file; one of that name gets new content. */
  write(path: string, content: string | Buffer): Promise<Page>;
  makeFolder(path: string): Promise<Page>;
  /** Gives the item at `path` another name. */
  rename(path: string, name: string): Promise<Page>;
  /** Moves the item at `path` into the folder at `to`. */
  move(path: string, to: string): Promise<Page>;
  remove(path: string): Promise<Page>;
  /** The item at a path; throws, saying what there is, when it is not listed. */
  must(path: string): Promise<ListedItem>;
}

/** The files of whoever is signed in at `home` in this browser. */
export function personFiles(browser: PlainBrowser, home: () => URL): PersonFiles {
  const at = (path: string): URL => new URL(path, home());
  const list = async (path = ''): Promise<readonly ListedItem[]> => itemsOn(browser, await open(path));
  const must = async (path: string): Promise<ListedItem> => {
    const items = await list(parentOf(path));
    return items.find(({ name }) => name === nameOf(path)) ?? missing(path, items);
  };
  const folderUrl = async (path: string): Promise<URL> => (path === '' ? at('/files') : (await must(path)).href);
  const open = async (path: string): Promise<Page> => shown(await browser.visit(await folderUrl(path)));
  const change = async (path: string, action: string): Promise<Page> => {
    const { id } = await must(path);
    return shown(await browser.visit(at(`/files/${id}/${action}`)));
  };
  return {
    list,
    open,
    must,
    find: async (path) => (await list(parentOf(path))).find(({ name }) => name === nameOf(path)),
    read: async (path, { range } = {}) => {
      const { href } = await must(path);
      const headers = range === undefined ? {} : { Range: range };
      const { status, body, headers: got } = await browser.download(href, { headers });
      return { status, content: body, text: body.toString('utf8'), headers: got };
    },
    write: async (path, content) => {
      await open(parentOf(path));
      const file = { name: nameOf(path), content: Buffer.from(content) };
      return browser.submit('/upload', { files: file, replace: true });
    },
    makeFolder: async (path) => {
      await open(parentOf(path));
      return browser.submit('/new-folder', { name: nameOf(path) });
    },
    rename: async (path, name) => {
      await change(path, 'rename');
      return browser.submit('/rename', { name });
    },
    move: async (path, to) => {
      const { id } = await must(path);
      const target = to === '' ? '0' : (await must(to)).id;
      shown(await browser.visit(at(`/files/${id}/move?to=${target}`)));
      return browser.submit('/move');
    },
    remove: async (path) => {
      await change(path, 'delete');
      return browser.submit('/delete');
    },
  };
}

async function itemsOn(browser: PlainBrowser, page: Page): Promise<readonly ListedItem[]> {
  const items = elements(page.document, 'tr').flatMap((row) => readRow(row, page.url));
  const more = page.links.find(({ text }) => text === 'Show more');
  return more === undefined ? items : [...items, ...(await itemsOn(browser, shown(await browser.visit(more.href))))];
}

function readRow(row: Element, base: URL): ListedItem[] {
  const anchors = elements(row, 'a');
  const entry = anchors.find(({ attributes }) => attributes['class']?.split(' ').includes('entry') === true);
  const href = new URL(entry?.attributes['href'] ?? '', base);
  const id = /^\/files\/(?:folder\/)?(\d+)/.exec(href.pathname)?.[1];
  if (entry === undefined || id === undefined) return [];
  // Words for screen readers stand before the name, in an element of their own; a name of other scripts is in one, too.
  const [isolated] = elements(entry, 'bdi');
  const name = ownText(isolated ?? entry).trim();
  const actions = anchors.filter((anchor) => anchor !== entry).map(textOf);
  const badges = elements(row, 'span').filter(({ attributes }) => attributes['class'] === 'badge');
  const badge = badges.map(textOf).join(' ');
  return [{ id, name, badge, isFolder: href.pathname.startsWith('/files/folder/'), href, words: textOf(row), actions }];
}

function shown(page: Page): Page {
  if (page.status !== 200) throw new Error(`expected a page, got ${describePage(page)}`);
  return page;
}

function missing(path: string, items: readonly ListedItem[]): never {
  const there = items.map(({ name }) => name).join(', ') || 'nothing';
  throw new Error(`there is no “${nameOf(path)}” in “/${parentOf(path)}”; there is: ${there}`);
}

function parentOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}

function nameOf(path: string): string {
  return path.split('/').at(-1) ?? '';
}
