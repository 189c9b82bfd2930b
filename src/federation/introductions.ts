import type { Database, Queries } from '../platform/index.js';
import type { OutgoingShare } from '../shares/index.js';
import type { ContactInvites, IssuedInvite, Meeting, OcmServer } from './ocm/index.js';

/** What {@link Introductions} need. */
export interface IntroductionInputs {
  readonly database: Database;
  readonly contacts: {
    readonly invites: Pick<ContactInvites, 'ofShare'>;
    readonly meeting: Pick<Meeting, 'look'>;
  };
  /** The share behind the link of a letter while it waits for a choice; throws as `Invitations.awaiting` does. */
  readonly awaiting: (q: Queries, token: string) => Promise<OutgoingShare>;
}

/** How an invitee comes to know the owner of a share at their cloud. */
export interface Introduction {
  readonly invite: IssuedInvite;
  readonly server: OcmServer;
  /** The page of their cloud on which they accept the invitation; undefined when it names none. */
  readonly page: URL | undefined;
}

/** Introduces the invitee of a share to its owner, where their cloud takes shares of contacts alone (open-cloud-mesh.md 7). */
export class Introductions {
  readonly #in: IntroductionInputs;

  constructor(inputs: IntroductionInputs) {
    this.#in = inputs;
  }

  /**
   * Makes the invitation of the share behind a letter's link, or finds the one that was made before, and looks up the cloud that
   * the invitee names. Throws `not-found` and `conflict` as `Invitations.awaiting` does, and what `Meeting.look` throws; the
   * invitation is there then all the same.
   */
  async lead(token: string, cloud: string): Promise<Introduction> {
    const { database, contacts, awaiting } = this.#in;
    const invite = await database.write(async (trx) => {
      const { id, ownerId, expiresAt = Infinity, invitationExpiresAt } = await awaiting(trx, token);
      const until = Math.min(invitationExpiresAt, expiresAt);
      return contacts.invites.ofShare(trx, { id, ownerId, until });
    });
    return { invite, ...(await contacts.meeting.look(invite.token, cloud)) };
  }
}
