import { describe, expect, it } from 'vitest';
import {
  NOTIFICATION_TYPES,
  notificationBody,
  readNotification,
  type ReceivedNotification,
} from '../../../src/federation/ocm/index.js';
import { json, problemsIn, profile, PROFILES } from './support.js';

const read = (body: unknown): ReceivedNotification => readNotification(json(body));

const told = (change: object = {}, notification: object = {}): unknown => ({
  notificationType: 'SHARE_UNSHARED',
  resourceType: 'file',
  providerId: '7f3a',
  notification: { sharedSecret: 'k3y', message: 'gone', ...notification },
  ...change,
});

describe('what a server tells of a share', () => {
  const senders = PROFILES.filter((name) => profile(name).notification !== null);

  it.each(senders)('%s: is read', (name) => {
    const sent = profile(name).notification;
    expect(read(sent)).toMatchObject({ type: sent?.['notificationType'], providerId: sent?.['providerId'] });
  });

  it('has its message, however Nextcloud 29 spells it', () => {
    expect(read(profile('nc29').notification)).toMatchObject({
      type: 'SHARE_UNSHARED',
      secret: 'drr7Od3dV0ed7SL',
      message: 'file is no longer shared with you',
    });
  });

  it('asks for a reshare with who asks, for whom and under which id', () => {
    const asked = read(profile('nc34').notification);
    expect(asked).toMatchObject({
      type: 'REQUEST_RESHARE',
      senderId: '10',
      shareWith: { id: 'cy', host: 'cedar.example' },
    });
    const bare = told({ notificationType: 'REQUEST_RESHARE' }, { sharedSecret: undefined });
    expect(problemsIn(() => read(bare))).toEqual([
      'notification.sharedSecret: REQUIRED',
      'notification.shareWith: REQUIRED',
      'notification.senderId: REQUIRED',
    ]);
  });

  it('tells of changed permissions as oCIS does, without a secret', () => {
    expect(read(profile('ocis').notification)).toMatchObject({
      secret: undefined,
      grantee: 'bo@gw.example',
      permissions: ['read', 'write'],
    });
    expect(problemsIn(() => read(told({ notificationType: 'SHARE_CHANGE_PERMISSION' })))).toEqual([
      'notification.protocol.webdav.permissions: REQUIRED',
    ]);
  });

  it('has an id that may be a number', () => {
    expect(read(told({ providerId: 12 })).providerId).toBe('12');
  });

  it.each(NOTIFICATION_TYPES)('may be %s', (notificationType) => {
    const needs = { shareWith: 'bo@peer.example', senderId: 1, protocol: { webdav: { permissions: ['read'] } } };
    expect(read(told({ notificationType }, needs)).type).toBe(notificationType);
  });

  it.each([
    ['an unknown type', told({ notificationType: 'SYNC_CALENDAR' }), ['notificationType: UNKNOWN']],
    ['no type', told({ notificationType: undefined }), ['notificationType: REQUIRED']],
    ['no notification', told({ notification: undefined }), ['notification: REQUIRED']],
    ['a notification that is none', told({ notification: 'x' }), ['notification: INVALID']],
    ['no resource', told({ resourceType: undefined }), ['resourceType: REQUIRED']],
    ['no id', told({ providerId: undefined }), ['providerId: REQUIRED']],
    ['an id that is an object', told({ providerId: {} }), ['providerId: INVALID']],
    ['an id with a line break', told({ providerId: 'a\nb' }), ['providerId: INVALID']],
    ['a secret that fits into no header', told({}, { sharedSecret: 'a\r\nb' }), ['notification.sharedSecret: INVALID']],
    ['a fraction for an id', told({ providerId: 1.5 }), ['providerId: INVALID']],
  ])('is refused with %s', (_what, body, problems) => {
    expect(problemsIn(() => read(body))).toEqual(problems);
  });
});

describe('what we tell of a share', () => {
  it('is found by its secret and by its grantee, whichever a server wants', () => {
    const body = notificationBody({
      type: 'SHARE_UNSHARED',
      providerId: '7f3a',
      secret: 'k3y',
      grantee: 'bo@peer.example',
      message: 'share removed',
    });
    expect(body).toEqual({
      notificationType: 'SHARE_UNSHARED',
      resourceType: 'file',
      providerId: '7f3a',
      notification: { sharedSecret: 'k3y', message: 'share removed', grantee: 'bo@peer.example' },
    });
    expect(read(body)).toMatchObject({ type: 'SHARE_UNSHARED', providerId: '7f3a', secret: 'k3y' });
  });

  it('of a person names the person', () => {
    const gone = {
      type: 'USER_REMOVED',
      providerId: 'a-77',
      secret: 'k3y',
      grantee: 'a@b.example',
      message: '',
    } as const;
    expect(notificationBody(gone).resourceType).toBe('user');
  });
});
