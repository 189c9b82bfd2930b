import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import type { CloudProcess } from '../../support/cloud-process.js';
import { until } from '../../support/until.js';
import type { ShareLine } from '../support/process-pair.js';
import type { Entry } from '../support/storage-client.js';
import { letBackoffPass, waitingAt } from './clockwork.js';
import { hashOf, type FileRecord, type JobRecord } from './ledger.js';
import type { Scene } from './scene.js';

const PATIENCE = { deadline: 60_000, every: 2_000 };

/** Pairs of states in which two clouds may rest (reliability.md section 4, liveness). */
const COMPATIBLE = new Set([
  ...['active active', 'declined declined', 'revoked revoked', 'withdrawn withdrawn', 'left left', 'expired expired'],
  // Not answered, or not even offered, when the scene ended.
  ...['created absent', 'sent pending', 'withdrawn absent', 'expired absent'],
  ...['revoked left', 'expired declined'],
]);

/**
 * By Open Cloud Mesh too: a notification says that a share is over, not why (open-cloud-mesh.md 6), and one half of it ended
 * before the acceptance had been heard.
 */
const OCM_COMPATIBLE = new Set([...COMPATIBLE, 'withdrawn revoked', 'declined left']);

/** Waits until both clouds agree about every share; answers the states, by the share's name on the wire. */
export async function untilTheyAgree({ pair, bo }: Scene): Promise<ReadonlyMap<string, string>> {
  let last = '';
  const ask = async (): Promise<Map<string, string> | undefined> => {
    const all = await agreementsOf(pair.alder, pair.birch);
    for (const cloud of [pair.alder, pair.birch]) await letBackoffPass(cloud);
    // Whoever is invited by letter is named by the e-mail address.
    const odd = all.filter(({ recipient, both }) => !(recipient === bo.email ? COMPATIBLE : OCM_COMPATIBLE).has(both));
    last = odd.map(({ shareId, both }) => `${shareId}: ${both}`).join(', ');
    return odd.length === 0 ? new Map(all.map(({ shareId, both }) => [shareId, both])) : undefined;
  };
  return until('both clouds to agree', ask, PATIENCE).catch(async (cause: unknown) => {
    const waiting = (await Promise.all([pair.alder, pair.birch].map(waitingAt))).join('\n');
    throw new Error(`the clouds do not agree: ${last}\n${waiting}`, { cause });
  });
}

interface Agreement extends Pick<ShareLine, 'shareId' | 'recipient'> {
  /** The states of both halves. */
  readonly both: string;
}

async function agreementsOf(alder: CloudProcess, birch: CloudProcess): Promise<Agreement[]> {
  const [outgoing, incoming] = await Promise.all(
    [alder, birch].map((cloud) => cloud.ask<ShareLine[]>(['share', 'list'])),
  );
  const there = new Map((incoming ?? []).map(({ shareId, state }) => [shareId, state]));
  return (outgoing ?? []).map(({ shareId, recipient, state }) => ({
    shareId,
    recipient,
    both: `${state} ${there.get(shareId) ?? 'absent'}`,
  }));
}

/** Whatever was acknowledged is there: every version with its hash, at the owner's and, where it is open, abroad. */
export async function checkFiles(scene: Scene, record: JobRecord): Promise<void> {
  const { ana, bo } = scene;
  if (record.id === undefined) return;
  const own = await ana.app.children(record.id);
  const mount = (await bo.app.children()).get(record.folder);
  const abroad = mount === undefined ? undefined : await bo.app.children(mount.id);
  for (const file of record.files) {
    if (file.acknowledged.length === 0) continue;
    const entry = own.get(file.name);
    expect(entry, `${record.folder} ${file.name} is there`).toBeDefined();
    if (entry === undefined) continue;
    await checkVersions(scene, file, entry);
    const current = hashOf(await ana.app.read(entry.id));
    expect(file.possible, `${record.folder} ${file.name} holds what was written last`).toContain(current);
    if (abroad === undefined) continue;
    expect(hashOf(await bo.app.read(abroad.get(file.name)?.id ?? 0)), 'the same through both clouds').toBe(current);
  }
}

async function checkVersions({ ana }: Scene, file: FileRecord, { id }: Entry): Promise<void> {
  const versions = (await ana.app.call(`file/${String(id)}/versions`)).json<{ versions: Entry[] }>().versions;
  const kept = await Promise.all(
    versions.map(async ({ version }) => hashOf(await ana.app.read(`${String(id)}/version/${String(version)}`))),
  );
  for (const hash of file.acknowledged) expect(kept, `every acknowledged version of ${file.name}`).toContain(hash);
}

/** An acknowledged decision must be the recorded one. */
export function checkDecision(record: JobRecord, both: string | undefined): void {
  if (record.answer === false) expect(both, record.folder).toBe('declined declined');
  if (record.answer === true && record.ended === 'no') expect(both, record.folder).toBe('active active');
  if (record.ended === 'by owner') expect(endsOf(record), record.folder).toContain(both);
  if (record.ended === 'by recipient') expect(leavingsOf(record), record.folder).toContain(both);
}

/** What the recipient's leaving makes of a share: declined, where the owner's cloud had not heard that it was accepted. */
function leavingsOf({ protocol }: JobRecord): readonly string[] {
  return protocol === 'ocm' ? ['left left', 'declined left'] : ['left left'];
}

/** What the owner's end makes of a share: withdrawn, where the owner's cloud may not have heard the answer yet. */
function endsOf({ isHeard, protocol }: JobRecord): readonly string[] {
  if (protocol === 'ocm') return ['revoked revoked', 'withdrawn revoked'];
  return isHeard ? ['revoked revoked'] : ['revoked revoked', 'withdrawn withdrawn'];
}

/** What must hold in a cloud's own books, looked at from outside (reliability.md section 3, invariants). */
export async function checkBooks({ dataDir, name }: CloudProcess): Promise<void> {
  const database = new Database(path.join(dataDir, 'footbridge.sqlite'), { readonly: true });
  try {
    const all = <Row>(sql: string): Row[] => database.prepare(sql).all() as Row[];
    expect(all('pragma integrity_check'), `${name}'s database is sound`).toEqual([{ integrity_check: 'ok' }]);
    expect(all('pragma foreign_key_check')).toEqual([]);
    expect(all(TWO_GRANTS), 'never two live grants of a share').toEqual([]);
    expect(all(DEAD_GRANTS), 'no live grant of an ended share').toEqual([]);
    expect(all(LOST_SECRETS), 'no secret of an ended share').toEqual([]);
    expect(all(TWICE_OFFERED), 'an offer that came twice waits once').toEqual([]);
    expect(all(WRONG_QUOTAS), 'used bytes are the sum of the live files').toEqual([]);
    await checkBlobs(path.join(dataDir, 'contents'), all<Blob>(BLOBS));
  } finally {
    database.close();
  }
}

interface Blob {
  readonly content_key: string;
  readonly size: number;
  readonly sha256: string;
  /** The bytes of a small content, which lie beside the rows. */
  readonly bytes: Buffer | null;
}

const TWO_GRANTS = 'select outgoing_id from grants where killed_at is null group by outgoing_id having count(*) > 1';
/** Live grants that must be dead. By Open Cloud Mesh a grant is alive from the offer on. */
const DEAD_GRANTS = `select g.id from grants g join outgoing_shares s on s.id = g.outgoing_id
  where g.killed_at is null and s.state not in ('accepted', 'active')
  and not (coalesce(s.dialect, '') = 'ocm' and s.state = 'sent')`;
/** Secrets that must have been erased. By Open Cloud Mesh the secret is there from the proposal on. */
const LOST_SECRETS = `select id from incoming_shares where grant_sealed is not null and state not in ('accepted', 'active')
  and not (coalesce(dialect, '') = 'ocm' and state = 'pending')`;
/** Proposals that came twice: each job shares a folder of its own. */
const TWICE_OFFERED = `select folder_name from incoming_shares where dialect = 'ocm' group by folder_name having count(*) > 1`;
const WRONG_QUOTAS = `select a.id, a.used_bytes, sum(i.size) from accounts a join items i on i.owner_id = a.id
  where i.deleted_at is null group by a.id having a.used_bytes <> sum(i.size)`;
const BLOBS = `select distinct v.content_key, v.size, v.sha256, c.bytes from item_versions v
  left join inline_contents c on c.key = v.content_key where v.content_key is not null`;

async function checkBlobs(folder: string, blobs: readonly Blob[]): Promise<void> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const places = new Map(
    found.filter((each) => each.isFile()).map((each) => [each.name, path.join(each.parentPath, each.name)]),
  );
  for (const { content_key: key, size, sha256, bytes: inline } of blobs) {
    const bytes = inline ?? (await readFile(places.get(key) ?? path.join(folder, `missing ${key}`)));
    expect([bytes.length, hashOf(bytes)], `the content ${key}`).toEqual([size, sha256]);
  }
}
