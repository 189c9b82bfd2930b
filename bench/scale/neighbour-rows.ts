import { DAY } from '../../src/kernel/index.js';
import type { Transaction } from '../../src/platform/index.js';
import { before, copyRows, digits, like } from './copies.js';
import type { Size } from './sizes.js';

/** People, clouds and messages that the product made. */
export interface NeighbourModels {
  /** Somebody with an address and an app's token. */
  readonly personId: string;
  readonly peerId: string;
  /** A share that has ended, and the message about it that could not be delivered. */
  readonly revoked: string;
  readonly messageId: number;
}

/** Characters of ids of people, and of peers, tokens and consumer keys. */
const [PERSON, ID] = [22, 32];

/** Copies a person, with the address and the token. */
export async function fillPeople(trx: Transaction, { personId }: NeighbourModels, { people }: Size): Promise<void> {
  const account = {
    id: like('id', PERSON),
    name: `'Person ' || ${digits('i')}`,
    created_at: before('created_at', people),
  };
  await copyRows(trx, { table: 'accounts', where: { id: personId } }, people, account);
  const owner = { account_id: like('account_id', PERSON) };
  const email = `'p' || cast(i as text) || '@alder.example'`;
  await copyRows(trx, { table: 'addresses', where: { account_id: personId } }, people, {
    ...owner,
    email,
    folded: email,
  });
  const token = { ...owner, id: like('id', ID), token: like('token', ID) };
  await copyRows(trx, { table: 'access_tokens', where: { account_id: personId } }, people, token);
}

/** Copies a peer, with its picture and its history. */
export async function fillPeers(trx: Transaction, { peerId }: NeighbourModels, { peers }: Size): Promise<void> {
  const at = (path: string): string => `'https://cloud-' || cast(i as text) || '.example${path}'`;
  const urls = {
    share_url: at('/share'),
    unshare_url: at('/unshare'),
    credentials_url: at('/credentials'),
    return_url: at('/shares'),
  };
  const origins = `'["https://cloud-' || cast(i as text) || '.example"]'`;
  const peer = {
    id: like('id', ID),
    name: `'Cloud ' || cast(i as text)`,
    inbound_key: like('inbound_key', ID),
    origins,
    ...urls,
  };
  await copyRows(trx, { table: 'peers', where: { id: peerId } }, peers, {
    ...peer,
    created_at: before('created_at', peers),
  });
  const own = { peer_id: like('peer_id', ID) };
  await copyRows(trx, { table: 'peer_logos', where: { peer_id: peerId } }, peers, own);
  await copyRows(trx, { table: 'peer_events', where: { peer_id: peerId } }, peers, {
    ...own,
    id: null,
    at: before('at', peers),
  });
}

/** Copies a message: half of them were given up, the others will be tried again tomorrow. */
export async function fillQueue(trx: Transaction, models: NeighbourModels, size: Size): Promise<void> {
  const { messages, peers, outgoing } = size;
  const over = outgoing / 10;
  // Ended shares come last among the outgoing ones (`share-rows.ts`).
  const half = `'${models.revoked.slice(0, ID - 12)}' || ${digits(`${outgoing - over} + i % ${over}`)}`;
  const message = {
    id: null,
    lane: `replace(m.lane, '${models.revoked}', ${half})`,
    peer_id: like('peer_id', ID, `i % ${peers}`),
    state: `case when i % 2 = 0 then 'failed' else 'queued' end`,
    run_at: `m.run_at + ${DAY} + i`,
    created_at: before('created_at', messages),
  };
  await copyRows(trx, { table: 'deliveries', where: { id: models.messageId } }, messages, message);
}
