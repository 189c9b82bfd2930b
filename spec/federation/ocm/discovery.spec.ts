import { describe, expect, it } from 'vitest';
import { readDiscovery, signingFor } from '../../../src/federation/ocm/index.js';
import { profile, PROFILES, recordOf } from './support.js';

describe('what a server says of itself', () => {
  it.each(PROFILES)('%s: is read into one record', (name) => {
    const { base } = profile(name);
    const record = recordOf(name);
    expect(record.endPoint.startsWith(`${base}/`)).toBe(true);
    expect(record.endPoint.endsWith('/')).toBe(false);
    expect(record.resourceTypes.length).toBeGreaterThan(0);
    expect(record.resourceTypes[0]?.protocols.webdav).toMatch(/^\//);
    expect(record.resourceTypes[0]?.shareTypes).toContain('user');
  });

  it.each([
    ['nc29', 'list', [], 'unsigned'],
    ['nc32', 'list', ['invites', 'notifications', 'shares'], 'cavage'],
    ['nc34', 'list', ['invites', 'notifications', 'shares'], 'cavage'],
    ['oc10', 'share-types', [], 'unsigned'],
    ['ocis', 'list', ['invites'], 'unsigned'],
    ['opencloud', 'list', ['invites'], 'unsigned'],
    ['cernbox', 'list', ['invites', 'notifications'], 'unsigned'],
    ['seafile', 'object', [], 'unsigned'],
    [
      'opencloudmesh-go',
      'list',
      ['exchange-token', 'http-sig', 'invites', 'invite-wayf', 'notifications', 'protocol-object'],
      'rfc9421',
    ],
  ] as const)(
    '%s: its form, its abilities in the newest words, and how it is signed to',
    (name, form, capabilities, signing) => {
      const record = recordOf(name);
      expect(record).toMatchObject({ form, capabilities });
      expect(signingFor(record)).toBe(signing);
    },
  );

  it('keeps the key of the draft with the id that signatures name', () => {
    expect(recordOf('nc34').publicKey).toEqual({
      keyId: 'https://peer.example/cloud/ocm#signature',
      pem: expect.stringMatching(/^-----BEGIN PUBLIC KEY/),
    });
    const older = { id: 'https://peer.example/ocm#signature', publicKeyPem: 'pem' };
    expect(recordOf('nc32', { publicKey: older }).publicKey).toEqual({ keyId: older.id, pem: 'pem' });
  });

  it('says its demands in the newest words', () => {
    expect(recordOf('cernbox').criteria).toEqual(['must-invite']);
    const criteria = ['http-request-signatures', 'TOKEN-EXCHANGE', 'invite', 'denylist'];
    const newest = ['must-use-http-sig', 'must-exchange-token', 'must-invite', 'denylist'];
    expect(recordOf('cernbox', { criteria }).criteria).toEqual(newest);
    expect(recordOf('cernbox', { capabilities: ['/mfa-capable', 'Invites'] }).capabilities).toEqual([
      'enforce-mfa',
      'invites',
    ]);
  });

  it('may name addresses by a path; those that get secrets or give keys are on its own host', () => {
    expect(recordOf('cernbox').inviteAcceptDialog).toBe('https://peer.example/open-cloud-mesh/accept-invite');
    const change = (tokenEndPoint: string): object => ({ tokenEndPoint, jwksUri: tokenEndPoint });
    expect(recordOf('opencloudmesh-go', change('/ocm/token'))).toMatchObject(change('https://peer.example/ocm/token'));
    for (const elsewhere of [
      'https://evil.example/t',
      'http://peer.example/t',
      '//evil.example/t',
      'javascript:1',
      '\n',
      7,
    ])
      expect(recordOf('opencloudmesh-go', change(elsewhere as string))).toMatchObject({
        tokenEndPoint: undefined,
        jwksUri: undefined,
      });
  });

  it.each([
    ['a key that is a bare text', { publicKey: '-----BEGIN RSA PUBLIC KEY-----' }, { publicKey: undefined }],
    ['no key', { publicKey: null }, { publicKey: undefined }],
    [
      'a key without its text',
      { publicKey: { keyId: 'https://peer.example/ocm#signature' } },
      { publicKey: undefined },
    ],
    ['no enabled', { enabled: undefined }, { version: '1.1.0' }],
    ['no apiVersion', { apiVersion: undefined }, { apiVersion: '', version: '1.1.0' }],
    ['capabilities that are an object', { capabilities: { invites: true } }, { capabilities: [] }],
    ['capabilities of other types', { capabilities: [1, null, 'shares', {}] }, { capabilities: ['shares'] }],
    ['no resources', { resourceTypes: undefined }, { resourceTypes: [], form: 'list' }],
    ['resources that are nothing', { resourceTypes: [null, 7, {}] }, { resourceTypes: [] }],
    [
      'protocols in the way of PHP',
      { resourceTypes: [{ name: 'file', protocols: [] }] },
      { resourceTypes: [{ name: 'file', shareTypes: ['user'], protocols: { webdav: undefined, names: [] } }] },
    ],
    [
      'protocols of any type',
      { resourceTypes: [{ name: 'file', protocols: { webdav: '/d/', webapp: {}, ssh: 7, 'webdav-receive': 'x' } }] },
      { resourceTypes: [{ protocols: { webdav: '/d/', names: ['webdav', 'webapp', 'ssh', 'webdav-receive'] } }] },
    ],
    [
      'several resources by their names',
      { resourceTypes: { file: { protocols: { webdav: '/d/' } }, other: 'x' } },
      { form: 'object', resourceTypes: [{ name: 'file' }] },
    ],
    ['a name with marks that nobody sees', { provider: 'Next\u202ecloud\u200b' }, { provider: 'Nextcloud' }],
    ['a name of another type', { provider: {} }, { provider: undefined }],
  ])('may have %s', (_what, change, expected) => {
    expect(recordOf('nc32', change)).toMatchObject(expected);
  });

  it('is `unavailable` when sharing is off, which is no error in the document', () => {
    const off = {
      enabled: false,
      apiVersion: '1.0-proposal1',
      version: '',
      endPoint: '',
      publicKey: null,
      resourceTypes: [],
    };
    expect(() => readDiscovery(off, 'https://peer.example')).toThrow(expect.objectContaining({ code: 'unavailable' }));
  });

  it.each([
    ['a page', '<html>'],
    ['a list', []],
    ['null', null],
    ['no end point', { apiVersion: '1.0' }],
    ['a relative end point', { apiVersion: '1.0', endPoint: '/ocm' }],
    ['an end point on another host', { apiVersion: '1.0', endPoint: 'https://evil.example/ocm' }],
    ['an end point on another port', { apiVersion: '1.0', endPoint: 'https://peer.example:8443/ocm' }],
    ['an end point without TLS', { apiVersion: '1.0', endPoint: 'http://peer.example/ocm' }],
    ['an end point with a user', { apiVersion: '1.0', endPoint: 'https://a:b@peer.example/ocm' }],
    ['an end point with a query', { apiVersion: '1.0', endPoint: 'https://peer.example/ocm?a' }],
    ['no version', { endPoint: 'https://peer.example/ocm' }],
  ])('is refused with one text, the reason being for the log: %s (OCM-04)', (_what, document) => {
    const refusal = { code: 'peer-failed', message: 'No server that this cloud can share with was found there.' };
    expect(() => readDiscovery(document, 'https://peer.example')).toThrow(expect.objectContaining(refusal));
  });
});
