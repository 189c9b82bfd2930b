import type { PeerId } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import type { Peer } from './peer.js';
import { knownManner } from './ocm-terms.js';
import type { OcmFound, OcmManner, OcmTerms, SignatureRule } from './ocm-terms.js';

/** The columns of `peer_ocm`; all null for a peer that does not speak Open Cloud Mesh. */
export interface OcmColumns {
  readonly ocm_host: string | null;
  readonly ocm_path: string | null;
  readonly ocm_is_plain: boolean | number | null;
  readonly ocm_signatures: SignatureRule | null;
  readonly ocm_signs_since: number | null;
  readonly ocm_shape: NonNullable<OcmManner['shape']> | null;
  readonly ocm_uri: NonNullable<OcmManner['uri']> | null;
  readonly ocm_folder: NonNullable<OcmManner['folder']> | null;
  readonly ocm_accepts_alone: boolean | number | null;
  readonly ocm_exchanges_tokens: boolean | number | null;
  readonly ocm_legacy_notifications: boolean | number | null;
  readonly ocm_is_met: boolean | number | null;
  readonly ocm_keeps_list: boolean | number | null;
  readonly ocm_key: string | null;
  readonly ocm_key_changed_at: number | null;
}

/** Whole rows of peers, each with what it is in Open Cloud Mesh. */
export function wholePeers(q: Queries) {
  return q('peers').leftJoin('peer_ocm', 'peer_ocm.peer_id', 'peers.id');
}

/** What of the columns is a peer's. */
export function ocmOf(row: OcmColumns): OcmTerms | undefined {
  if (row.ocm_host === null) return undefined;
  return {
    host: row.ocm_host,
    path: row.ocm_path ?? '',
    isPlain: Boolean(row.ocm_is_plain),
    signatures: row.ocm_signatures ?? undefined,
    signsSince: row.ocm_signs_since ?? undefined,
    manner: knownManner({ shape: row.ocm_shape, uri: row.ocm_uri, folder: row.ocm_folder }),
    acceptsAlone: Boolean(row.ocm_accepts_alone),
    exchangesTokens: Boolean(row.ocm_exchanges_tokens),
    legacyNotifications: Boolean(row.ocm_legacy_notifications),
    isMet: Boolean(row.ocm_is_met),
    found: {
      keepsList: Boolean(row.ocm_keeps_list),
      key: row.ocm_key ?? undefined,
      keyChangedAt: row.ocm_key_changed_at ?? undefined,
    },
  };
}

/** Stores the terms of a peer; undefined removes them. */
export async function writeOcm(trx: Transaction, id: PeerId, terms: OcmTerms | undefined): Promise<void> {
  if (terms === undefined) {
    await trx('peer_ocm').where({ peer_id: id }).delete();
    return;
  }
  const columns = {
    ...placeColumns(terms),
    ...mannerColumns(terms.manner),
    ...foundColumns(terms.found),
    ocm_signs_since: terms.signsSince ?? null,
  };
  await trx('peer_ocm')
    .insert({ peer_id: id, ...columns })
    .onConflict('peer_id')
    .merge(columns);
}

/**
 * Stores changed terms. Since when the peer signs is noted by whoever verifies, meanwhile too, and holds for one server
 * only.
 */
export async function changeOcm(
  trx: Transaction,
  { id, ocm: before }: Pick<Peer, 'id' | 'ocm'>,
  after: OcmTerms | undefined,
): Promise<void> {
  if (before === undefined || after === undefined) return writeOcm(trx, id, after);
  const isMoved = before.host !== after.host || before.path !== after.path;
  const news = { ...foundColumns(after.found), ocm_signs_since: null };
  const columns = { ...placeColumns(after), ...(isMoved ? news : {}) };
  const isSameManner = JSON.stringify(before.manner) === JSON.stringify(after.manner);
  const manner = isSameManner ? {} : mannerColumns(after.manner);
  await trx('peer_ocm')
    .where({ peer_id: id })
    .update({ ...columns, ...manner });
}

/** The columns of how shares are written. */
export function mannerColumns({ shape, uri, folder }: OcmManner): Partial<OcmColumns> {
  return { ocm_shape: shape ?? null, ocm_uri: uri ?? null, ocm_folder: folder ?? null };
}

/** The columns of what was found. */
export function foundColumns({ keepsList, key, keyChangedAt }: OcmFound): Partial<OcmColumns> {
  return { ocm_keeps_list: keepsList, ocm_key: key ?? null, ocm_key_changed_at: keyChangedAt ?? null };
}

function placeColumns(terms: OcmTerms): Partial<OcmColumns> {
  return {
    ocm_host: terms.host,
    ocm_path: terms.path,
    ocm_is_plain: terms.isPlain,
    ocm_signatures: terms.signatures ?? null,
    ocm_accepts_alone: terms.acceptsAlone,
    ocm_exchanges_tokens: terms.exchangesTokens,
    ocm_legacy_notifications: terms.legacyNotifications,
    ocm_is_met: terms.isMet,
  };
}
