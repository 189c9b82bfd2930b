import type { Accounts } from '../accounts/index.js';
import { changeMember, lockTree, lockTrees, ownsFolder, type Member as Membership } from '../files/index.js';
import type { Grants } from '../grants/index.js';
import {
  Failure,
  HOUR,
  invalid,
  notFound,
  type AccountId,
  type Clock,
  type ItemId,
  type Permission,
} from '../kernel/index.js';
import type { Database, Limiter, Queries, Transaction } from '../platform/index.js';
import type { Notices, ToldTerms } from './notices.js';
import { ownShare } from './own-share.js';
import type { OutgoingShare } from './outgoing-share.js';
import type { OutgoingShares } from './outgoing-shares.js';
import type { ShareEvents } from './share-events.js';
import { isEnd } from './transitions.js';

/** Each change may be mailed to somebody (threat model MAI-02). */
const PER_OWNER = { acts: 60, per: HOUR };

/** What an owner changes of a share; what is absent stays as it is. */
export interface NewTerms {
  readonly permission?: Permission;
  /** The last moment, milliseconds; null: none any more. */
  readonly expiresAt?: number | null;
}

/** What changing needs from the rest of the house. */
export interface ChangingInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly limiter: Limiter;
  readonly accounts: Pick<Accounts, 'byId'>;
  readonly outgoing: OutgoingShares;
  readonly grants: Grants;
  readonly events: ShareEvents;
  readonly notices: Pick<Notices, 'memberChanged'>;
  readonly folderName: (q: Queries, folderId: ItemId) => Promise<string | undefined>;
}

/** The owner changes what somebody may do in a shared folder, and until when. */
export class Changing {
  readonly #in: ChangingInputs;

  constructor(inputs: ChangingInputs) {
    this.#in = inputs;
  }

  /**
   * Changes an outgoing share. In force with the commit: a write that was under way ends with 403 (AUT-03). The other
   * cloud learns it from its next probe or from our next refusal (cloudspaces-interop.md 10.2). `not-found` for somebody
   * else's share, `invalid` for a time that is over, `conflict` once the share has ended, `too-many` beyond 60 an hour.
   *
   * A proposal that a cloud holds unanswered (`sent`) may be changed too: its page goes on to show the old terms, but
   * a proposal grants nothing. The grant has the new terms, the first probe learns them before anything is mounted,
   * and the letter that tells the recipient of the folder names them. Refused, an owner who gave too much would have to
   * take everything back.
   */
  async change(actor: AccountId, outgoingId: string, terms: NewTerms): Promise<void> {
    await this.#admit(actor, terms);
    await this.#in.database.write(async (trx) => {
      const share = await ownShare(this.#in.outgoing, trx, actor, outgoingId);
      // Past its last moment the grant is dead already, and the other cloud may have found that out (CNV-01).
      if (isEnd(share.state) || this.#isOver(share)) throw new Failure('conflict', 'This share has already ended.');
      await this.#apply(trx, share, termsAfter(share, terms), actor);
    });
  }

  async #apply(trx: Transaction, share: OutgoingShare, terms: ToldTerms, actor: AccountId): Promise<void> {
    const note = changeNote(share, terms);
    if (note === '') return;
    // Waits for a write that is committing right now, so that none commits on the old terms after this one.
    await lockTree(trx, share.ownerId);
    const { chosen } = share;
    const outdated = chosen === undefined ? {} : { chosen: { ...chosen, isOutdated: true } };
    const changed = await this.#in.outgoing.amend(trx, share, { ...terms, ...outdated });
    if (changed === undefined) throw new Failure('conflict', 'This share is changing. Please try again.');
    await this.#in.grants.change(trx, share.id, terms);
    await this.#in.events.noteAct(trx, 'outgoing', share, { event: 'change', actor, note });
  }

  /** Changes a membership of this cloud, likewise at once, and tells the member. Throws like {@link change}. */
  async changeMember(actor: AccountId, folderId: ItemId, memberId: AccountId, terms: NewTerms): Promise<void> {
    await this.#admit(actor, terms);
    await this.#in.database.write(async (trx) => {
      await lockTrees(trx, [actor, memberId]);
      if (!(await ownsFolder(trx, actor, folderId))) throw notFound();
      const change = await changeMember(trx, folderId, memberId, terms);
      if (change === undefined) throw notFound('This person is no longer a member of the folder.');
      if (changeNote(change.before, change.after) !== '') await this.#tellMember(trx, actor, change.after);
    });
  }

  async #tellMember(trx: Transaction, ownerId: AccountId, member: Membership): Promise<void> {
    const owner = await this.#in.accounts.byId(ownerId, trx);
    const reader = await this.#in.accounts.byId(member.accountId, trx);
    const folderName = await this.#in.folderName(trx, member.folderId);
    if (owner === undefined || reader === undefined || folderName === undefined) return;
    const folder = { ownerName: owner.name, ownerEmail: owner.email, folderName };
    await this.#in.notices.memberChanged(trx, { to: reader.email, reader: reader.id }, folder, member);
  }

  #isOver({ expiresAt }: OutgoingShare): boolean {
    return expiresAt !== undefined && expiresAt <= this.#in.clock.now();
  }

  async #admit(actor: AccountId, { expiresAt }: NewTerms): Promise<void> {
    if (typeof expiresAt === 'number' && !(expiresAt > this.#in.clock.now())) {
      throw invalid('The last day must not be over yet. To end the share now, take the folder back.');
    }
    await this.#in.limiter.spend(`change:${actor}`, PER_OWNER);
  }
}

function termsAfter(share: ToldTerms, { permission, expiresAt }: NewTerms): ToldTerms {
  return {
    permission: permission ?? share.permission,
    expiresAt: expiresAt === undefined ? share.expiresAt : (expiresAt ?? undefined),
  };
}

/** The change in the words of the log; empty when nothing changes. */
export function changeNote(before: ToldTerms, after: ToldTerms): string {
  const day = (at: number | undefined): string => (at === undefined ? 'none' : new Date(at).toISOString());
  const parts = [
    ...(before.permission === after.permission ? [] : [`${before.permission} to ${after.permission}`]),
    ...(before.expiresAt === after.expiresAt
      ? []
      : [`last moment ${day(before.expiresAt)} to ${day(after.expiresAt)}`]),
  ];
  return parts.join(', ');
}
