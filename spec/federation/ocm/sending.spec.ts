import { describe, expect, it } from 'vitest';
import {
  chooseManner,
  errorNote,
  judgeShareAnswer,
  readShare,
  shareBody,
  type SentShare,
} from '../../../src/federation/ocm/index.js';
import { json, PROFILES, recordOf } from './support.js';

const SHARE: SentShare = {
  recipient: 'bo@peer.example',
  name: 'Plans',
  description: '',
  kind: 'folder',
  providerId: '7f3a',
  owner: 'ana@gw.example',
  ownerName: 'Ana',
  sender: 'ana@gw.example',
  senderName: 'Ana',
  secret: 'k3yk3yk3y',
  permissions: ['read', 'write'],
  expiresAt: undefined,
  requirements: [],
  url: 'https://gw.example/dav/ocm/7f3a',
};
const PERSONS = {
  owner: 'ana@gw.example',
  ownerDisplayName: 'Ana',
  sender: 'ana@gw.example',
  senderDisplayName: 'Ana',
  sharedBy: 'ana@gw.example',
  sharedByDisplayName: 'Ana',
};

describe('a share of ours', () => {
  it('is to the first generation what Nextcloud sends itself', () => {
    expect(shareBody(SHARE, chooseManner(recordOf('nc34')))).toEqual({
      ...PERSONS,
      shareWith: 'bo@peer.example',
      shareType: 'user',
      name: 'Plans',
      resourceType: 'file',
      description: '',
      providerId: '7f3a',
      protocol: {
        name: 'webdav',
        options: {
          sharedSecret: 'k3yk3yk3y',
          permissions: '{http://open-cloud-mesh.org/ns}share-permissions',
        },
      },
    });
  });

  it('has for oCIS and OpenCloud nothing in its protocol that they would refuse', () => {
    for (const name of ['ocis', 'opencloud'] as const)
      expect(shareBody(SHARE, chooseManner(recordOf(name)))).toEqual({
        ...PERSONS,
        shareWith: 'bo@peer.example',
        shareType: 'user',
        name: 'Plans',
        resourceType: 'file',
        description: '',
        providerId: '7f3a',
        protocol: {
          name: 'multi',
          webdav: { uri: SHARE.url, sharedSecret: 'k3yk3yk3y', permissions: ['read', 'write'] },
        },
      });
  });

  it('is a folder where folders are known, and relative where that is wanted', () => {
    expect(shareBody(SHARE, chooseManner(recordOf('cernbox'))).resourceType).toBe('folder');
    expect(shareBody({ ...SHARE, kind: 'file' }, chooseManner(recordOf('cernbox'))).resourceType).toBe('file');
    expect(shareBody(SHARE, chooseManner(recordOf('opencloudmesh-go'))).protocol).toMatchObject({
      webdav: { uri: '7f3a' },
    });
  });

  it('may demand something, and end', () => {
    const strict = { ...SHARE, requirements: ['must-exchange-token'], expiresAt: 1_893_456_000_999 };
    const body = shareBody(strict, { shape: 'single', uri: 'absolute', folder: 'file' });
    expect(body).toMatchObject({
      expiration: 1_893_456_000,
      protocol: { name: 'webdav', webdav: { requirements: ['must-exchange-token'] } },
    });
  });

  it.each(PROFILES)('for %s is read by our own reader as it was meant', (name) => {
    const manner = chooseManner(recordOf(name));
    const read = readShare(json(shareBody(SHARE, manner)));
    expect(read).toMatchObject({
      name: 'Plans',
      providerId: '7f3a',
      shape: manner.shape,
      webdav: { secret: 'k3yk3yk3y' },
    });
    expect(read).toMatchObject({ recipient: { id: 'bo' }, sender: { id: 'ana', host: 'gw.example' } });
  });
});

describe('an answer to a share', () => {
  it.each([
    [201, { recipientDisplayName: 'Gina Test' }, { kind: 'taken', recipientName: 'Gina Test' }],
    [201, [], { kind: 'taken', recipientName: undefined }],
    [200, {}, { kind: 'taken', recipientName: undefined }],
    [201, undefined, { kind: 'taken', recipientName: undefined }],
    [400, { message: 'Missing arguments', validationErrors: [] }, { kind: 'other-shape', note: 'Missing arguments' }],
    [501, { message: 'Unsupported protocol' }, { kind: 'other-shape', note: 'Unsupported protocol' }],
    [
      404,
      { code: 'RESOURCE_NOT_FOUND', message: 'user not found' },
      { kind: 'unknown-recipient', note: 'user not found' },
    ],
    [409, undefined, { kind: 'already-there' }],
    [
      401,
      { code: 'UNAUTHENTICATED', message: 'provider not authorized' },
      { kind: 'not-trusted', note: 'provider not authorized' },
    ],
    [403, undefined, { kind: 'not-trusted', note: '' }],
    [429, undefined, { kind: 'trouble', note: '' }],
    [503, 'resting', { kind: 'trouble', note: '' }],
    [302, undefined, { kind: 'refused', note: '' }],
  ])('%i with %j', (status, body, expected) => {
    expect(judgeShareAnswer(status, body)).toEqual(expected);
  });

  it('is cut to what administrators read', () => {
    expect(errorNote({ message: 'Invitation expired', error: true })).toBe('Invitation expired');
    expect(errorNote({ message: `a\u0000${'x'.repeat(5_000)}` })).toHaveLength(300);
    expect(errorNote({ message: 7 })).toBe('');
    expect(judgeShareAnswer(201, { recipientDisplayName: 'x\u202e'.repeat(500) })).toEqual({
      kind: 'taken',
      recipientName: 'x'.repeat(100),
    });
  });
});
