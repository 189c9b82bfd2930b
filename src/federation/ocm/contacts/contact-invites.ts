import type { Account } from '../../../accounts/index.js';
import {
  cutText,
  DAY,
  Failure,
  keepText,
  notFound,
  randomWord,
  type AccountId,
  type Clock,
  type Random,
} from '../../../kernel/index.js';
import type { Database, Queries, Sealer, Transaction } from '../../../platform/index.js';
import { personBody, type Acceptance, type OwnPerson, type PersonBody } from '../invites/acceptance.js';
import { formatInvite } from '../invites/invite-string.js';
import { printServer, type OcmServer } from '../wording/address.js';
import { ownAddress } from '../wording/own-address.js';
import { malformed } from '../wording/refusal.js';
import { knownAlready, type Contact, type ContactBook, type NewContact } from './contact-book.js';

/** What {@link ContactInvites} need. */
export interface ContactInvitesParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Pick<Sealer, 'digest'>;
  /** Where this cloud itself is. */
  readonly own: OcmServer;
  /** The web origin of the page that the link of an invitation opens. */
  readonly webOrigin: string;
  readonly accountById: (id: AccountId) => Promise<Account | undefined>;
  readonly book: ContactBook;
  readonly shares: MetShares;
}

/** The shares for which invitations are made, as {@link ContactInvites} see them. */
export interface MetShares {
  /** True while a share can still be offered to somebody. */
  readonly isOpen: (q: Queries, outgoingId: string) => Promise<boolean>;
  /** Offers a share to a contact of its owner; false when it is not open any more, and nothing has happened. */
  readonly offer: (trx: Transaction, outgoingId: string, to: Contact) => Promise<boolean>;
}

/** A share to whose invitee its owner is to be introduced. */
export interface IntroducedShare {
  readonly id: string;
  readonly ownerId: AccountId;
  /** Until when it can be offered, milliseconds. */
  readonly until: number;
}

/** A new invitation in its forms; one that a person has made is shown once and cannot be read back. */
export interface IssuedInvite {
  readonly token: string;
  /** This cloud, as it is typed beside a token. */
  readonly provider: string;
  /** The text for somebody who pastes it into a page of their cloud. */
  readonly text: string;
  /** The link for somebody who opens it in a browser: a page of this cloud that leads to theirs. */
  readonly link: string;
  /** Milliseconds. */
  readonly expiresAt: number;
}

/** An invitation that nobody has accepted yet. */
export interface OpenInvite {
  readonly id: string;
  /** For whom it is, as its maker noted; may be empty. */
  readonly note: string;
  /** Milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

interface InviteRow {
  readonly id: string;
  readonly account_id: AccountId;
  readonly digest: string;
  readonly note: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly accepted_at: number | null;
  /** The share for which it was made. */
  readonly outgoing_id: string | null;
}

/** How long an invitation can be accepted, and how long a used or expired one is kept. */
const LIFE = 14 * DAY;
const MEMORY = 90 * DAY;

/** Most open invitations of one person. */
const MOST_OPEN = 50;

const LONGEST_NOTE = 100;

/**
 * Invitations of people here to people at other clouds. Once one is accepted, both are contacts of each other
 * (open-cloud-mesh.md 7).
 */
export class ContactInvites {
  readonly #parts: ContactInvitesParts;

  constructor(parts: ContactInvitesParts) {
    this.#parts = parts;
  }

  /** Makes an invitation. Throws `conflict` when fifty of the person are open. */
  async make(accountId: AccountId, note: string): Promise<IssuedInvite> {
    const { database, clock, random } = this.#parts;
    const token = randomWord(random);
    const now = clock.now();
    await database.write(async (trx) => {
      if ((await this.#open(trx, accountId)).length >= MOST_OPEN)
        throw new Failure('conflict', 'There are fifty open invitations. Withdraw one that is not needed any more.');
      await trx('ocm_invites').insert({
        id: randomWord(random),
        account_id: accountId,
        digest: this.#digest(token),
        note: cutText(keepText(note, LONGEST_NOTE), { bytes: 4 * LONGEST_NOTE }),
        created_at: now,
        expires_at: now + LIFE,
        accepted_at: null,
        outgoing_id: null,
      });
    });
    return this.#issued(token, now + LIFE);
  }

  /**
   * The invitation of a share's owner for whoever has the letter about it: once it is accepted, the share is offered to them.
   * There is one for a share at a time, and asking again answers the same: its token is a keyed digest of its row, which the
   * database alone does not tell. It can be accepted as long as the share can be offered, for 14 days at most.
   */
  async ofShare(trx: Transaction, { id: outgoingId, ownerId, until }: IntroducedShare): Promise<IssuedInvite> {
    const { clock, random } = this.#parts;
    const now = clock.now();
    const mine = () => trx<InviteRow>('ocm_invites').where({ outgoing_id: outgoingId });
    await mine()
      .where((over) => {
        void over.where('expires_at', '<=', now).orWhereNotNull('accepted_at');
      })
      .delete();
    const id = randomWord(random);
    await trx('ocm_invites')
      .insert({
        id,
        account_id: ownerId,
        digest: this.#digest(this.#tokenOf(id)),
        note: '',
        created_at: now,
        expires_at: Math.min(now + LIFE, until),
        accepted_at: null,
        outgoing_id: outgoingId,
      })
      .onConflict('outgoing_id')
      .ignore();
    const open = await mine().first();
    if (open === undefined) throw new Failure('conflict', 'This share is changing. Please try again.');
    return this.#issued(this.#tokenOf(open.id), open.expires_at);
  }

  /** The token of the invitation of a share. */
  #tokenOf(id: string): string {
    return this.#parts.sealer.digest(id, 'ocm-invite-of-share');
  }

  #issued(token: string, expiresAt: number): IssuedInvite {
    const { own, webOrigin } = this.#parts;
    const provider = printServer(own);
    return {
      token,
      provider,
      text: formatInvite(token, provider),
      link: `${webOrigin}/ocm/wayf?token=${token}`,
      expiresAt,
    };
  }

  /** The open invitations that a person has made, the newest first. Those for shares end with them, and are not among these. */
  async list(accountId: AccountId): Promise<OpenInvite[]> {
    const rows = await this.#open(this.#parts.database.read, accountId);
    return rows.map(({ id, note, created_at: createdAt, expires_at: expiresAt }) => ({
      id,
      note,
      createdAt,
      expiresAt,
    }));
  }

  /** Withdraws an invitation that nobody has accepted. Throws `not-found`. */
  async withdraw(accountId: AccountId, id: string): Promise<void> {
    const { database } = this.#parts;
    const mine = { id, account_id: accountId, accepted_at: null, outgoing_id: null };
    const gone = await database.write((trx) => trx('ocm_invites').where(mine).delete());
    if (gone === 0) throw notFound('There is no such invitation.');
  }

  /**
   * The person who made an open invitation. Throws `not-found` for an unknown token, and for one that has expired or
   * was used.
   */
  async inviter(token: string): Promise<Account> {
    const { database, accountById } = this.#parts;
    const row = await this.#byToken(database.read, token);
    const isOpen = row !== undefined && (await this.#isOpen(row));
    const account = isOpen ? await accountById(row.account_id) : undefined;
    if (account === undefined || account.disabled) throw notFound('This invitation is over. Ask for a new one.');
    return account;
  }

  async #isOpen({ accepted_at: accepted, expires_at: until, outgoing_id: share }: InviteRow): Promise<boolean> {
    const { database, clock, shares } = this.#parts;
    if (accepted !== null || until <= clock.now()) return false;
    return share === null || shares.isOpen(database.read, share);
  }

  /**
   * Accepts an invitation for somebody at another server, whose server says so (open-cloud-mesh.md 7); answers who made
   * it. The share for which it was made is offered to them with the same commit. Throws a refusal with status 400 for an
   * unknown or expired token, and for one whose share has ended, `conflict` for one that was used, and for somebody who is
   * a contact already; they are offered the share all the same.
   */
  async accept(acceptance: Acceptance): Promise<PersonBody> {
    const { database, clock, accountById, own, book } = this.#parts;
    const { token } = acceptance;
    const known = await this.#byToken(database.read, token);
    const account = known === undefined ? undefined : await accountById(known.account_id);
    if (account === undefined || account.disabled) throw unknown();
    const who = ownPerson(account, own);
    const isNew = await database.write(async (trx) => {
      const now = clock.now();
      const row = await this.#byToken(trx, token);
      if (row === undefined || (row.accepted_at === null && row.expires_at <= now)) throw unknown();
      const open = { id: row.id, accepted_at: null };
      if ((await trx('ocm_invites').where(open).update({ accepted_at: now })) === 0)
        throw new Failure('conflict', 'This invitation was accepted already.');
      const contact = { ...acceptance, ownUserId: who.userId };
      if (row.outgoing_id === null) await book.add(trx, account.id, contact);
      return row.outgoing_id === null || this.#introduce(trx, account.id, contact, row.outgoing_id);
    });
    if (!isNew) throw knownAlready(acceptance);
    return personBody(who);
  }

  /** Adds the contact, if it is none yet, and offers them the share; answers whether it is a new one. */
  async #introduce(trx: Transaction, ownerId: AccountId, contact: NewContact, outgoingId: string): Promise<boolean> {
    const { book, shares } = this.#parts;
    const known = await book.find(ownerId, contact.address, trx);
    if (known === undefined) await book.add(trx, ownerId, contact);
    const met = known ?? (await book.find(ownerId, contact.address, trx));
    if (met === undefined || !(await shares.offer(trx, outgoingId, met))) throw unknown();
    return known === undefined;
  }

  /** Deletes invitations that expired long ago. */
  async sweep(): Promise<void> {
    const { database, clock } = this.#parts;
    const before = clock.now() - MEMORY;
    await database.write((trx) => trx('ocm_invites').where('expires_at', '<', before).delete());
  }

  async #open(q: Queries, accountId: AccountId): Promise<InviteRow[]> {
    const open = q<InviteRow>('ocm_invites').where({ account_id: accountId, accepted_at: null, outgoing_id: null });
    return open
      .where('expires_at', '>', this.#parts.clock.now())
      .orderBy([{ column: 'created_at', order: 'desc' }, 'id'])
      .select('*');
  }

  async #byToken(q: Queries, token: string): Promise<InviteRow | undefined> {
    return q<InviteRow>('ocm_invites')
      .where({ digest: this.#digest(token) })
      .first();
  }

  #digest(token: string): string {
    return this.#parts.sealer.digest(token, 'ocm-invite');
  }
}

/** What other servers are told of somebody of this cloud. */
export function ownPerson({ email, name }: Pick<Account, 'email' | 'name'>, own: OcmServer): OwnPerson {
  return { userId: ownAddress(email, own).id, email, name };
}

function unknown(): Failure {
  return malformed([{ name: 'token', message: 'UNKNOWN' }]);
}
