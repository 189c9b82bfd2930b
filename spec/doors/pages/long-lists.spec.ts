import { describe, expect } from 'vitest';
import type { Cloud } from '../../../src/cloud.js';
import { ROOT_ID, type AccountId } from '../../../src/kernel/index.js';
import {
  expectNoScan,
  fillTables,
  foundIn,
  linkIn,
  numbers,
  onLargeClouds,
  readerOf,
  settleAna,
  statementsOf,
} from '../../support/plans.js';

/** So many of each there are: F-83 measured it at 10⁴ and 10⁵. */
const PEOPLE = 100_000;
const PEERS = 10_000;
const APPS = 10_000;
/** Half of them are mounts, half are folders of people here; as many again stand in a folder. */
const GUESTS = 10_000;

/** Rows that are read at a time of a listing. */
const BATCH = 500;

/** The tables that are filled. */
const LARGE = ['accounts', 'addresses', 'peers', 'clients', 'members', 'mounts', 'items', 'peer_domains'];

describe('lists of people, peers, apps and guests', { timeout: 300_000 }, () => {
  onLargeClouds('are paged, along an index, on %s (F-83)', prove);
});

async function prove(cloud: Cloud): Promise<void> {
  const owner = await fill(cloud);
  const { asked, open } = await readerOf(cloud, LARGE);
  const overview = await open('/admin');
  for (const words of ['over 10 000 people', '10000 peers', '10000 blocked', '10000 apps']) {
    expect(overview).toContain(words.replace('10000 blocked', '1000 blocked'));
  }
  for (const [target, start] of [
    ['/admin/people', 'p500'],
    ['/admin/peers', 'Peer 500'],
    ['/admin/apps', 'App 500'],
  ] as const) {
    const first = await open(target);
    const second = await open(linkIn(first, 'after'));
    expect(rowsIn(second)).toHaveLength(50);
    expect(rowsIn(second).filter((row) => rowsIn(first).includes(row))).toEqual([]);
    expect(rowsIn(await open(linkIn(second, 'before')))).toEqual(rowsIn(first));
    expect(rowsIn(await open(`${target}?from=${encodeURIComponent(start)}`))[0]).toContain(start);
  }
  await open('/admin/deliveries');
  await proveChoice(cloud, open);
  await proveDamage(cloud, open);
  await proveGuests(cloud, owner);
  asked.length = 0;
  await cloud.tick();
  await expectNoScan(cloud, asked, LARGE, 'what is due');
  const {
    files: { trash, eraseRemovedPeople },
    people: { sessions },
    shares: { notices },
    apps: { temporaryCredentials },
  } = cloud.services;
  asked.length = 0;
  await trash.tend();
  await sessions.purge();
  await notices.tellTroubles();
  await temporaryCredentials.sweep();
  await eraseRemovedPeople();
  await expectNoScan(cloud, asked, LARGE, 'sweeps');
}

/** No secret of all these peers can be opened, and one row is damaged: the list shows the others and says so. */
async function proveDamage({ services }: Cloud, open: (target: string) => Promise<string>): Promise<void> {
  const target = '/admin/peers?from=Peer%20500';
  const whole = rowsIn(await open(target));
  await services.base.database.write((trx) => trx('peers').where({ id: 'peer5000' }).update({ origins: '["http' }));
  const damaged = await open(target);
  expect(rowsIn(damaged)).toEqual(whole.filter((row) => !row.includes('peer5000')));
  expect(rowsIn(damaged)).toHaveLength(49);
  expect(damaged).toContain('is damaged and cannot be shown (peer5000)');
  await services.neighbours.peers.block('Peer 500');
  expect(rowsIn(await open(target))).toHaveLength(49);
}

/** The page behind an invitation lists the clouds to choose from like any other list, and those first that fit. */
async function proveChoice({ services }: Cloud, open: (target: string) => Promise<string>): Promise<void> {
  const {
    base: { database },
    people: { accounts },
    files: { tree },
    agreements: { sharing, invitations },
  } = services;
  await database.write(async (trx) => {
    await trx('peers').update({ outbound_key: 'ours', outbound_secret: 'sealed' });
    await trx.raw(
      `insert into peer_domains (domain, peer_id) ${numbers(PEERS)} select 'd' || i || '.example', 'peer' || i from n`,
    );
    await trx('peer_domains').insert({ domain: 'x.example', peer_id: 'peer9999' });
  });
  if (database.engine === 'postgres') await database.job((trx) => trx.raw('analyze'));
  const owner = await accounts.byEmail('zoe@localhost.example' as never);
  const ownerId = owner?.id as AccountId;
  const folder = await tree.makeFolder({ kind: 'person', accountId: ownerId }, ROOT_ID, 'For somebody');
  const terms = { addresses: ['somebody@x.example' as never], permission: 'read-only' } as const;
  await sharing.share(ownerId, folder.id, terms);
  const { items } = await sharing.outgoingOfFolder(ownerId, folder.id, 'under-way', { limit: 1 });
  const link = await database.write((trx) => invitations.issue(trx, items[0]?.id ?? ''));
  const { pathname } = new URL(link);
  const first = await open(pathname);
  expect(cloudsIn(first)).toHaveLength(51);
  expect(cloudsIn(first)[0]).toBe('peer9999');
  const second = await open(linkIn(first, 'after'));
  expect(cloudsIn(second)).toHaveLength(50);
  expect(cloudsIn(second).filter((id) => cloudsIn(first).includes(id))).toEqual([]);
  expect(linkIn(second, 'before')).toContain(`${pathname}?before=`);
  expect(cloudsIn(await open(`${pathname}?from=Peer%20501`))[0]).toBe('peer501');
}

function cloudsIn(text: string): string[] {
  return foundIn(text, /name="cloud" value="([^"]+)"/g);
}

/** A root of 10⁴ guests is read in pages, in the order of ids; so is a folder. */
async function proveGuests(cloud: Cloud, accountId: AccountId): Promise<void> {
  const { tree } = cloud.services.files;
  const asked = statementsOf(cloud);
  const principal = { kind: 'person', accountId } as const;
  const folder = await folderId(cloud, 'Mine');
  for (const [id, count] of [
    [ROOT_ID, GUESTS + 1],
    [folder, GUESTS],
  ] as const) {
    asked.length = 0;
    const ids: number[] = [];
    for await (const item of (await tree.list(principal, id)).children) ids.push(Number(item.id));
    expect(ids).toHaveLength(count);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(asked.length).toBeLessThanOrEqual(2 * (GUESTS / 2 / BATCH + 1) + 10);
    // Who may is one statement: as half of all mounts are in one folder here, PostgreSQL expects the first one to fit.
    const pages = asked.filter(
      ({ sql }) => cloud.config.database.engine === 'sqlite' || !sql.includes('lineage.depth'),
    );
    await expectNoScan(cloud, pages, LARGE, `folder ${id}`);
  }
}

async function folderId({ services }: Cloud, name: string): Promise<never> {
  const row: { id: number } | undefined = await services.base.database.read('items').where({ name }).first('id');
  return String(row?.id) as never;
}

function rowsIn(text: string): string[] {
  return foundIn(text, /<th scope="row">(.*?)<\/th>/gs);
}

async function fill(cloud: Cloud): Promise<AccountId> {
  const {
    people: { accounts },
    files: { tree },
  } = cloud.services;
  const ana = await settleAna(cloud, { admin: true });
  const { id: other } = await accounts.add('zoe@localhost.example' as never, 'Zoe');
  const mine = await tree.makeFolder({ kind: 'person', accountId: ana }, ROOT_ID, 'Mine');
  const theirs = await tree.makeFolder({ kind: 'person', accountId: other }, ROOT_ID, 'Theirs');
  const now = String(Date.now());
  const half = GUESTS / 2;
  await fillTables(cloud, async (trx) => {
    await trx.raw(
      `insert into accounts (id, name, created_at) ${numbers(PEOPLE)} select 'person' || i, 'P ' || i, ${now} from n`,
    );
    await trx.raw(`insert into addresses (account_id, email, folded, is_primary, proven_at, created_at) ${numbers(PEOPLE)}
      select 'person' || i, 'p' || i || '@x.example', 'p' || i || '@x.example', true, ${now}, ${now} from n`);
    await trx.raw(`insert into peers (${PEER}) ${numbers(PEERS)} select 'peer' || i, 'Peer ' || i, 'spec', 'server-post',
      'stacksync-v2', 'http://c' || i || '.example/share', 'http://c' || i || '.example/credentials',
      '["http://c' || i || '.example"]', 'key' || i, 'sealed', case when i % 10 = 0 then 1 end, ${now}, ${now} from n`);
    await trx.raw(`insert into clients (id, name, consumer_key, consumer_secret, created_at) ${numbers(APPS)}
      select 'app' || i, 'App ' || i, 'app' || i, 'sealed', ${now} from n`);
    for (const [round, place] of ['null', mine.id].entries()) {
      const base = `${String(1_000_000 * (round + 1))} + 2 * i`;
      await trx.raw(`insert into mounts (id, account_id, incoming_id, name, parent_id, permission, root_key, modified_at, created_at)
        ${numbers(half)} select ${base}, '${ana}', 'in${String(round)}-' || i, 'M ' || i, ${place}, 'read-only', '7', ${now}, ${now} from n`);
      await trx.raw(`insert into items (id, owner_id, parent_id, name, is_folder, status, version, mimetype, modified_at)
        ${numbers(half)} select ${base} + 1, '${other}', ${theirs.id}, 'F${String(round)} ' || i, true, 'NEW', 1,
        'inode/directory', ${now} from n`);
      await trx.raw(`insert into members (folder_id, account_id, permission, name, parent_id, joined_at)
        ${numbers(half)} select ${base} + 1, '${ana}', 'read-only', 'F${String(round)} ' || i, ${place}, ${now} from n`);
    }
  });
  return ana;
}

const PEER = `id, name, dialect, transport, storage_api, share_url, credentials_url, origins, inbound_key, inbound_secret,
  blocked_at, created_at, changed_at`;
