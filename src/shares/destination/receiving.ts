import { Failure, notFound } from '../../kernel/index.js';
import type { Peer } from '../../peers/index.js';
import type { Database, Sealer, Transaction } from '../../platform/index.js';
import type { GrantMessage, ShareCredentials, ShareName } from '../agreement/agreement.js';
import type { DestinationSteps } from './destination-steps.js';
import type { IncomingShare } from '../agreement/incoming-share.js';
import type { IncomingShares } from '../records/incoming-shares.js';
import * as destinationRules from '../rules/destination.js';
import type { DestinationStep } from '../rules/step.js';
import type { Tombstones } from '../records/tombstones.js';
import type { IncomingState } from '../agreement/transitions.js';

/** What receiving needs from other rooms. */
export interface ReceivingInputs {
  readonly database: Database;
  readonly sealer: Sealer;
  readonly incoming: IncomingShares;
  readonly destination: DestinationSteps;
  readonly tombstones: Tombstones;
}

/** Takes credentials that authenticated peers send for existing shares (product.md, step 6). */
export class Receiving {
  readonly #in: ReceivingInputs;

  constructor(inputs: ReceivingInputs) {
    this.#in = inputs;
  }

  /**
   * Stores the grant of an accepted share and queues the probe that uses it. Identical credentials, sent again, get the
   * same answer; different ones, and any in another state than `accepted` or `active`, are a `conflict`; another peer's
   * share is `not-found`. Unsigned credentials may be replaced until they have worked.
   */
  async grant(
    peer: Peer,
    message: GrantMessage,
    { isSigned = true }: { readonly isSigned?: boolean } = {},
  ): Promise<{ state: IncomingState }> {
    return this.#in.database.write(async (trx) => {
      const share = await this.#in.incoming.byName(trx, peer.id, message);
      if (share === undefined) throw await this.#unknown(trx, peer, message);
      const taken = destinationRules.takeGrant(share, {
        ...this.sealed(share.id, message.credentials),
        grantIsUnsigned: !isSigned,
      });
      if (taken.kind === 'unfit') throw new Failure('conflict', 'This share is not waiting for credentials.');
      if (taken.kind === 'other') throw new Failure('conflict', 'Other credentials are already stored for this share.');
      if (taken.kind === 'stored') await this.#store(trx, share, taken.step);
      return { state: share.state };
    });
  }

  async #store(trx: Transaction, share: IncomingShare, step: DestinationStep): Promise<void> {
    const stored = await this.#in.destination.apply(trx, share, step, share.peerId);
    if (stored === undefined) throw new Failure('conflict', 'This share is changing. Please repeat.');
  }

  /** Credentials as the row of a share holds them. */
  sealed(incomingId: string, credentials: ShareCredentials): { grantSealed: string; grantDigest: string } {
    return {
      grantSealed: this.#in.sealer.seal(JSON.stringify(credentials), grantContext(incomingId)),
      grantDigest: this.#digest(credentials),
    };
  }

  /** Whether this secret is that of a share of Open Cloud Mesh, also after its end. */
  isSecretOf({ grantDigest }: Pick<IncomingShare, 'grantDigest'>, secret: string): boolean {
    const forms = [{ kind: 'bearer', token: secret } as const, { kind: 'basic', user: secret, password: '' } as const];
    return forms.some((credentials) => this.#digest(credentials) === grantDigest);
  }

  #digest(credentials: ShareCredentials): string {
    return this.#in.sealer.digest(JSON.stringify(comparable(credentials)), 'grant');
  }

  async #unknown(trx: Transaction, peer: Peer, name: ShareName): Promise<Failure> {
    const ended = await this.#in.tombstones.has(trx, peer.id, name);
    return ended ? new Failure('conflict', 'This share has already ended.') : notFound('This share is not known here.');
  }

  /** The stored grant of a share, for requests to its origin. */
  credentialsOf(share: IncomingShare): ShareCredentials | undefined {
    return share.grantSealed === undefined ? undefined : this.opened(share.id, share.grantSealed);
  }

  /** What {@link sealed} has sealed. */
  opened(incomingId: string, grantSealed: string): ShareCredentials {
    return readSealed(this.#in.sealer.open(grantSealed, grantContext(incomingId)));
  }
}

/** A pair without a kind was stored by a release that had only one kind. */
function readSealed(text: string): ShareCredentials {
  return { kind: 'oauth1', ...(JSON.parse(text) as Partial<ShareCredentials>) } as ShareCredentials;
}

/** The value whose digest identifies credentials, however they are used. For pairs it has the same form as before there were other kinds. */
function comparable(credentials: ShareCredentials): unknown {
  if (credentials.kind === 'oauth1') return [credentials.token, credentials.secret];
  return Object.entries(credentials)
    .filter(([name]) => name !== 'exchange')
    .sort();
}

function grantContext(incomingId: string): string {
  return `incoming_shares.grant:${incomingId}`;
}
