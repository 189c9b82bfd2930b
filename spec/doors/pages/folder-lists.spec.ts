import { describe, expect } from 'vitest';
import type { Cloud } from '../../../src/cloud.js';
import { ROOT_ID, type AccountId, type ItemId } from '../../../src/kernel/index.js';
import { eachPage, type ListPage, type PageWish } from '../../../src/platform/index.js';
import {
  addBirch,
  expectAlong,
  expectNoScan,
  fillTables,
  foundIn,
  linkIn,
  numbers,
  onLargeClouds,
  readerOf,
  settleAna,
} from '../../support/plans.js';
import { ANA } from '../../support/seeds.js';

/** So many members one folder has, and as many shares in each standing: F-83 measured it at 10⁴ and 10⁵. */
const MANY = 10_000;

/** So many came at the same moment. */
const AT_ONCE = 100;

const LARGE = ['accounts', 'addresses', 'members', 'outgoing_shares'];

const INDEXES = ['members_joined', 'outgoing_shares_opened', 'outgoing_shares_offered', 'outgoing_shares_past'];

const STATES = ['active', 'sent', 'declined'] as const;

/** Each list of the dialog: its field of the address, and what its rows hold. */
const LISTS = [
  ['in-later', 'in-earlier', /<span class="hint">(p\d+@x\.example)</g],
  ['out-older', 'out-newer', /value="(active\d+@birch\.example)"/g],
  ['offer-older', 'offer-newer', /Waiting for (sent\d+@birch\.example)/g],
  ['past-older', 'past-newer', /(declined\d+@birch\.example) declined/g],
] as const;

describe('the lists of one folder', { timeout: 300_000 }, () => {
  onLargeClouds('are paged, each by itself along an index, on %s (F-83)', prove);
});

async function prove(cloud: Cloud): Promise<void> {
  const { ana, folderId } = await fill(cloud);
  const reader = await readerOf(cloud, LARGE);
  const { asked, person } = reader;
  const { origin } = cloud.config.publicUrl;
  const open = async (target: string): Promise<string> => {
    const text = await reader.open(target);
    await expectAlong(cloud, asked, INDEXES);
    return text;
  };
  const first = await open(`/files/folder/${folderId}/share`);
  for (const [after, before, rows] of LISTS) {
    const second = await open(linkIn(first, after));
    const there = foundIn(second, rows);
    expect(there).toHaveLength(50);
    expect(there.filter((row) => foundIn(first, rows).includes(row))).toEqual([]);
    for (const [, , others] of LISTS.filter((list) => list[0] !== after)) {
      expect(foundIn(second, others)).toEqual(foundIn(first, others));
    }
    expect(foundIn(await open(linkIn(second, before)), rows)).toEqual(foundIn(first, rows));
    expect(second).toContain(`${ANA.name} (you)`);
  }
  expect(await open(linkIn(first, 'past-older'))).toContain('<details id="past" class="card" open>');
  asked.length = 0;
  await person.browser.visit(new URL(`/files/folder/${folderId}/members/person7/change`, origin));
  expect(person.page.body.toString()).toContain('P 7');
  await expectNoScan(cloud, asked, LARGE, 'one member');
  await proveWhole(cloud, ana, folderId);
}

/** Page after page, everybody is met once, whoever came at the same moment. */
async function proveWhole({ services }: Cloud, accountId: AccountId, folderId: ItemId): Promise<void> {
  const { sharing } = services.agreements;
  const principal = { kind: 'person', accountId } as const;
  const openers = (here: PageWish, abroad: PageWish) => sharing.openers(principal, folderId, { here, abroad });
  const none = { limit: 1 };
  const here = await countOf(
    async (wish) => (await openers(wish, none)).here,
    ({ accountId: id }) => String(id),
  );
  const abroad = await countOf(
    async (wish) => (await openers(none, wish)).abroad,
    ({ outgoingId: id }) => String(id),
  );
  const over = await countOf(
    (wish) => sharing.outgoingOfFolder(accountId, folderId, 'over', wish),
    ({ id }) => id,
  );
  expect([here, abroad, over]).toEqual([MANY, MANY, MANY].map((count) => ({ met: count, different: count })));
  const foreign = 'person1' as AccountId;
  expect(await sharing.outgoingOfFolder(foreign, folderId, 'over', none)).toMatchObject({ items: [] });
}

async function countOf<View>(page: (wish: PageWish) => Promise<ListPage<View>>, idOf: (view: View) => string) {
  const ids: string[] = [];
  for await (const { items } of eachPage(page, 770)) ids.push(...items.map(idOf));
  return { met: ids.length, different: new Set(ids).size };
}

/** One folder with all of them, another with as many. */
async function fill(cloud: Cloud): Promise<{ readonly ana: AccountId; readonly folderId: ItemId }> {
  const { tree } = cloud.services.files;
  const ana = await settleAna(cloud);
  const mine = { kind: 'person', accountId: ana } as const;
  const folder = await tree.makeFolder(mine, ROOT_ID, 'Shared');
  const other = await tree.makeFolder(mine, ROOT_ID, 'Also shared');
  const birch = await addBirch(cloud);
  const now = String(Date.now());
  const moment = `${now} - i / ${String(AT_ONCE)}`;
  await fillTables(cloud, async (trx) => {
    await trx.raw(
      `insert into accounts (id, name, created_at) ${numbers(MANY)} select 'person' || i, 'P ' || i, ${now} from n`,
    );
    await trx.raw(`insert into addresses (account_id, email, folded, is_primary, proven_at, created_at) ${numbers(MANY)}
      select 'person' || i, 'p' || i || '@x.example', 'p' || i || '@x.example', true, ${now}, ${now} from n`);
    for (const { id } of [folder, other]) {
      await trx.raw(`insert into members (folder_id, account_id, permission, name, joined_at) ${numbers(MANY)}
        select ${id}, 'person' || i, 'read-only', 'Shared ' || ${id}, ${moment} from n`);
      for (const state of STATES) {
        // Ids in upper and lower case, as they are: an engine may order them by a language.
        await trx.raw(`insert into outgoing_shares (${OUTGOING}) ${numbers(MANY)}
          select case when i % 2 = 0 then 'a' else 'B' end || '${state}${id}-' || i, 'share${id}${state}' || i, '${ana}', ${id},
          '${state}' || i || '@birch.example', '${state}' || i || '@birch.example', 'read-only', '${state}', '${birch}',
          ${now} + 86400000, ${now} + 86400000, 1, ${moment}, ${moment} from n`);
      }
    }
  });
  return { ana, folderId: folder.id };
}

const OUTGOING = `id, share_id, owner_id, folder_id, recipient, recipient_folded, permission, state, peer_id, expires_at,
  invitation_expires_at, revision, created_at, changed_at`;
