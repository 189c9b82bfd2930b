import { describe, expect } from 'vitest';
import type { Cloud } from '../../../src/cloud.js';
import { addMember, addMount } from '../../../src/files/index.js';
import { ROOT_ID, sortKey, type AccountId, type ItemId } from '../../../src/kernel/index.js';
import { textContent } from '../../files/files-bench.js';
import {
  expectAlong,
  fillTables,
  foundIn,
  linkIn,
  linkOf,
  onLargeClouds,
  readerOf,
  settleAna,
  type Reader,
} from '../../support/plans.js';

/** So much is in one folder: half of it folders. */
const MANY = 10_000;

/** Entries on a page. */
const ROWS = 100;

const HALF = MANY / 2;

describe('a folder of ten thousand', { timeout: 300_000 }, () => {
  onLargeClouds('is shown whole, in one order over all its pages, on %s (F-52)', prove);
});

async function prove(cloud: Cloud): Promise<void> {
  const ana = await settleAna(cloud);
  const { tree } = cloud.services.files;
  const mine = { kind: 'person', accountId: ana } as const;
  const large = await tree.makeFolder(mine, ROOT_ID, 'Large');
  const file = await tree.create(mine, large.id, '0', textContent('0'));
  await fill(cloud, ana, large.id);
  const reader = await readerOf(cloud, ['items']);
  await provePages(cloud, reader, `/files/folder/${large.id}`);
  await proveTargets(reader, file.id);
  await proveGuests(cloud, reader, ana);
}

/** Forward by the links from the first page to the last, and back by those to the page before. */
async function provePages(cloud: Cloud, { open, asked, person }: Reader, start: string): Promise<void> {
  const pages: string[][] = [];
  let text = await open(start);
  expect(linkOf(text, 'before')).toBeUndefined();
  for (;;) {
    pages.push(namesOn(text));
    const next = linkOf(text, 'after');
    if (next === undefined) break;
    const page = new URL(next, cloud.config.publicUrl);
    // What a page costs is looked at every now and then.
    const isLookedAt = pages.length % 20 === 1;
    text = isLookedAt ? await open(next) : (await person.browser.visit(page)).body.toString();
    if (isLookedAt) await expectAlong(cloud, asked, ['items_in_order']);
  }
  expect(pages.flat()).toEqual(['Folder: ', 'Download: '].flatMap((kind) => namesFrom(kind)));
  expect(pages).toHaveLength(MANY / ROWS + 1);
  for (const page of pages.slice(0, -1).toReversed().slice(0, 3)) {
    text = await open(linkIn(text, 'before'));
    expect(namesOn(text)).toEqual(page);
  }
  expect(namesOn(await open(`${start}?after=junk.1`))).toEqual(pages[0]);
}

/** Every folder of it can be chosen to move something to, page by page. */
async function proveTargets({ open }: Reader, fileId: ItemId): Promise<void> {
  const found: string[] = [];
  for (let at: string | undefined = `/files/${fileId}/move`; at !== undefined;) {
    const text = await open(at);
    found.push(...foundIn(text, /class="entry folder" href="\/files\/\d+\/move\?to=\d+">([^<]*)</g));
    at = linkOf(text, 'after');
  }
  expect(found).toEqual(namesFrom(''));
}

/** Folders of other people and clouds stand where their names belong, among a root's own on every page. */
async function proveGuests({ services }: Cloud, { open }: Reader, ana: AccountId): Promise<void> {
  const {
    people: { accounts },
    files: { tree },
    base: { database },
  } = services;
  const { id: zoe } = await accounts.add('zoe@localhost.example' as never, 'Zoe');
  const terms = { accountId: ana, permission: 'read-only', expiresAt: undefined } as const;
  const names = Array.from({ length: 2 * ROWS }, (_, index) => `g ${String(index)}`);
  for (const [index, name] of names.entries()) {
    if (index % 3 === 0) await tree.makeFolder({ kind: 'person', accountId: ana }, ROOT_ID, name);
    else if (index % 3 === 1) {
      const { id: folderId } = await tree.makeFolder({ kind: 'person', accountId: zoe }, ROOT_ID, name);
      await database.write((trx) => addMember(trx, { ...terms, folderId, joinedAt: 0 }));
    } else {
      const incomingId = `in ${name}`;
      await database.write((trx) => addMount(trx, { ...terms, incomingId, name, rootKey: '7', createdAt: 0 }));
    }
  }
  const first = await open('/files');
  const second = await open(linkIn(first, 'after'));
  const third = await open(linkIn(second, 'after'));
  const shown = [first, second, third].flatMap(namesOn).map((name) => name.replace('Folder: ', ''));
  expect(shown).toEqual([...names, 'Large']);
  expect(namesOn(await open(linkIn(third, 'before')))).toEqual(namesOn(second));
}

/** What the folder has of one kind, in the order of people. */
function namesFrom(kind: string): string[] {
  const numbered = Array.from({ length: HALF }, (_, index) => `${kind}Bild ${String(index + 1)}`);
  return kind === 'Download: ' ? [`${kind}0`, ...numbered.map((name) => `${name}.png`)] : numbered;
}

function namesOn(text: string): string[] {
  const shown = foundIn(text, /<span class="away">((?:Folder|Download): <\/span>[^<]*)</g);
  return shown.map((found) => found.replace('</span>', ''));
}

/** Ids are in another order than names. */
async function fill(cloud: Cloud, ana: AccountId, parent: ItemId): Promise<void> {
  const row = (index: number, kind: 'file' | 'folder') => {
    const name = `Bild ${String(index + 1)}${kind === 'file' ? '.png' : ''}`;
    const place = { owner_id: ana, parent_id: parent, status: 'NEW', version: 1, modified_at: 0 };
    const what = { name, sort_key: sortKey(name, kind), is_folder: kind === 'folder', mimetype: 'text/plain' };
    return { ...place, ...what, id: 1_000_000 + ((index * 7_919) % HALF) + (kind === 'file' ? MANY : 0) };
  };
  await fillTables(cloud, async (trx) => {
    for (let start = 0; start < HALF; start += 500) {
      const indexes = Array.from({ length: 500 }, (_, offset) => start + offset);
      for (const kind of ['folder', 'file'] as const) await trx('items').insert(indexes.map((each) => row(each, kind)));
    }
  });
}
