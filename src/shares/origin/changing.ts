import type { Accounts } from '../../accounts/index.js';
import { changeMember, lockTree, lockTrees, ownsFolder, type LocalMember as Membership } from '../../files/index.js';
import type { Grants } from '../../grants/index.js';
import { Failure, HOUR, invalid, notFound, type AccountId, type Clock, type ItemId } from '../../kernel/index.js';
import type { Database, Limiter, Queries, Transaction } from '../../platform/index.js';
import { parseComment } from '../agreement/comment.js';
import type { Notices } from '../letters/notices.js';
import { termsChanged } from '../rules/origin.js';
import { changeNote, termsAfter, type NewTerms, type ToldTerms } from '../rules/terms.js';
import { ownShare } from '../records/own-share.js';
import type { OutgoingShare } from '../agreement/outgoing-share.js';
import type { OutgoingShares } from '../records/outgoing-shares.js';
import type { ShareEvents } from '../records/share-events.js';
import type { OriginSteps } from './origin-steps.js';
import { isEnd } from '../agreement/transitions.js';

/** Each change may be mailed to somebody (threat model MAI-02). */
const PER_OWNER = { acts: 60, per: HOUR };

/** What changing needs from other rooms. */
export interface ChangingInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly limiter: Limiter;
  readonly accounts: Pick<Accounts, 'byId'>;
  readonly outgoing: OutgoingShares;
  readonly grants: Grants;
  readonly events: ShareEvents;
  readonly notices: Pick<Notices, 'memberChanged'>;
  readonly origin: Pick<OriginSteps, 'apply'>;
  readonly folderName: (q: Queries, folderId: ItemId) => Promise<string | undefined>;
}

/** Changes what somebody may do in a shared folder and until when, on the owner's order. */
export class Changing {
  readonly #in: ChangingInputs;

  constructor(inputs: ChangingInputs) {
    this.#in = inputs;
  }

  /**
   * Changes an outgoing share. It takes effect with the commit: a write that was under way ends with 403 (AUT-03). The
   * other cloud learns it from its next probe or from our next refusal (cloudspaces-interop.md 10.2). `not-found` for
   * somebody else's share, `invalid` for a time that is over, `conflict` once the share has ended, `too-many` beyond 60
   * an hour.
   *
   * A proposal that waits for an answer in another cloud (`sent`) may be changed too. Its page goes on to show the old
   * terms, but a proposal grants nothing: the grant has the new terms, the first probe reads them before anything is
   * mounted, and the letter to the recipient names them. If this were refused, an owner who gave too much would have to
   * withdraw the share.
   */
  async change(actor: AccountId, outgoingId: string, terms: NewTerms): Promise<void> {
    this.#check(terms);
    await this.#in.database.write(async (trx) => {
      const share = await ownShare(this.#in.outgoing, trx, actor, outgoingId);
      // After its expiry the grant has ended already, and the other cloud may have noticed (CNV-01).
      if (isEnd(share.state) || this.#isOver(share)) throw new Failure('conflict', 'This share has already ended.');
      await this.amend(trx, share, terms, actor);
    });
  }

  /**
   * Changes an open share in the caller's transaction; answers false, and counts nothing, when the terms are the same
   * already.
   */
  async amend(
    trx: Transaction,
    share: OutgoingShare,
    wanted: NewTerms & { readonly comment?: string },
    actor: AccountId,
  ): Promise<boolean> {
    const terms = termsAfter(share, wanted);
    const comment = wanted.comment === undefined ? share.comment : parseComment(wanted.comment);
    if (changeNote(share, terms) === '' && comment === share.comment) return false;
    await this.#in.limiter.spend(`change:${actor}`, PER_OWNER, trx);
    await this.#apply(trx, comment === share.comment ? share : await this.#reworded(trx, share, comment), terms, actor);
    return true;
  }

  /** Changes the comment, which the invitation page shows from now on; mails that were sent stay as they are. */
  async #reworded(trx: Transaction, share: OutgoingShare, comment: string): Promise<OutgoingShare> {
    const reworded = await this.#in.outgoing.amend(trx, share, { comment });
    if (reworded === undefined) throw isChanging();
    return reworded;
  }

  async #apply(trx: Transaction, share: OutgoingShare, terms: ToldTerms, actor: AccountId): Promise<void> {
    const note = changeNote(share, terms);
    if (note === '') return;
    // Waits for a write that is committing at this moment, so that none commits under the old terms after this.
    await lockTree(trx, share.ownerId);
    const { chosen } = share;
    const outdated = chosen === undefined ? {} : { chosen: { ...chosen, isOutdated: true } };
    const changed = await this.#in.outgoing.amend(trx, share, { ...terms, ...outdated });
    if (changed === undefined) throw isChanging();
    await this.#in.grants.change(trx, share.id, terms);
    if (changed.permission !== share.permission)
      await this.#in.origin.apply(trx, changed, termsChanged(changed, this.#in.clock.now()), actor);
    await this.#in.events.noteAct(trx, 'outgoing', share, { event: 'change', actor, note });
  }

  /** Changes a membership of this cloud with immediate effect, and tells the member. Throws like {@link change}. */
  async changeMember(actor: AccountId, folderId: ItemId, memberId: AccountId, terms: NewTerms): Promise<void> {
    this.#check(terms);
    await this.#in.database.write(async (trx) => {
      await lockTrees(trx, [actor, memberId]);
      if (!(await ownsFolder(trx, actor, folderId))) throw notFound();
      const changed = await this.amendMember(trx, actor, { folderId, accountId: memberId }, terms);
      if (changed === undefined) throw notFound('This person is no longer a member of the folder.');
    });
  }

  /**
   * Changes a membership in the caller's transaction, which has locked both trees. Answers false, and counts nothing,
   * when the terms are the same already; undefined when there is no membership.
   */
  async amendMember(
    trx: Transaction,
    actor: AccountId,
    { folderId, accountId }: Pick<Membership, 'folderId' | 'accountId'>,
    terms: NewTerms,
  ): Promise<boolean | undefined> {
    const change = await changeMember(trx, folderId, accountId, { ...terms, now: this.#in.clock.now() });
    if (change === undefined) return undefined;
    if (changeNote(change.before, change.after) === '') return false;
    await this.#in.limiter.spend(`change:${actor}`, PER_OWNER, trx);
    await this.#tellMember(trx, actor, change.after);
    return true;
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

  #check({ expiresAt }: NewTerms): void {
    if (typeof expiresAt === 'number' && !(expiresAt > this.#in.clock.now())) {
      throw invalid('The last day must not be over yet. To end the share now, take the folder back.');
    }
  }
}

function isChanging(): Failure {
  return new Failure('conflict', 'This share is changing. Please try again.');
}
