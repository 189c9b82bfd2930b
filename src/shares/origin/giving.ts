import type { Account } from '../../accounts/index.js';
import { addMember, type Item } from '../../files/index.js';
import { foldEmail, type Clock, type Email } from '../../kernel/index.js';
import type { Transaction } from '../../platform/index.js';
import type { Changing } from './changing.js';
import type { NewTerms } from '../rules/terms.js';
import type { Inviting, OfferTerms } from './inviting.js';
import type { OfferingAbroad, ServerRecipient } from './offering-abroad.js';
import type { Notices } from '../letters/notices.js';
import type { OutgoingShare } from '../agreement/outgoing-share.js';
import type { OutgoingShares } from '../records/outgoing-shares.js';
import type { ShareOutcome, ShareResult } from '../agreement/views.js';

/** The terms on which a folder is shared, and what changes for people who have it already. */
export interface GivingTerms extends OfferTerms {
  /**
   * New terms for people who have the folder; absent fields stay. Default: the terms of the offer, where an absent
   * expiry removes the old one.
   */
  readonly again?: NewTerms & { readonly comment?: string };
}

/** What giving needs from other rooms. */
export interface GivingInputs {
  readonly clock: Clock;
  readonly outgoing: Pick<OutgoingShares, 'openWith'>;
  readonly inviting: Pick<Inviting, 'spend' | 'propose'>;
  readonly offeringAbroad: Pick<OfferingAbroad, 'offer' | 'offerAgain'>;
  readonly changing: Pick<Changing, 'amend' | 'amendMember'>;
  readonly notices: Pick<Notices, 'memberJoined'>;
}

type Proposed = ShareResult['proposals'][number];

/** A folder and its owner. */
export interface Given {
  readonly owner: Account;
  readonly folder: Pick<Item, 'id' | 'name'>;
}

/** Shares a folder with people here and in other clouds, in one transaction that has locked their trees. */
export class Giving {
  readonly #in: GivingInputs;

  constructor(inputs: GivingInputs) {
    this.#in = inputs;
  }

  /** Makes people of this cloud members at once, and tells them (ruling F-24). */
  async toMembers(
    trx: Transaction,
    given: Given,
    accounts: readonly Account[],
    terms: GivingTerms,
  ): Promise<ShareResult['members']> {
    const members = [];
    for (const account of accounts) {
      const { name, email } = account;
      members.push({ name, email, outcome: await this.#toMember(trx, given, account, terms) });
    }
    return members;
  }

  async #toMember(trx: Transaction, given: Given, account: Account, terms: GivingTerms): Promise<ShareOutcome> {
    const { owner, folder } = given;
    const membership = { folderId: folder.id, accountId: account.id };
    const changed = await this.#in.changing.amendMember(trx, owner.id, membership, againOf(terms));
    if (changed !== undefined) return changed ? 'changed' : 'kept';
    const { permission, expiresAt } = terms;
    await addMember(trx, { ...membership, permission, expiresAt, joinedAt: this.#in.clock.now() });
    await this.#in.notices.memberJoined(
      trx,
      { to: account.email, reader: account.id },
      { ownerName: owner.name, ownerEmail: owner.email, folderName: folder.name },
      permission,
    );
    return 'new';
  }

  /** Invites people of other clouds, once each; if there is an open invitation, its terms are changed (ruling F-23). */
  async toStrangers(
    trx: Transaction,
    given: Given,
    addresses: readonly Email[],
    terms: GivingTerms,
  ): Promise<ShareResult['proposals']> {
    const giving = (email: Email, held: OutgoingShare | undefined): Promise<Proposed> =>
      this.#toStranger(trx, given, { email, held }, terms);
    return this.#toEach(
      trx,
      given,
      addresses.map((email) => [email, email] as const),
      giving,
    );
  }

  /** Whoever has no open share of the folder counts as invited; `give` is told which one the others hold. */
  async #toEach<Whom>(
    trx: Transaction,
    { owner, folder }: Given,
    whom: readonly (readonly [email: Email, whom: Whom])[],
    give: (whom: Whom, held: OutgoingShare | undefined) => Promise<Proposed>,
  ): Promise<ShareResult['proposals']> {
    const named = [];
    for (const [email, each] of whom) {
      named.push({ email, each, held: await this.#in.outgoing.openWith(trx, folder.id, foldEmail(email)) });
    }
    const invited = named.filter(({ held }) => held === undefined).map(({ email }) => email);
    await this.#in.inviting.spend(trx, owner.id, invited);
    const proposals = [];
    for (const { each, held } of named) proposals.push(await give(each, held));
    return proposals;
  }

  async #toStranger(
    trx: Transaction,
    { owner, folder }: Given,
    { email, held }: { readonly email: Email; readonly held: OutgoingShare | undefined },
    terms: GivingTerms,
  ): Promise<Proposed> {
    const { shareId, recipient, state } = held ?? (await this.#in.inviting.propose(trx, owner, folder, email, terms));
    const named = { shareId, email: recipient, state };
    if (held === undefined) return { ...named, outcome: 'new' };
    const changed = await this.#in.changing.amend(trx, held, againOf(terms), owner.id);
    return { ...named, outcome: changed ? 'changed' : 'kept' };
  }

  /**
   * Offers to people at servers of Open Cloud Mesh, once each; who has an open offer gets these terms, and is offered it again
   * if it was not taken before.
   */
  async toServers(
    trx: Transaction,
    given: Given,
    recipients: readonly ServerRecipient[],
    terms: GivingTerms,
  ): Promise<ShareResult['proposals']> {
    const named = recipients.map((recipient) => [recipient.clean as Email, recipient] as const);
    return this.#toEach(trx, given, named, (recipient, held) => this.#toServer(trx, given, { recipient, held }, terms));
  }

  async #toServer(
    trx: Transaction,
    { owner, folder }: Given,
    { recipient, held }: { readonly recipient: ServerRecipient; readonly held: OutgoingShare | undefined },
    terms: GivingTerms,
  ): Promise<Proposed> {
    const { offeringAbroad, changing, outgoing } = this.#in;
    const at = recipient.clean.slice(recipient.clean.lastIndexOf('@') + 1);
    if (held === undefined) {
      const { shareId, recipient: email, state } = await offeringAbroad.offer(trx, owner, folder, recipient, terms);
      return { shareId, email, state, outcome: 'new', at };
    }
    const changed = await changing.amend(trx, held, againOf(terms), owner.id);
    const now = (await outgoing.openWith(trx, folder.id, foldEmail(recipient.clean as Email))) ?? held;
    const isRefused = now.state === 'created';
    const {
      shareId,
      recipient: email,
      state,
    } = isRefused ? await offeringAbroad.offerAgain(trx, now, recipient, owner.id) : now;
    return { shareId, email, state, outcome: isRefused ? 'new' : changed ? 'changed' : 'kept', at };
  }
}

function againOf({ again, permission, expiresAt, comment }: GivingTerms): NonNullable<GivingTerms['again']> {
  return again ?? { permission, expiresAt: expiresAt ?? null, ...(comment === undefined ? {} : { comment }) };
}
