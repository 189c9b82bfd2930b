import type { Account, Accounts } from '../../accounts/index.js';
import type { MessageSigner } from '../../http-signatures/index.js';
import { DAY, Failure, isFailure, readEmail, type Clock } from '../../kernel/index.js';
import { ocmUrl, type Peer } from '../../peers/index.js';
import type { Limiter, Outbound } from '../../platform/index.js';
import type { BroughtKey, Offer, Proposals, ShareCredentials } from '../../shares/index.js';
import {
  checkKinds,
  checkOrigin,
  emailsOf,
  OcmRefusal,
  openingOf,
  printAddress,
  sameAddress,
  usableAccess,
  type ContactBook,
  type KnownServers,
  type OcmServer,
  type OcmAddress,
  type Opening,
  type ReceivedShare,
} from '../ocm/index.js';
import { opensThere } from './probing.js';

/** What {@link ArrivingShares} need. */
export interface ArrivingSharesInputs {
  readonly clock: Clock;
  readonly limiter: Pick<Limiter, 'spend'>;
  readonly outbound: Pick<Outbound, 'call'>;
  readonly accounts: Pick<Accounts, 'byEmail' | 'byId'>;
  /** Whom people here know elsewhere. */
  readonly book: Pick<ContactBook, 'meantBy'>;
  readonly servers: Pick<KnownServers, 'recordOf'>;
  readonly proposals: Pick<Proposals, 'receive'>;
  /** Makes a peer of a server that nobody registered. */
  readonly meet: (server: OcmServer) => Promise<Peer>;
  /** Where this cloud itself is. */
  readonly own: OcmServer;
}

/**
 * Limit of shares for one person of this cloud, from all senders together: nobody may flood a mailbox or a page (threat
 * model PRO-07).
 */
const FOR_RECIPIENT = { acts: 100, per: DAY };

/** Takes the shares that other servers announce (open-cloud-mesh.md 4.3). */
export class ArrivingShares {
  readonly #in: ArrivingSharesInputs;

  constructor(inputs: ArrivingSharesInputs) {
    this.#in = inputs;
  }

  /**
   * The server that must have signed a share, if it is signed: its owner's. Throws 400 for a share whose recipient is
   * at another cloud.
   */
  serversOf({ recipient, owner }: ReceivedShare): readonly OcmServer[] {
    const { own } = this.#in;
    if (recipient.host !== own.host || recipient.path !== own.path) throw unknownRecipient();
    return [owner];
  }

  /**
   * Takes a share, after its signature was checked if it has one, in the order of the contract; answers the name of its
   * recipient. The same share again gets the same answer. Throws refusals with status 400 or 501; `forbidden` when its
   * sender may not announce it; `conflict` for another share under its id.
   */
  async take(
    share: ReceivedShare,
    { signer, peer: known }: { readonly signer: MessageSigner | undefined; readonly peer: Peer | undefined },
  ): Promise<{ readonly recipientName: string }> {
    const check = checkOrigin(share, signer?.host);
    checkKinds(share);
    const recipient = await this.#recipientOf(share);
    const access = usableAccess(share, metOf(signer, known));
    const opening = await this.#openingOf(share, known);
    // An unsigned share may come from anybody. That of a stranger, or with a sender who is not at the owner's server,
    // is believed only if its secret opens it there.
    const isDoubtful = signer === undefined && (check === 'probe-owner' || known === undefined);
    if (isDoubtful && !(await opensThere(this.#in.outbound, opening, access.secret))) throw notThere();
    await this.#in.limiter.spend(`ocm-recipient:${recipient.id}`, FOR_RECIPIENT);
    const peer = known ?? (await this.#in.meet(share.owner));
    const isUnverified = signer === undefined && !isDoubtful;
    await this.#in.proposals.receive(
      peer,
      offerOf(share, { opening, peer, recipient }),
      keyOf(share, { opening, peer, recipient, isUnverified }),
    );
    return { recipientName: recipient.name };
  }

  /**
   * The person with the address of the recipient. A disabled account is answered like an unknown one, so that nobody
   * learns who is here (OCM-07).
   */
  async #recipientOf({ recipient, owner }: ReceivedShare): Promise<Recipient> {
    const named = await this.#namedBy(recipient);
    const meant = await this.#in.book.meantBy(recipient.id, owner);
    const isNamed = meant === undefined || named?.id === meant.accountId || !meant.knowsThem;
    if (named !== undefined && isNamed) return named;
    const account = meant === undefined ? undefined : await this.#in.accounts.byId(meant.accountId);
    if (account === undefined || account.disabled) throw unknownRecipient();
    return { email: account.email, id: account.id, name: account.name };
  }

  async #namedBy(recipient: OcmAddress): Promise<Recipient | undefined> {
    for (const text of emailsOf(recipient.id, this.#in.own)) {
      const email = readEmail(text);
      const account = email === undefined ? undefined : await this.#in.accounts.byEmail(email);
      if (email !== undefined && account !== undefined && !account.disabled)
        return { email, id: account.id, name: account.name };
    }
    return undefined;
  }

  /** Where and how the share is opened, by the discovery document of its server. */
  async #openingOf(share: ReceivedShare, peer: Peer | undefined): Promise<Opening> {
    try {
      const server = peer?.ocm ?? share.owner;
      // The scheme is that of the server's record, since addresses of people usually have none.
      const owner = { ...share.owner, isPlain: server.isPlain };
      return openingOf({ ...share, owner }, await this.#in.servers.recordOf(server));
    } catch (error) {
      if (!isFailure(error, 'peer-failed') && !isFailure(error, 'peer-timeout')) throw error;
      throw new Failure('unavailable', 'Your server could not be asked what it offers.', {
        detail: error.detail,
        cause: error,
        retryAfter: 60,
      });
    }
  }
}

const SIGNED = 'must-use-http-sig';
const EXCHANGED = 'must-exchange-token';

/** The requirements that are met for a share from this sender (open-cloud-mesh.md 4.2). */
function metOf(signer: MessageSigner | undefined, peer: Peer | undefined): Set<string> {
  const signed = signer === undefined ? [] : [SIGNED];
  return new Set([...signed, ...(peer?.ocm?.exchangesTokens === true ? [EXCHANGED] : [])]);
}

interface Settled {
  readonly opening: Opening;
  readonly peer: Peer;
  readonly recipient: Recipient;
}

/** A person of this cloud, by the address that a share names. */
type Recipient = Pick<Account, 'id' | 'name' | 'email'>;

function offerOf(share: ReceivedShare, { opening, peer, recipient }: Settled): Offer {
  return {
    shareId: share.providerId,
    kind: share.resourceType === 'file' && !isKindOpen(share) ? 'file' : 'folder',
    ownerName: share.ownerName ?? share.owner.id,
    ownerEmail: printAddress(share.owner),
    folderName: share.name,
    permission: share.webdav?.permissions?.includes('write') === true ? 'read-write' : 'read-only',
    recipient: recipient.email,
    expiresAt: share.expiresAt,
    storageApi: 'webdav',
    resourceUrl: opening.url,
    callback: `${peer.ocm === undefined ? peer.shareUrl : ocmUrl(peer.ocm)}/`,
  };
}

function keyOf(
  share: ReceivedShare,
  { opening, peer, recipient, isUnverified }: Settled & { readonly isUnverified: boolean },
): BroughtKey {
  const secret = share.webdav?.secret ?? '';
  const exchange = exchangeOf(share, peer);
  const credentials: ShareCredentials =
    opening.tries === 'basic' && exchange !== 'must'
      ? { kind: 'basic', user: secret, password: '' }
      : { kind: 'bearer', token: secret, ...(exchange !== undefined && { exchange }) };
  return {
    dialect: 'ocm',
    credentials,
    recipientAddress: printAddress(share.recipient),
    recipientId: recipient.id,
    sender: sameAddress(share.sender, share.owner) ? undefined : printAddress(share.sender),
    isUnverified,
    isKindOpen: isKindOpen(share),
    // A share whose sender is not verified waits for its recipient even if the peer's shares are accepted without
    // asking.
    acceptsAlone: peer.ocm?.acceptsAlone === true && !isUnverified,
  };
}

/**
 * True for a share of the first generation that is called a file: those servers call folders so too, and what it is
 * shows when it is opened.
 */
function isKindOpen({ shape, resourceType }: ReceivedShare): boolean {
  return shape === 'legacy' && resourceType === 'file';
}

/** Whether the secret has to be exchanged for tokens, may be, or (undefined) is used itself (open-cloud-mesh.md 9). */
function exchangeOf({ requirements }: ReceivedShare, { ocm }: Peer): 'must' | 'may' | undefined {
  if (requirements.includes(EXCHANGED)) return 'must';
  return ocm?.exchangesTokens === true ? 'may' : undefined;
}

function unknownRecipient(): OcmRefusal {
  return new OcmRefusal(400, 'Nobody here has this address.', [{ name: 'shareWith', message: 'UNKNOWN' }]);
}

function notThere(): Failure {
  return new Failure('forbidden', 'The share could not be seen at the server of its owner.');
}
