import type { Station } from '../../support/open-pair.js';
import { send, type Answer, type Sent } from './wire.js';

/** Fields that differ from those of {@link shareText}; undefined leaves a field out. */
export type Said = Readonly<Record<string, unknown>>;

let ids = 0;

/** The secret of every share that is announced by hand. */
export const SECRET = 'k3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3';

/** A share from one address to another, as a server of the first generation announces it. */
export function shareText(from: string, to: string, otherwise: Said = {}): Said {
  ids += 1;
  return {
    shareWith: to,
    name: 'Recipes',
    providerId: `given-${String(ids)}`,
    owner: from,
    sender: from,
    ownerDisplayName: 'Bo Bergman',
    shareType: 'user',
    resourceType: 'file',
    protocol: { name: 'webdav', options: { sharedSecret: SECRET } },
    ...otherwise,
  };
}

/** A notification about a share. */
export function noticeText(
  notificationType: string,
  providerId: unknown,
  notification: Said = { sharedSecret: SECRET },
): Said {
  return { notificationType, resourceType: 'file', providerId, notification };
}

/** Posts an unsigned message, whichever sender it names. */
export async function postUnsigned(
  to: Pick<Station, 'url'>,
  path: 'shares' | 'notifications',
  body: Said,
  sent: Sent = {},
): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...sent.headers };
  return send(`${to.url}/ocm/${path}`, { method: 'POST', body: JSON.stringify(body), ...sent, headers });
}

/** Posts a message that a cloud has signed; answers the status and the words of a refusal. */
export async function postSigned(
  by: Station,
  to: Pick<Station, 'url'>,
  path: 'shares' | 'notifications',
  body: Said,
): Promise<{ readonly status: number; readonly text: string }> {
  const place = { host: new URL(to.url).host, path: '', isPlain: true };
  const { status, body: text } = await by.services.ocm.wire.post(place, path, body);
  return { status, text: text.toString() };
}
