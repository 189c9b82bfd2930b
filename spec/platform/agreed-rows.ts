import type { Database } from '../../src/platform/index.js';

const TIMES = { created_at: 1, changed_at: 1 };
const AGREED = { share_id: 's', permission: 'read-only', recipient: 'r', recipient_folded: 'r' };
const PEER = { name: 'Birch', dialect: 'spec', transport: 'server-post', storage_api: 'stacksync-v2', origins: '[]' };
const FOLDER = { name: 'Plans', is_folder: true, status: 'NEW', version: 1, mimetype: 'inode/directory' };

const FILE = {
  owner_id: 'a',
  is_folder: false,
  status: 'CHANGED',
  mimetype: 'text/plain',
  content_key: 'k2',
  sha256: 'h2',
};

/**
 * Rows of every table by which two clouds have agreed on something, with a file and its older version, and a message that
 * waits: they refer to each other in every way.
 */
const ROWS: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  accounts: [{ id: 'a', name: 'Ana', created_at: 1 }],
  peers: [{ ...PEER, id: 'p', share_url: 'https://p.example/s', credentials_url: 'https://p.example/c', ...TIMES }],
  items: [
    { ...FOLDER, id: 5, owner_id: 'a', modified_at: 1 },
    { ...FILE, id: 6, parent_id: 5, name: 'budget.txt', version: 2, size: 20, checksum: 7, modified_at: 3 },
  ],
  item_versions: [
    {
      item_id: 6,
      version: 1,
      name: 'budget.txt',
      parent_id: 5,
      status: 'NEW',
      size: 10,
      checksum: 3,
      mimetype: 'text/plain',
      content_key: 'k1',
      sha256: 'h1',
      modified_at: 2,
    },
  ],
  outgoing_shares: [
    {
      ...AGREED,
      ...TIMES,
      id: 'o',
      owner_id: 'a',
      folder_id: 5,
      state: 'active',
      peer_id: 'p',
      invitation_expires_at: 9,
    },
  ],
  invitations: [{ token_hash: 't', outgoing_id: 'o', created_at: 1 }],
  grants: [
    {
      id: 'g',
      outgoing_id: 'o',
      peer_id: 'p',
      token: 't',
      secret: 's',
      owner_id: 'a',
      folder_id: 5,
      permission: 'read-only',
      created_at: 1,
    },
  ],
  incoming_shares: [
    {
      ...AGREED,
      ...TIMES,
      id: 'i',
      peer_id: 'p',
      state: 'pending',
      resource_url: 'u',
      callback_sealed: 'c',
      owner_name: 'n',
      owner_email: 'e',
      folder_name: 'f',
      digest: 'd',
    },
  ],
  deliveries: [
    {
      kind: 'unshare',
      peer_id: 'p',
      lane: 'outgoing:o',
      payload: 'sealed',
      state: 'queued',
      attempts: 2,
      run_at: 4,
      last_answer: 'answered 503',
      created_at: 1,
    },
  ],
  tombstones: [{ peer_id: 'p', share_id: 'z', created_at: 1 }],
};

/** Writes them. */
export async function agree(database: Database): Promise<void> {
  await database.write(async (trx) => {
    for (const [table, rows] of Object.entries(ROWS)) for (const row of rows) await trx(table).insert(row);
  });
}

/** What they hold now, table by table, of what was written. */
export async function agreedRows(database: Database): Promise<Readonly<Record<string, readonly object[]>>> {
  const found: Record<string, readonly object[]> = {};
  for (const [table, rows] of Object.entries(ROWS)) {
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const order = ['id', 'item_id'].find((column) => columns.includes(column)) ?? columns[0] ?? '';
    found[table] = await database.read(table).select(columns).orderBy(order);
  }
  return found;
}
