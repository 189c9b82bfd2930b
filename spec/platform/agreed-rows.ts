import type { Database } from '../../src/platform/index.js';

const TIMES = { created_at: 1, changed_at: 1 };
const AGREED = { share_id: 's', permission: 'read-only', recipient: 'r', recipient_folded: 'r' };
const PEER = { name: 'Birch', dialect: 'spec', transport: 'server-post', storage_api: 'stacksync-v2', origins: '[]' };
const FOLDER = { name: 'Plans', is_folder: true, status: 'NEW', version: 1, mimetype: 'inode/directory' };

/** One row of each table by which two clouds have agreed on something: they refer to each other in every way. */
const ROWS: Readonly<Record<string, object>> = {
  accounts: { id: 'a', name: 'Ana', created_at: 1 },
  peers: { ...PEER, id: 'p', share_url: 'https://p.example/s', credentials_url: 'https://p.example/c', ...TIMES },
  items: { ...FOLDER, id: 5, owner_id: 'a', modified_at: 1 },
  outgoing_shares: {
    ...{ ...AGREED, ...TIMES, id: 'o', owner_id: 'a', folder_id: 5, state: 'active', peer_id: 'p' },
    invitation_expires_at: 9,
  },
  invitations: { token_hash: 't', outgoing_id: 'o', created_at: 1 },
  grants: {
    ...{ id: 'g', outgoing_id: 'o', peer_id: 'p', token: 't', secret: 's', owner_id: 'a', folder_id: 5 },
    ...{ permission: 'read-only', created_at: 1 },
  },
  incoming_shares: {
    ...{ ...AGREED, ...TIMES, id: 'i', peer_id: 'p', state: 'pending', resource_url: 'u', callback_sealed: 'c' },
    ...{ owner_name: 'n', owner_email: 'e', folder_name: 'f', digest: 'd' },
  },
  tombstones: { peer_id: 'p', share_id: 'z', created_at: 1 },
};

/** Writes them. */
export async function agree(database: Database): Promise<void> {
  await database.write(async (trx) => {
    for (const [table, row] of Object.entries(ROWS)) await trx(table).insert(row);
  });
}

/** How many rows there are of each. */
export async function agreedRows(database: Database): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const table of Object.keys(ROWS)) counts[table] = (await database.read(table)).length;
  return counts;
}
