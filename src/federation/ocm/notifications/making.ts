import type { OcmPermission } from '../wording/fields.js';
import type { NotificationType } from './kinds.js';

/** A notification of ours about a share. */
export interface SentNotification {
  readonly type: Exclude<NotificationType, 'REQUEST_RESHARE' | 'SHARE_CHANGE_PERMISSION' | 'RESHARE_CHANGE_PERMISSION'>;
  readonly providerId: string;
  readonly secret: string;
  /** The recipient's address, as it was sent: oCIS finds the share by it. */
  readonly grantee: string;
  /** A sentence for people. */
  readonly message: string;
}

/** The body of `POST /notifications`, as it is sent. */
export interface NotificationBody {
  readonly notificationType: NotificationType;
  readonly resourceType: 'file' | 'user';
  readonly providerId: string;
  readonly notification: { readonly sharedSecret: string; readonly message: string; readonly grantee: string };
}

/**
 * Makes a notification that every server understands (open-cloud-mesh.md 6): some find the share by its secret, others
 * by the grantee. The resource is called a `file` to all of them, as they expect.
 */
export function notificationBody({ type, providerId, secret, grantee, message }: SentNotification): NotificationBody {
  return {
    notificationType: type,
    resourceType: type === 'USER_REMOVED' ? 'user' : 'file',
    providerId,
    notification: { sharedSecret: secret, message, grantee },
  };
}

/** What may be done with a share from now on. */
export interface SentTerms extends Pick<SentNotification, 'providerId' | 'secret' | 'grantee'> {
  readonly permissions: readonly OcmPermission[];
  /** Where the share is served, absolute. */
  readonly url: string;
}

/**
 * Words changed permissions as oCIS reads them: the protocol replaces the one of the offer, so that all of it is said again
 * (open-cloud-mesh.md 6).
 */
export function termsBody({ providerId, secret: sharedSecret, grantee, permissions, url }: SentTerms): object {
  const webdav = { uri: url, sharedSecret, permissions };
  const message = 'What you may do with the share has changed.';
  return {
    notificationType: 'SHARE_CHANGE_PERMISSION',
    resourceType: 'file',
    providerId,
    notification: { sharedSecret, message, grantee, protocol: { name: 'multi', webdav } },
  };
}

/** Makes the message that somebody of this cloud is gone, for servers that know them as a contact. */
export function farewellBody(userId: string): Omit<NotificationBody, 'notification'> & {
  readonly notification: { readonly message: string };
} {
  return {
    notificationType: 'USER_REMOVED',
    resourceType: 'user',
    providerId: userId,
    notification: { message: 'This person has left.' },
  };
}
