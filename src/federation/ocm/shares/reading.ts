import { z } from 'zod';
import { readObject, shaped } from '../wording/bodies.js';
import { address, expiry, foreignId, itemName, label, optional, text, word } from '../wording/fields.js';
import { unsupported } from '../wording/refusal.js';
import type { MessageBody } from '../../ports/message.js';
import { protocolShape } from './protocol.js';
import type { ReceivedShare } from './share.js';

/** The body of `POST /shares`. Where servers use two names for a field, both are read (open-cloud-mesh.md 4.1). */
const shareShape = z.object({
  shareWith: address,
  name: itemName,
  providerId: foreignId,
  owner: address,
  sender: optional(address),
  sharedBy: optional(address),
  ownerDisplayName: label,
  senderDisplayName: label,
  sharedByDisplayName: label,
  description: text,
  shareType: optional(word).transform((type) => type ?? 'user'),
  resourceType: word,
  expiration: expiry,
  protocol: protocolShape,
});

/**
 * Reads a share that another server announces (open-cloud-mesh.md 4). Throws a refusal with status 400 that names everything
 * that is wrong with it, `too-large`, or `unsupported-type`. Whether we take its kind is {@link checkKinds}' to say, later.
 */
export function readShare(body: MessageBody): ReceivedShare {
  const { shareWith, protocol, ...share } = shaped(shareShape, readObject(body));
  return {
    ...protocol,
    recipient: shareWith,
    name: share.name,
    providerId: share.providerId,
    owner: share.owner,
    sender: share.sender ?? share.sharedBy ?? share.owner,
    ownerName: share.ownerDisplayName,
    senderName: share.senderDisplayName ?? share.sharedByDisplayName,
    description: share.description,
    shareType: share.shareType,
    resourceType: share.resourceType,
    expiresAt: share.expiration,
  };
}

/** `library` is what Seafile calls a folder. */
const RESOURCE_TYPES = ['file', 'folder', 'library'];

/** Throws a refusal with status 501 for kinds of shares and of recipients that we do not take. */
export function checkKinds({ shareType, resourceType }: ReceivedShare): void {
  if (shareType !== 'user') throw unsupported('shareType', 'Shares with this kind of recipient are not taken.');
  if (!RESOURCE_TYPES.includes(resourceType)) throw unsupported('resourceType', 'Only files and folders are taken.');
}

/** The requirements that we meet. */
export type MetRequirements = ReadonlySet<string>;

/**
 * How a share is opened over WebDAV. Throws a refusal with status 501 for other protocols, and for a requirement that
 * we do not know or do not meet: none is ignored (open-cloud-mesh.md 4.2).
 */
export function usableAccess(
  { webdav, requirements }: ReceivedShare,
  met: MetRequirements,
): NonNullable<ReceivedShare['webdav']> {
  if (webdav === undefined) throw unsupported('protocol', 'Only shares over WebDAV are taken.');
  if (!webdav.accessTypes.includes('remote'))
    throw unsupported('protocol.webdav.accessTypes', 'Only shares that stay where they are are taken.');
  const unmet = requirements.filter((demand) => !met.has(demand));
  if (unmet.length > 0)
    throw unsupported('protocol.webdav.requirements', 'The share demands what this cloud does not do.');
  return webdav;
}
