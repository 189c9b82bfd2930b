import { describe, expect, it } from 'vitest';
import {
  chooseManner,
  ownDocument,
  readDiscovery,
  signingFor,
  type OwnServer,
} from '../../../src/federation/ocm/index.js';

const OWN: OwnServer = {
  name: 'Example Gateway',
  publicUrl: 'https://gw.example/',
  capabilities: ['notifications', 'protocol-object', 'http-sig', 'invites', 'invite-wayf'],
  criteria: [],
  stringsOnly: 'go-client',
  publicKey: { keyId: 'https://gw.example/ocm#signature', pem: 'PEM' },
};
const WELL_KNOWN = { path: 'well-known', userAgent: 'curl/8' } as const;
const FULL = { webdav: '/public.php/webdav/', 'webdav-receive': { uri: 'absolute' } };
const STRINGS = { webdav: '/public.php/webdav/' };

describe('our own discovery document', () => {
  it('is the one of the contract', () => {
    expect(ownDocument(OWN, WELL_KNOWN)).toEqual({
      enabled: true,
      apiVersion: '1.4.0',
      version: '1.4.0',
      provider: 'Example Gateway',
      endPoint: 'https://gw.example/ocm',
      resourceTypes: [
        { name: 'file', shareTypes: ['user'], protocols: FULL },
        { name: 'folder', shareTypes: ['user'], protocols: FULL },
      ],
      capabilities: ['notifications', 'protocol-object', 'http-sig', 'invites', 'invite-wayf'],
      inviteAcceptDialog: 'https://gw.example/ocm/accept-invite',
      jwksUri: 'https://gw.example/ocm/jwks.json',
      publicKey: {
        keyId: 'https://gw.example/ocm#signature',
        id: 'https://gw.example/ocm#signature',
        publicKeyPem: 'PEM',
      },
    });
  });

  it.each([
    ['Nextcloud Server Crawler', '1.1.0'],
    ['Nextcloud-Server-Crawler/34.0.1', '1.4.0'],
    ['Go-http-client/1.1', '1.4.0'],
    ['', '1.4.0'],
  ])('says to "%s" that it speaks %s', (userAgent, apiVersion) => {
    for (const path of ['well-known', 'ocm-provider'] as const)
      expect(ownDocument(OWN, { path, userAgent })).toMatchObject({ apiVersion, version: '1.4.0' });
  });

  it.each([
    ['off', 'well-known', 'Go-http-client/1.1', FULL],
    ['off', 'ocm-provider', 'curl/8', STRINGS],
    ['go-client', 'well-known', 'Go-http-client/2.0', STRINGS],
    ['go-client', 'well-known', 'curl/8', FULL],
    ['go-client', 'ocm-provider', 'curl/8', STRINGS],
    ['always', 'well-known', 'curl/8', STRINGS],
  ] as const)('with strings only %s, at %s, to %s', (stringsOnly, path, userAgent, protocols) => {
    const strings = ownDocument({ ...OWN, stringsOnly }, { path, userAgent });
    expect(strings.resourceTypes.map((each) => each.protocols)).toEqual([protocols, protocols]);
    const { resourceTypes: _full, ...rest } = ownDocument(OWN, WELL_KNOWN);
    expect(strings).toMatchObject(rest);
  });

  it('says nothing of what is not offered', () => {
    const bare = { ...OWN, capabilities: ['notifications'], publicKey: undefined };
    const document = ownDocument(bare, WELL_KNOWN);
    expect(document.publicKey).toBeNull();
    expect(Object.keys(document)).not.toEqual(expect.arrayContaining(['jwksUri']));
    expect(Object.keys(document)).not.toEqual(expect.arrayContaining(['inviteAcceptDialog']));
    expect(ownDocument({ ...OWN, criteria: ['must-use-http-sig'] }, WELL_KNOWN)).toMatchObject({
      criteria: ['must-use-http-sig'],
    });
  });

  it('below a path keeps to it', () => {
    const document = ownDocument({ ...OWN, publicUrl: 'https://gw.example/cloud' }, WELL_KNOWN);
    expect(document.endPoint).toBe('https://gw.example/cloud/ocm');
    expect(document.resourceTypes[0]?.protocols).toMatchObject({ webdav: '/cloud/public.php/webdav/' });
  });

  it('is read by our own reader, which chooses the newest of everything', () => {
    const record = readDiscovery(ownDocument(OWN, WELL_KNOWN), 'https://gw.example');
    expect(chooseManner(record)).toEqual({ shape: 'multi', uri: 'absolute', folder: 'folder' });
    expect(signingFor(record)).toBe('rfc9421');
  });
});
