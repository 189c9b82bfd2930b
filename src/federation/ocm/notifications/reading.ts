import { z } from 'zod';
import type { MessageBody } from '../../ports/message.js';
import type { OcmAddress } from '../wording/address.js';
import { readObject, shaped } from '../wording/bodies.js';
import {
  address,
  foreignId,
  optional,
  permissions,
  secret,
  text,
  word,
  type OcmPermission,
} from '../wording/fields.js';
import { malformed } from '../wording/refusal.js';
import { NOTIFICATION_TYPES, type NotificationType } from './kinds.js';

/** A notification of another server, not yet believed. */
export interface ReceivedNotification {
  readonly type: NotificationType;
  /** Nextcloud always says `file`. */
  readonly resourceType: string;
  /** The id that the sender of the share gave it; for `USER_REMOVED` the id of the person. */
  readonly providerId: string;
  readonly secret: string | undefined;
  /** A text of the sender's, for people. */
  readonly message: string;
  /**
   * Only some types have these: the recipient, for whom a reshare is asked, the id of that reshare, and the new
   * permissions.
   */
  readonly grantee: string | undefined;
  readonly shareWith: OcmAddress | undefined;
  readonly senderId: string | undefined;
  readonly permissions: readonly OcmPermission[] | undefined;
}

const changed = z.object({ webdav: z.object({ permissions }) });

const detail = z.object({
  sharedSecret: optional(secret),
  message: text,
  /** A misspelling that Nextcloud 29 sends. */
  messgage: text,
  grantee: optional(z.string().max(1_024)),
  shareWith: optional(address),
  senderId: optional(foreignId),
  protocol: optional(changed).catch(undefined),
});

const notificationShape = z.object({
  notificationType: word.refine(
    (type): type is NotificationType => NOTIFICATION_TYPES.some((known) => known === type),
    'UNKNOWN',
  ),
  resourceType: word,
  providerId: foreignId,
  notification: detail,
});

/**
 * Reads what another server tells of a share (open-cloud-mesh.md 6). Throws a refusal with status 400 that names everything
 * that is wrong, also for a type that we do not know; `too-large`, or `unsupported-type`.
 */
export function readNotification(body: MessageBody): ReceivedNotification {
  const {
    notificationType: type,
    resourceType,
    providerId,
    notification,
  } = shaped(notificationShape, readObject(body));
  const { sharedSecret, message, messgage, grantee, shareWith, senderId, protocol } = notification;
  const read = {
    type,
    resourceType,
    providerId,
    secret: sharedSecret,
    message: message || messgage,
    grantee,
    shareWith,
    senderId,
    permissions: protocol?.webdav.permissions,
  };
  checkNeeds(read);
  return read;
}

/** The fields that a type must have, by their names in the message. */
const NEEDS: Partial<Record<NotificationType, Partial<Record<keyof ReceivedNotification, string>>>> = {
  REQUEST_RESHARE: {
    secret: 'notification.sharedSecret',
    shareWith: 'notification.shareWith',
    senderId: 'notification.senderId',
  },
  SHARE_CHANGE_PERMISSION: { permissions: 'notification.protocol.webdav.permissions' },
};

function checkNeeds(read: ReceivedNotification): void {
  const needs = Object.entries(NEEDS[read.type] ?? {}) as [keyof ReceivedNotification, string][];
  const missing = needs.filter(([field]) => read[field] === undefined);
  if (missing.length > 0) throw malformed(missing.map(([, name]) => ({ name, message: 'REQUIRED' })));
}
