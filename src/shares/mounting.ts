import type { Outbox } from '../deliveries/index.js';
import { addMount, changeMount } from '../files/index.js';
import { DAY, HOUR, type Clock, type Permission, type Random } from '../kernel/index.js';
import type { Database, Transaction } from '../platform/index.js';
import type { DestinationHalf } from './destination-half.js';
import type { IncomingShare } from './incoming-share.js';
import type { IncomingShares } from './incoming-shares.js';
import { incomingLane, PROBE, type Post } from './messages.js';

/** What using the grant showed. */
export type ProbeFinding =
  | {
      readonly kind: 'open';
      readonly rootKey: string;
      readonly permission: Permission;
      readonly expiresAt: number | undefined;
      /** Whether the other cloud keeps comments and locks of what it shares. */
      readonly keepsDesk: boolean;
    }
  /** Refused, and again on a freshly signed request (CNV-03). */
  | { readonly kind: 'dead' }
  /** `answered`: the other cloud is up, whatever it said. */
  | { readonly kind: 'trouble'; readonly note: string; readonly answered: boolean };

/** Every active share is probed once a day at the latest, spread over the last hours (reliability.md CNV-04). */
const PROBE_INTERVAL = DAY;
const PROBE_SPREAD = 4 * HOUR;

/** What mounting needs from the rest of the house. */
export interface MountingInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly incoming: IncomingShares;
  readonly destination: DestinationHalf;
  readonly outbox: Outbox;
  readonly post: Post;
  readonly publicOrigin: string;
}

/** The probe's findings and what follows from them: mounted, changed, or over (product.md 7). */
export class Mounting {
  readonly #in: MountingInputs;

  constructor(inputs: MountingInputs) {
    this.#in = inputs;
  }

  /** Takes a finding in the caller's transaction. The share is read again there: it may have ended meanwhile. */
  async found(trx: Transaction, incomingId: string, finding: ProbeFinding): Promise<void> {
    const share = await this.#in.incoming.byId(trx, incomingId);
    if (share === undefined || (share.state !== 'accepted' && share.state !== 'active')) return;
    if (finding.kind === 'dead') return this.#dead(trx, share);
    if (finding.kind === 'trouble') return this.#note(trx, share, finding.note);
    if (share.state === 'accepted') await this.#mount(trx, share, finding);
    else await this.#refresh(trx, share, finding);
    await this.#probeLater(trx, share);
  }

  /** The origin refuses the grant for good: our half ends (cloudspaces-interop.md 8, side B). */
  async refused(incomingId: string): Promise<void> {
    await this.#in.database.write((trx) => this.found(trx, incomingId, { kind: 'dead' }));
  }

  async #mount(trx: Transaction, share: IncomingShare, finding: ProbeFinding & { kind: 'open' }): Promise<void> {
    if (share.accountId === undefined) return;
    const patch = { problem: undefined, permission: finding.permission, expiresAt: finding.expiresAt };
    const active = await this.#in.incoming.advance(trx, share, 'mounted', { actor: share.peerId, patch });
    if (active === undefined) return;
    await addMount(trx, {
      accountId: share.accountId,
      incomingId: share.id,
      name: share.folderName,
      permission: finding.permission,
      rootKey: finding.rootKey,
      expiresAt: finding.expiresAt,
      keepsDesk: finding.keepsDesk,
      createdAt: this.#in.clock.now(),
    });
    await this.#in.post(trx, {
      letter: 'share-active',
      to: share.recipient,
      data: {
        ownerName: share.ownerName,
        ownerEmail: share.ownerEmail,
        folderName: share.folderName,
        permission: finding.permission,
        link: `${this.#in.publicOrigin}/files`,
      },
    });
  }

  async #refresh(trx: Transaction, share: IncomingShare, finding: ProbeFinding & { kind: 'open' }): Promise<void> {
    await changeMount(trx, share.id, { keepsDesk: finding.keepsDesk });
    const same =
      share.permission === finding.permission && share.expiresAt === finding.expiresAt && share.problem === undefined;
    if (same) return;
    const patch = { problem: undefined, permission: finding.permission, expiresAt: finding.expiresAt };
    await this.#in.incoming.amend(trx, share, patch);
    await changeMount(trx, share.id, { permission: finding.permission, expiresAt: finding.expiresAt ?? null });
  }

  async #dead(trx: Transaction, share: IncomingShare): Promise<void> {
    const expired = share.expiresAt !== undefined && share.expiresAt <= this.#in.clock.now();
    await this.#in.destination.end(trx, share, expired ? 'dead-expired' : 'dead-revoked', {
      actor: share.peerId,
      reason: expired ? 'expired' : 'revoked',
      note: 'the other cloud refused the grant twice',
    });
  }

  async #note(trx: Transaction, share: IncomingShare, note: string): Promise<void> {
    if (share.problem !== note) await this.#in.incoming.amend(trx, share, { problem: note });
  }

  async #probeLater(trx: Transaction, share: IncomingShare): Promise<void> {
    const early = (this.#in.random.bytes(4).readUInt32BE() / 0xffff_ffff) * PROBE_SPREAD;
    await this.#in.outbox.enqueue(trx, {
      kind: PROBE,
      peerId: share.peerId,
      lane: incomingLane(share.id),
      payload: { incomingId: share.id },
      runAt: this.#in.clock.now() + PROBE_INTERVAL - Math.round(early),
    });
  }
}
