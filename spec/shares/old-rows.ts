import type { Transaction } from '../../src/platform/index.js';

const TIMES = { created_at: 1, changed_at: 1 };

/** A peer as a release of long ago wrote it. */
export async function addPeer(
  trx: Transaction,
  id: string,
  dialect: string,
  storageApi = 'stacksync-v2',
): Promise<void> {
  const addresses = { share_url: `https://${id}.example/s`, credentials_url: `https://${id}.example/c` };
  const terms = { transport: 'server-post', storage_api: storageApi, origins: '[]' };
  await trx('peers').insert({ id, name: id, dialect, ...addresses, ...terms, ...TIMES });
}

/** A share of such a peer, received and active. */
export async function addShare(
  trx: Transaction,
  id: string,
  peer: string,
  name: string,
  more: object = {},
): Promise<void> {
  await trx('incoming_shares').insert({
    id,
    peer_id: peer,
    share_id: name,
    state: 'active',
    resource_url: 'u',
    owner_name: 'n',
    owner_email: 'e',
    folder_name: 'f',
    permission: 'read-only',
    recipient: 'r',
    recipient_folded: 'r',
    callback_sealed: 'c',
    digest: 'd',
    ...TIMES,
    ...more,
  });
}
