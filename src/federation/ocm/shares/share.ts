import type { ShareShape } from '../discovery/shape.js';
import type { OcmAddress } from '../wording/address.js';
import type { OcmPermission } from '../wording/fields.js';

/** How a share is reached over WebDAV, as its sender says. */
export interface WebdavAccess {
  /**
   * An absolute address, or an id below the root that the sender advertises; undefined in the first generation, where
   * the secret alone says which share it is.
   */
  readonly uri: string | undefined;
  readonly secret: string;
  /** Undefined in the first generation: the server tells them when the share is opened. */
  readonly permissions: readonly OcmPermission[] | undefined;
  /** `remote`: it is read where it is; `datatx`: it may be copied. */
  readonly accessTypes: readonly string[];
  /** Bytes, if said. */
  readonly size: number | undefined;
}

/** A share that another server announces, repaired and checked (open-cloud-mesh.md 4). */
export interface ReceivedShare {
  readonly recipient: OcmAddress;
  /** The name of what is shared. */
  readonly name: string;
  /** The id that the sender gave the share; unique together with the host. */
  readonly providerId: string;
  readonly owner: OcmAddress;
  readonly sender: OcmAddress;
  /** Names that the sender tells, not checked, for people to read. */
  readonly ownerName: string | undefined;
  readonly senderName: string | undefined;
  readonly description: string;
  readonly shareType: string;
  readonly resourceType: string;
  /** Milliseconds. */
  readonly expiresAt: number | undefined;
  readonly shape: ShareShape;
  /** Undefined when it is offered over other protocols alone. */
  readonly webdav: WebdavAccess | undefined;
  /** The other protocols that it can be opened by. */
  readonly otherProtocols: readonly string[];
  /** The requirements of the sender, in the words of the newest text, unknown ones too. */
  readonly requirements: readonly string[];
}
