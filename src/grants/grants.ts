import {
  itemIdOf,
  randomWord,
  type AccountId,
  type Clock,
  type GrantPrincipal,
  type ItemId,
  type PeerId,
  type Permission,
  type Random,
} from '../kernel/index.js';
import { rowsOf, type Queries, type Sealer, type Transaction } from '../platform/index.js';

/** Credentials that open exactly one shared folder, for one peer. */
export interface Grant {
  readonly id: string;
  readonly outgoingId: string;
  readonly peerId: PeerId;
  readonly token: string;
  readonly secret: string;
  readonly ownerId: AccountId;
  readonly folderId: ItemId;
  readonly permission: Permission;
  /** Milliseconds. */
  readonly expiresAt: number | undefined;
}

const TERMS_NOW = 'select permission, expires_at from grants where id = ? and killed_at is null';

/** What a grant is minted for. */
export type GrantTerms = Omit<Grant, 'id' | 'token' | 'secret'>;

interface GrantRow {
  id: string;
  outgoing_id: string;
  peer_id: string;
  token: string;
  secret: string;
  owner_id: string;
  folder_id: number;
  permission: Permission;
  expires_at: number | null;
}

/**
 * Mints, finds and ends grants. The secret of an ended grant is erased; its row stays, so that it is never minted
 * again.
 */
export class Grants {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #sealer: Sealer;

  constructor(inputs: { clock: Clock; random: Random; sealer: Sealer }) {
    this.#clock = inputs.clock;
    this.#random = inputs.random;
    this.#sealer = inputs.sealer;
  }

  /** The live grant of an outgoing share, made now if there is none: never two (threat model CRD-08). */
  async mint(trx: Transaction, terms: GrantTerms): Promise<Grant> {
    const existing = await this.ofShare(trx, terms.outgoingId);
    if (existing !== undefined) return existing;
    const grant: Grant = {
      ...terms,
      id: randomWord(this.#random),
      token: randomWord(this.#random),
      secret: randomWord(this.#random, 43),
    };
    await trx('grants').insert({
      id: grant.id,
      outgoing_id: grant.outgoingId,
      peer_id: grant.peerId,
      token: grant.token,
      secret: this.#sealer.seal(grant.secret, sealContext(grant.id)),
      owner_id: grant.ownerId,
      folder_id: grant.folderId,
      permission: grant.permission,
      expires_at: grant.expiresAt ?? null,
      created_at: this.#clock.now(),
    });
    return grant;
  }

  /** The live grant of an outgoing share. */
  async ofShare(q: Queries, outgoingId: string): Promise<Grant | undefined> {
    return this.#read(await q<GrantRow>('grants').where({ outgoing_id: outgoingId }).whereNull('killed_at').first());
  }

  /** The live, unexpired grant with this token that was given to this peer (threat model OAU-14). */
  async find(q: Queries, peerId: PeerId, token: string): Promise<Grant | undefined> {
    const row = await q<GrantRow>('grants').where({ token, peer_id: peerId }).whereNull('killed_at').first();
    return row === undefined || this.#isOver(row.expires_at) ? undefined : this.#read(row);
  }

  /** The peer that a grant was given to, also an ended one. */
  async peerOf(q: Queries, grantId: string): Promise<PeerId | undefined> {
    const row = await q<GrantRow>('grants').where({ id: grantId }).first('peer_id');
    return row?.peer_id as PeerId | undefined;
  }

  /** The account, or the peer of the grant, behind the word for a principal (`actorOf`). */
  async holderOf(q: Queries, actor: string): Promise<string> {
    const [kind, id = ''] = actor.split(':', 2);
    return kind === 'grant' ? ((await this.peerOf(q, id)) ?? id) : id;
  }

  /** Ends the grants of an outgoing share with the caller's transaction: no request succeeds after its commit (CNV-02). */
  async kill(trx: Transaction, outgoingId: string): Promise<void> {
    await trx('grants')
      .where({ outgoing_id: outgoingId })
      .whereNull('killed_at')
      .update({ killed_at: this.#clock.now(), secret: '' });
  }

  /** Changes what the live grant of an outgoing share allows, if there is one: in force with the caller's commit (AUT-03). */
  async change(trx: Transaction, outgoingId: string, terms: Pick<Grant, 'permission' | 'expiresAt'>): Promise<void> {
    await trx('grants')
      .where({ outgoing_id: outgoingId })
      .whereNull('killed_at')
      .update({ permission: terms.permission, expires_at: terms.expiresAt ?? null });
  }

  /** What a grant allows right now; undefined once it is dead (G4: asked again at the moment of effect). */
  async termsNow(
    q: Queries,
    principal: GrantPrincipal,
  ): Promise<{ permission: Permission; expiresAt: number | undefined } | undefined> {
    const [row] = await rowsOf<Pick<GrantRow, 'permission' | 'expires_at'>>(q, TERMS_NOW, [principal.grantId]);
    if (row === undefined || this.#isOver(row.expires_at)) return undefined;
    return { permission: row.permission, expiresAt: row.expires_at ?? undefined };
  }

  #isOver(expiresAt: number | null): boolean {
    return expiresAt !== null && expiresAt <= this.#clock.now();
  }

  #read(row: GrantRow | undefined): Grant | undefined {
    if (row === undefined) return undefined;
    return {
      id: row.id,
      outgoingId: row.outgoing_id,
      peerId: row.peer_id as PeerId,
      token: row.token,
      secret: this.#sealer.open(row.secret, sealContext(row.id)),
      ownerId: row.owner_id as AccountId,
      folderId: itemIdOf(row.folder_id),
      permission: row.permission,
      expiresAt: row.expires_at ?? undefined,
    };
  }
}

/** The principal that a request signed with this grant acts as. */
export function principalOf(grant: Grant): GrantPrincipal {
  return {
    kind: 'grant',
    grantId: grant.id,
    ownerId: grant.ownerId,
    folderId: grant.folderId,
    permission: grant.permission,
    expiresAt: grant.expiresAt,
  };
}

function sealContext(grantId: string): string {
  return `grants.secret:${grantId}`;
}
