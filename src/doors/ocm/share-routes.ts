import { z } from 'zod';
import {
  readNotification,
  readShare,
  unknownShare,
  type ArrivingNotifications,
  type ArrivingShares,
  type ReceivedNotification,
  type ReceivedShare,
} from '../../federation/index.js';
import { isFailure } from '../../kernel/index.js';
import { row, type AnyRow, type Enter } from '../door/door.js';
import { meshRefusals, serverMessage, told } from './document-parts.js';
import { OCM_BODY, type OcmCaller, type OcmEntry } from './entry.js';

/** What {@link shareRows} needs. */
export interface ShareRowInputs {
  readonly entry: OcmEntry;
  readonly arrivingShares: ArrivingShares;
  readonly arrivingNotifications: ArrivingNotifications;
}

const text = (description: string) => z.string().meta({ description });
const address = (description: string) => z.string().meta({ description, examples: ['bo@birch.example'] });

const MeshShare = z
  .looseObject({
    shareWith: address('Whom it is for: somebody of this cloud.'),
    name: text('What the file or folder is called.'),
    providerId: z.union([z.string(), z.int()]).meta({ description: 'The id that its sender gave it.' }),
    owner: address('Whose it is; the server of this address is the one that serves it.'),
    sender: address('Who shares it; `sharedBy` is the same field. Absent: its owner.').optional(),
    ownerDisplayName: text('For people to read.').optional(),
    senderDisplayName: text('For people to read.').optional(),
    description: text('For people to read.').nullish(),
    shareType: text('`user`; absent: `user`.').optional(),
    resourceType: text('`file` or `folder`.'),
    expiration: z.int().nullish().meta({ description: 'When it ends, in seconds since 1970; 0: never.' }),
    protocol: z.looseObject({ name: z.string() }).meta({
      description:
        '`webdav` with `options.sharedSecret`, `webdav` with an object of that name, or `multi` with an object for each protocol.',
    }),
  })
  .meta({ id: 'MeshShare' });

const MeshNotification = z
  .looseObject({
    notificationType: text('What happened, such as `SHARE_ACCEPTED`.'),
    resourceType: text('`file`, whatever it is.'),
    providerId: z.union([z.string(), z.int()]).meta({ description: 'The id that the sender of the share gave it.' }),
    notification: z.looseObject({ sharedSecret: z.string().optional(), message: z.string().optional() }),
  })
  .meta({ id: 'MeshNotification' });

const ShareTaken = z.object({ recipientDisplayName: z.string() });
const NotificationTaken = z.object({});

const UNSUPPORTED = { 501: 'This cloud takes no shares of this kind, or does not do what it demands.' } as const;

/** The rows for what servers send about shares: that there is one, and what becomes of it (open-cloud-mesh.md 4, 6). */
export function shareRows(inputs: ShareRowInputs): AnyRow[] {
  return [announcementRow(inputs), notificationRow(inputs)];
}

function announcementRow({ entry, arrivingShares }: ShareRowInputs): AnyRow {
  return row<OcmCaller<ReceivedShare>>({
    method: 'POST',
    path: '/ocm/shares',
    summary: 'Receive a share',
    document: serverMessage('receiveMeshShare', MeshShare, {
      201: told('It waits for its recipient here.', ShareTaken),
      ...meshRefusals({ 409: 'Another share has this id, or it has ended.', ...UNSUPPORTED }),
    }),
    body: OCM_BODY,
    greet: entry.greet,
    enter: entry.message({
      read: readShare,
      serversOf: (share) => arrivingShares.serversOf(share),
      shareIn: ({ providerId }) => providerId,
      counts: 'proposals',
    }),
    async handle({ caller }, response) {
      const { recipientName } = await arrivingShares.take(caller.message, caller);
      response.status(201).json({ recipientDisplayName: recipientName } satisfies z.infer<typeof ShareTaken>);
    },
  });
}

/**
 * Gives a signer whose server has no part in the share the same answer as for an unknown share, so that it learns
 * nothing (OCM-05).
 */
function aboutKnownShares<Caller>(enter: Enter<Caller>): Enter<Caller> {
  return async (arrival) => {
    try {
      return await enter(arrival);
    } catch (error) {
      throw isFailure(error, 'forbidden') ? unknownShare(error) : error;
    }
  };
}

function notificationRow({ entry, arrivingNotifications }: ShareRowInputs): AnyRow {
  return row<OcmCaller<ReceivedNotification>>({
    method: 'POST',
    path: '/ocm/notifications',
    summary: 'Learn what has become of a share',
    document: serverMessage('receiveMeshNotification', MeshNotification, {
      201: told('It is noted, now or before.', NotificationTaken),
      ...meshRefusals({ 409: 'It contradicts what was said before.', 501: 'This cloud does nothing about that.' }),
    }),
    body: OCM_BODY,
    greet: entry.greet,
    enter: aboutKnownShares(
      entry.message({
        read: readNotification,
        serversOf: (notification) => arrivingNotifications.serversOf(notification),
        shareIn: ({ providerId }) => providerId,
        counts: 'messages',
      }),
    ),
    async handle({ caller, http }, response) {
      await arrivingNotifications.take(caller.message, caller.signer, http.ip);
      response.status(201).json({} satisfies z.infer<typeof NotificationTaken>);
    },
  });
}
