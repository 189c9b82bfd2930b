import type { Accounts } from '../../accounts/index.js';
import { randomUuid, randomWord, type ItemId, type Random } from '../../kernel/index.js';
import type { Queries, Sealer } from '../../platform/index.js';
import type { OwnOffer } from '../agreement/agreement.js';
import type { OutgoingShare } from '../agreement/outgoing-share.js';
import type { FreshNames } from '../rules/origin.js';

/** What {@link OwnOffers} need from other rooms. */
export interface OwnOfferInputs {
  readonly random: Random;
  readonly sealer: Sealer;
  readonly accounts: Pick<Accounts, 'byId'>;
  readonly folderName: (q: Queries, folderId: ItemId) => Promise<string | undefined>;
}

/** The names of our offers, and what stands in them. */
export class OwnOffers {
  readonly #in: OwnOfferInputs;

  constructor(inputs: OwnOfferInputs) {
    this.#in = inputs;
  }

  /** An unguessable callback and, for a further peer, a new name of the share (threat model PRO-13). */
  freshNames({ id }: Pick<OutgoingShare, 'id'>): FreshNames {
    const { random, sealer } = this.#in;
    const callback = randomWord(random, 43);
    return {
      shareId: randomUuid(random),
      callbackHash: sealer.digest(callback, CALLBACK),
      callbackSealed: sealer.seal(callback, callbackWordContext(id)),
    };
  }

  /** The word that {@link freshNames} has sealed. */
  opened(outgoingId: string, callbackSealed: string): string {
    return this.#in.sealer.open(callbackSealed, callbackWordContext(outgoingId));
  }

  /** The offer of a share that was chosen; undefined when its owner or folder is gone. */
  async of(q: Queries, share: OutgoingShare): Promise<OwnOffer | undefined> {
    const owner = await this.#in.accounts.byId(share.ownerId, q);
    const folderName = await this.#in.folderName(q, share.folderId);
    if (owner === undefined || folderName === undefined || share.callbackSealed === undefined) return undefined;
    return {
      shareId: share.shareId,
      kind: 'folder',
      itemId: share.folderId,
      ownerName: owner.name,
      ownerEmail: owner.email,
      folderName,
      permission: share.permission,
      recipient: share.recipient,
      recipientAddress: share.recipientAddress,
      demandsToken: share.chosen?.demandsToken === true,
      callbackWord: this.opened(share.id, share.callbackSealed),
      expiresAt: share.expiresAt,
    };
  }
}

/** Purpose of the digest under which a callback path is found. */
export const CALLBACK = 'callback';

/** The sealing context of the callback of an outgoing share. */
export function callbackWordContext(outgoingId: string): string {
  return `outgoing_shares.callback:${outgoingId}`;
}
