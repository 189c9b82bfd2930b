import { SECOND } from '../../../kernel/index.js';
import type { ShareManner } from '../discovery/shape.js';
import type { OcmPermission } from '../wording/fields.js';

/** A share of ours, about to be announced. */
export interface SentShare {
  /** The address as it is sent: to a contact exactly as their server gave it, to others in its clean form. */
  readonly recipient: string;
  readonly owner: string;
  readonly ownerName: string;
  /** Who shares it: the owner, or somebody who may share on. */
  readonly sender: string;
  readonly senderName: string;
  readonly name: string;
  readonly description: string;
  readonly kind: 'file' | 'folder';
  readonly providerId: string;
  readonly secret: string;
  readonly permissions: readonly OcmPermission[];
  /** Milliseconds. */
  readonly expiresAt: number | undefined;
  /** Where the share is served, absolute. */
  readonly url: string;
  /** The requirements for the recipient's server. The first generation has no field for them. */
  readonly requirements: readonly string[];
}

/** The first generation wants the name of this property where permissions should be (open-cloud-mesh.md 4.2). */
const PERMISSIONS_PROPERTY = '{http://open-cloud-mesh.org/ns}share-permissions';

/** The body of `POST /shares`, as it is sent. */
export interface ShareBody {
  readonly shareWith: string;
  readonly name: string;
  readonly description: string;
  readonly providerId: string;
  readonly owner: string;
  readonly ownerDisplayName: string;
  readonly sender: string;
  readonly senderDisplayName: string;
  readonly sharedBy: string;
  readonly sharedByDisplayName: string;
  readonly shareType: 'user';
  readonly resourceType: string;
  readonly expiration?: number;
  readonly protocol: object;
}

/**
 * Makes the body of a share for one server. The sender is named under both keys that servers read. `protocol` holds
 * nothing beyond its shape, since oCIS and OpenCloud refuse a share with unknown keys there.
 */
export function shareBody(share: SentShare, manner: ShareManner): ShareBody {
  const { expiresAt, kind } = share;
  return {
    shareWith: share.recipient,
    name: share.name,
    description: share.description,
    providerId: share.providerId,
    owner: share.owner,
    ownerDisplayName: share.ownerName,
    sender: share.sender,
    senderDisplayName: share.senderName,
    sharedBy: share.sender,
    sharedByDisplayName: share.senderName,
    shareType: 'user',
    resourceType: kind === 'folder' ? manner.folder : 'file',
    // Rounded down, so that it ends a second early rather than late.
    ...(expiresAt !== undefined && { expiration: Math.floor(expiresAt / SECOND) }),
    protocol: protocolOf(share, manner),
  };
}

function protocolOf(share: SentShare, { shape, uri }: ShareManner): object {
  const { secret: sharedSecret, permissions, requirements } = share;
  if (shape === 'legacy') return { name: 'webdav', options: { sharedSecret, permissions: PERMISSIONS_PROPERTY } };
  const webdav = {
    uri: uri === 'relative' ? share.providerId : share.url,
    sharedSecret,
    permissions,
    ...(requirements.length > 0 && { requirements }),
  };
  return { name: shape === 'single' ? 'webdav' : 'multi', webdav };
}
