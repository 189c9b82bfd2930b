import type { MessageSigner } from '../../http-signatures/index.js';
import { Failure, type PeerId } from '../../kernel/index.js';
import type { Peer } from '../../peers/index.js';
import type { Database } from '../../platform/index.js';
import type {
  AnswersAbroad,
  Endings,
  IncomingShare,
  IncomingShares,
  Mounting,
  OutgoingShare,
  OutgoingShares,
  OwnSecrets,
  Receiving,
} from '../../shares/index.js';
import { isOcm } from '../../shares/index.js';
import {
  OcmRefusal,
  type ContactBook,
  type NotificationType,
  type OcmServer,
  type ReceivedNotification,
} from '../ocm/index.js';
import type { Hints } from './hints.js';

/** What {@link ArrivingNotifications} need. */
export interface ArrivingNotificationsInputs {
  readonly database: Database;
  readonly outgoing: Pick<OutgoingShares, 'byShareId'>;
  readonly incoming: Pick<IncomingShares, 'namedByOcm'>;
  readonly ownSecrets: Pick<OwnSecrets, 'isSecretOf'>;
  readonly receiving: Pick<Receiving, 'isSecretOf'>;
  readonly answersAbroad: Pick<AnswersAbroad, 'hear'>;
  readonly endings: Pick<Endings, 'hearIncoming'>;
  readonly mounting: Pick<Mounting, 'permitted'>;
  readonly hints: Hints;
  readonly peerById: (id: PeerId) => Promise<Peer | undefined>;
  /** Whom people here know elsewhere. */
  readonly book: Pick<ContactBook, 'homesOf' | 'forget'>;
}

/** One half of a share that a notification may be about. */
type Candidate = { readonly peer: Peer; readonly hasSecret: boolean } & (
  | { readonly direction: 'outgoing'; readonly share: OutgoingShare }
  | { readonly direction: 'incoming'; readonly share: IncomingShare }
);

/** What is done for a notification that is about a known half of a share, and proven. */
type Deed = (
  candidate: Candidate,
  inputs: ArrivingNotificationsInputs,
  told: ReceivedNotification,
) => Promise<void> | void;

/** Does what the notifications of other servers ask for (open-cloud-mesh.md 6). */
export class ArrivingNotifications {
  readonly #in: ArrivingNotificationsInputs;

  constructor(inputs: ArrivingNotificationsInputs) {
    this.#in = inputs;
  }

  /**
   * The servers whose notification it may be: those of the shares, or of the people, that it may be about. None when
   * the id is unknown, or the secret is that of no such share: then no signature could prove it either.
   */
  async serversOf(told: ReceivedNotification): Promise<readonly OcmServer[]> {
    if (told.type === 'USER_REMOVED') return this.#in.book.homesOf(told.providerId);
    const meant = (await this.#candidates(told)).filter(({ hasSecret }) => hasSecret || told.secret === undefined);
    const servers = meant.flatMap(({ peer }) => peer.ocm ?? []);
    return [...new Map(servers.map((server) => [server.host, server])).values()];
  }

  /**
   * Does what a notification asks for. Throws `forbidden`, always with the same text and without a trace, for an
   * unknown id, a wrong secret, and a share with another server (OCM-05); `conflict` for an answer that contradicts the
   * one before; a refusal with status 501 for types that nothing is done about here. `source`: the client's address, by which {@link Hints} are known.
   */
  async take(told: ReceivedNotification, signer: MessageSigner | undefined, source?: string): Promise<void> {
    if (told.type === 'USER_REMOVED') return this.#forget(told.providerId, signer);
    const candidates = await this.#candidates(told);
    const proven = candidates.filter((each) => isProven(each, told, signer));
    const about = proven.find(({ direction }) => DIRECTIONS[told.type].includes(direction));
    if (about === undefined) return this.#hinted(candidates, told, { signer, source });
    await DEEDS[told.type](about, this.#in, told);
  }

  async #hinted(
    candidates: readonly Candidate[],
    { type, secret }: ReceivedNotification,
    { signer, source }: { readonly signer: MessageSigner | undefined; readonly source: string | undefined },
  ): Promise<void> {
    const isBare = signer === undefined && secret === undefined;
    for (const each of isBare ? candidates : []) {
      if (each.direction === 'outgoing' || !(await this.#in.hints.counts(type, each.peer, source))) continue;
      return this.#in.hints.follow(each.share);
    }
    throw unknownShare();
  }

  /** Forgets a contact who is gone at their own server. Only a signature proves it, since people share no secret. */
  async #forget(userId: string, signer: MessageSigner | undefined): Promise<void> {
    if (signer === undefined || (await this.#in.book.forget(signer.host, userId)) === 0) throw unknownShare();
  }

  /** The halves with this id, of outgoing and incoming shares. If the secret fits one of them, only that one. */
  async #candidates({ providerId, secret }: ReceivedNotification): Promise<Candidate[]> {
    const { read } = this.#in.database;
    const given = await this.#in.outgoing.byShareId(read, providerId);
    const taken = await this.#in.incoming.namedByOcm(read, providerId);
    const all = [
      ...(given === undefined || !isOcm(given) ? [] : [{ direction: 'outgoing', share: given } as const]),
      ...taken.map((share) => ({ direction: 'incoming', share }) as const),
    ];
    const candidates: Candidate[] = [];
    for (const each of all) {
      const { peerId } = each.share;
      const peer = peerId === undefined ? undefined : await this.#in.peerById(peerId);
      if (peer === undefined || peer.blocked) continue;
      candidates.push({ ...each, peer, hasSecret: secret !== undefined && this.#fits(each, secret) });
    }
    const fitting = candidates.filter(({ hasSecret }) => hasSecret);
    return fitting.length > 0 ? fitting : candidates;
  }

  #fits(each: Pick<Candidate, 'direction' | 'share'>, secret: string): boolean {
    return each.direction === 'outgoing'
      ? this.#in.ownSecrets.isSecretOf(each.share as OutgoingShare, secret)
      : this.#in.receiving.isSecretOf(each.share as IncomingShare, secret);
  }
}

/**
 * True when the notification is signed by the share's own server, or holds its secret. A wrong secret or another signer
 * makes it void in any case.
 */
function isProven(
  { peer, hasSecret }: Candidate,
  { secret }: ReceivedNotification,
  signer: MessageSigner | undefined,
): boolean {
  if (signer !== undefined && signer.host !== peer.ocm?.host) return false;
  return hasSecret || (signer !== undefined && secret === undefined);
}

/** The halves that a type can be about. Some recipients send `SHARE_UNSHARED` when they leave. */
const DIRECTIONS: Readonly<Record<NotificationType, readonly Candidate['direction'][]>> = {
  SHARE_ACCEPTED: ['outgoing'],
  SHARE_DECLINED: ['outgoing'],
  SHARE_UNSHARED: ['incoming', 'outgoing'],
  SHARE_CHANGE_PERMISSION: ['incoming'],
  REQUEST_RESHARE: ['outgoing'],
  RESHARE_UNDO: ['outgoing'],
  RESHARE_CHANGE_PERMISSION: ['outgoing', 'incoming'],
  USER_REMOVED: [],
};

const notDone: Deed = () => {
  throw new OcmRefusal(501, 'This cloud does nothing about that.', []);
};

const DEEDS: Readonly<Record<NotificationType, Deed>> = {
  SHARE_ACCEPTED: ({ share }, { answersAbroad }) => answersAbroad.hear(share, true),
  SHARE_DECLINED: ({ share }, { answersAbroad }) => answersAbroad.hear(share, false),
  SHARE_UNSHARED: ({ direction, share }, { answersAbroad, endings }) =>
    direction === 'outgoing' ? answersAbroad.hear(share, false) : endings.hearIncoming(share.id),
  SHARE_CHANGE_PERMISSION: ({ share }, { mounting }, { permissions = [] }) =>
    mounting.permitted(share.id, permissions.includes('write') ? 'read-write' : 'read-only'),
  REQUEST_RESHARE: () => {
    throw new Failure('forbidden', 'Nobody shares further here what is shared with them.');
  },
  RESHARE_UNDO: notDone,
  RESHARE_CHANGE_PERMISSION: notDone,
  USER_REMOVED: notDone,
};

/**
 * The refusal of every notification that is not proven to be about a share with its sender, always the same (OCM-05).
 */
export function unknownShare(cause?: unknown): Failure {
  return new Failure('forbidden', 'This share is not known here.', { cause });
}
