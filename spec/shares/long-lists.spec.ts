import { describe, expect } from 'vitest';
import type { Cloud } from '../../src/cloud.js';
import { ROOT_ID } from '../../src/kernel/index.js';
import {
  addBirch,
  expectNoScan,
  fillTables,
  foundIn,
  linkIn,
  numbers,
  onLargeClouds,
  readerOf,
  settleAna,
} from '../support/plans.js';
import { ANA } from '../support/seeds.js';

/** So many shares there are: F-83. */
const SHARES = 100_000;

/** Tables that are large here. */
const LARGE = ['outgoing_shares', 'incoming_shares', 'deliveries'];

describe('lists over a hundred thousand shares', { timeout: 300_000 }, () => {
  onLargeClouds('are paged, along an index, on %s (F-83)', provePages);
});

async function provePages(cloud: Cloud): Promise<void> {
  await fill(cloud);
  const { asked, open } = await readerOf(cloud, LARGE);
  const first = await open('/admin/shares');
  const second = await open(linkIn(first, 'older'));
  expect(linkIn(second, 'newer')).toContain('/admin/shares?newer=');
  expect(rowsIn(await open(linkIn(second, 'newer')))).toEqual(rowsIn(first));
  expect(rowsIn(second)).toHaveLength(50);
  expect(rowsIn(second).filter((row) => rowsIn(first).includes(row))).toEqual([]);
  expect(rowsIn(await open('/admin/shares?recipient=R7%40birch.example'))).toHaveLength(1);
  expect(await open('/admin')).toContain('over 10 000 shares');
  await open(linkIn(await open('/shares'), 'out-older'));
  for (const target of ['/admin/deliveries', '/admin/audit', '/admin/peers']) await open(target);
  await cloud.services.base.database.write((trx) =>
    trx('outgoing_shares').where({ id: 'out1' }).update({ chosen: '{' }),
  );
  const damaged = await open('/admin/shares');
  expect(rowsIn(damaged)).toEqual(rowsIn(first).filter((row) => !row.endsWith('/out1')));
  expect(damaged).toContain('is damaged and cannot be shown (out1)');
  asked.length = 0;
  await cloud.tick();
  await expectNoScan(cloud, asked, LARGE, 'what is due');
}

/** Each row's own address. */
function rowsIn(text: string): string[] {
  return foundIn(text, /<th scope="row"><a href="(\/admin\/shares\/[^"]+)"/g);
}

/** Three of five go out, two come in; every hundredth message to another cloud was given up. */
async function fill(cloud: Cloud): Promise<void> {
  const ana = await settleAna(cloud, { admin: true });
  const folder = await cloud.services.files.tree.makeFolder({ kind: 'person', accountId: ana }, ROOT_ID, 'Shared');
  const birch = await addBirch(cloud);
  const now = Date.now();
  const [sent, received] = [SHARES * 0.6, SHARES * 0.4];
  await fillTables(cloud, async (trx) => {
    await trx.raw(`insert into outgoing_shares (${OUTGOING}) ${numbers(sent)}
      select 'out' || i, 'share-out' || i, '${ana}', ${folder.id}, 'r' || i || '@birch.example', 'r' || i || '@birch.example',
      'read-only', 'active', '${birch}', ${String(now)} + 86400000 + i, ${String(now)} + i, 1, ${String(now)} - i, ${String(now)} - i from n`);
    await trx.raw(`insert into incoming_shares (${INCOMING}) ${numbers(received)}
      select 'in' || i, '${birch}', 'share-in' || i, 'active', 'http://birch.example/' || i, 'Bo', 'bo@birch.example', 'Folder ' || i,
      'read-only', '${ANA.email}', '${ANA.email}', 'sealed', 'digest', '${ana}', 1, ${String(now)} - i, ${String(now)} - i from n`);
    await trx.raw(`insert into deliveries (kind, peer_id, lane, payload, state, attempts, run_at, created_at) ${numbers(30_000)}
      select 'unshare', '${birch}', 'out:' || i, 'sealed', case when i % 2 = 0 then 'failed' else 'queued' end, i % 3,
      ${String(now)} + 86400000, ${String(now)} from n`);
  });
}

const OUTGOING = `id, share_id, owner_id, folder_id, recipient, recipient_folded, permission, state, peer_id, expires_at,
  invitation_expires_at, revision, created_at, changed_at`;
const INCOMING = `id, peer_id, share_id, state, resource_url, owner_name, owner_email, folder_name, permission, recipient,
  recipient_folded, callback_sealed, digest, account_id, revision, created_at, changed_at`;
