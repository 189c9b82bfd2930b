import type { Account } from '../../../accounts/index.js';
import { Failure, HOUR, invalid, isFailure, type AccountId } from '../../../kernel/index.js';
import { tryForeignJson, type Database, type Limiter, type OutboundAnswer } from '../../../platform/index.js';
import { acceptanceBody, readInviter, type InvitedPerson } from '../invites/acceptance.js';
import type { Invite } from '../invites/invite-string.js';
import type { KnownServers } from '../servers/known-servers.js';
import type { OcmWire } from '../wire/ocm-wire.js';
import { parseServer, printServer, type OcmAddress, type OcmServer } from '../wording/address.js';
import type { ContactBook } from './contact-book.js';
import { ownPerson } from './contact-invites.js';

/** What {@link Meeting} needs. */
export interface MeetingParts {
  readonly database: Database;
  readonly limiter: Pick<Limiter, 'spend'>;
  readonly wire: Pick<OcmWire, 'post'>;
  readonly servers: Pick<KnownServers, 'recordOf'>;
  /** This cloud. */
  readonly own: OcmServer;
  /** True for the server of an unblocked peer, and for every other where this cloud is open to all but the blocked. */
  readonly isTrusted: (host: string) => Promise<boolean>;
  readonly book: ContactBook;
}

/** Limit of acceptances by one person: each one makes us ask another server. */
const ACCEPTANCES = { acts: 20, per: HOUR };
/** Limit of look-ups from the page of one invitation: each makes us ask a server that a stranger has named. */
const WAYS = { acts: 20, per: HOUR, ofStrangers: true };

/**
 * The part of invitations for which other servers are asked: accepting one, and finding the page of the invited
 * person's own cloud.
 */
export class Meeting {
  readonly #parts: MeetingParts;

  constructor(parts: MeetingParts) {
    this.#parts = parts;
  }

  /**
   * Accepts an invitation for a person of this cloud; answers the name of the person who made it. Throws `invalid` for
   * an invitation that its server does not know, or that this cloud itself made, and where one cloud does not trust the
   * other; `conflict` for one that was used, and for somebody who is a contact already; `too-many`; and what
   * `OcmWire.post` throws.
   */
  async accept(account: Account, { token, server }: Invite): Promise<string> {
    const { limiter, wire, own } = this.#parts;
    if (server.host === own.host)
      throw invalid('This invitation is of this cloud itself. It is for people of other clouds.');
    await this.#requireTrust(server);
    await limiter.spend(`ocm-acceptances:${account.id}`, ACCEPTANCES);
    const who = ownPerson(account, own);
    const answer = await wire.post(server, 'invite-accepted', acceptanceBody(token, printServer(own), who));
    const inviter = inviterIn(answer, server);
    await this.#keep(account.id, inviter, who.userId);
    return inviter.name ?? inviter.address.id;
  }

  /**
   * The address of the page at somebody's own cloud on which they accept an invitation of this one. `typed` is what
   * they entered as the address of their cloud. Throws `invalid` for what is no server, a server that is not trusted,
   * and one without such a page; `too-many`; and what `KnownServers.recordOf` throws.
   */
  async wayTo(token: string, typed: string): Promise<URL> {
    const { page } = await this.look(token, typed);
    if (page !== undefined) return page;
    throw invalid(
      'That cloud has no page for invitations. Copy the text of the invitation there, if it has a place for it.',
    );
  }

  /**
   * The cloud that somebody names as theirs, and its page for an invitation of this one, where it says that it has such a page.
   * Throws as {@link wayTo} does.
   */
  async look(token: string, typed: string): Promise<{ readonly server: OcmServer; readonly page: URL | undefined }> {
    const { limiter, servers, own } = this.#parts;
    const server = parseServer(typed.trim());
    if (server === undefined) throw invalid('This is no address of a cloud. It looks like cloud.example.');
    if (server.host === own.host)
      throw invalid('You are invited by this very cloud. Name the one in which your files are.');
    await this.#requireTrust(server);
    await limiter.spend(`ocm-ways:${token}`, WAYS);
    const { inviteAcceptDialog } = await servers.recordOf(server);
    if (inviteAcceptDialog === undefined) return { server, page: undefined };
    const page = new URL(inviteAcceptDialog);
    page.searchParams.append('token', token);
    page.searchParams.append('providerDomain', printServer(own));
    return { server, page };
  }

  async #requireTrust({ host }: OcmServer): Promise<void> {
    if (await this.#parts.isTrusted(host)) return;
    throw new Failure(
      'invalid',
      'This cloud does not share with that server yet. The administrator of this cloud can connect the two.',
    );
  }

  /** Adds the contact, unless the two have met already: the invitation is used up in any case. */
  async #keep(accountId: AccountId, { address, userId, name, email }: Inviter, ownUserId: string): Promise<void> {
    const { database, book } = this.#parts;
    await database.write(async (trx) => {
      if ((await book.find(accountId, address, trx)) !== undefined) return;
      await book.add(trx, accountId, { address, userId, name, email, ownUserId });
    });
  }
}

type Inviter = InvitedPerson & { readonly address: OcmAddress };

function inviterIn(answer: OutboundAnswer, server: OcmServer): Inviter {
  if (answer.status !== 200 && answer.status !== 201) throw refusedBy(answer.status);
  try {
    return readInviter(tryForeignJson(answer.body), printServer(server));
  } catch (cause) {
    if (!isFailure(cause, 'invalid')) throw cause;
    throw new Failure('peer-failed', 'The other cloud has taken your answer, but does not say who invited you.', {
      cause,
    });
  }
}

/** Servers differ in how they say no (open-cloud-mesh.md 7). */
function refusedBy(status: number): Failure {
  const detail = `answered ${String(status)}`;
  switch (status) {
    case 400:
    case 404:
      return new Failure(
        'invalid',
        'The other cloud does not know this invitation, or its time is up. Ask for a new one.',
        { detail },
      );
    case 401:
    case 403:
      return new Failure(
        'invalid',
        'The other cloud does not take people of this one. Its administrator can change that.',
        { detail },
      );
    case 409:
      return new Failure('conflict', 'This invitation was used already, or the two of you know each other.', {
        detail,
      });
    case 501:
      return new Failure('invalid', 'The other cloud does not offer invitations.', { detail });
    default:
      return new Failure('peer-failed', 'The other cloud could not take your answer. Try again later.', { detail });
  }
}
