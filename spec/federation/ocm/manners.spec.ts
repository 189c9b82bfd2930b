import { describe, expect, it } from 'vitest';
import { chooseManner, otherManner } from '../../../src/federation/ocm/index.js';
import { recordOf } from './support.js';

describe('how a share is written to a server (open-cloud-mesh.md 5)', () => {
  it.each([
    ['nc29', 'legacy', 'absolute', 'file'],
    ['nc32', 'legacy', 'absolute', 'file'],
    ['nc34', 'legacy', 'absolute', 'file'],
    ['oc10', 'legacy', 'absolute', 'file'],
    ['ocis', 'multi', 'absolute', 'file'],
    ['opencloud', 'multi', 'absolute', 'file'],
    ['cernbox', 'multi', 'absolute', 'folder'],
    ['seafile', 'legacy', 'absolute', 'file'],
    ['opencloudmesh-go', 'multi', 'relative', 'file'],
  ] as const)('%s: %s, %s, a folder as %s', (name, shape, uri, folder) => {
    expect(chooseManner(recordOf(name))).toEqual({ shape, uri, folder });
  });

  it('what an operator set, or was found to work, comes before what the server says', () => {
    expect(chooseManner(recordOf('ocis'), { folder: 'folder' })).toEqual({
      shape: 'multi',
      uri: 'absolute',
      folder: 'folder',
    });
    expect(chooseManner(recordOf('nc32'), { shape: 'multi' }).shape).toBe('multi');
  });

  it('a Nextcloud that exchanges tokens gets the strict shape only when tokens are demanded', () => {
    const exchange = { capabilities: ['exchange-token'], tokenEndPoint: 'https://peer.example/cloud/token' };
    const record = recordOf('nc34', exchange);
    expect(chooseManner(record).shape).toBe('legacy');
    expect(chooseManner(record, {}, true).shape).toBe('single');
    expect(chooseManner(recordOf('nc34', { capabilities: ['exchange-token'] }), {}, true).shape).toBe('legacy');
    expect(chooseManner(recordOf('ocis'), {}, true).shape).toBe('multi');
  });

  it.each([
    ['1.1', {}, 'multi'],
    ['1.2.2', {}, 'multi'],
    ['1.3.0', {}, 'multi'],
    ['1.4.0', {}, 'legacy'],
    ['1.0', {}, 'legacy'],
    ['1.10.0', {}, 'legacy'],
    ['1.1.0', { version: '1.1.0' }, 'legacy'],
    ['1.2.0', { publicKey: { keyId: 'k', publicKeyPem: 'pem' } }, 'legacy'],
  ])('apiVersion %s with %j: %s', (apiVersion, change, shape) => {
    expect(chooseManner(recordOf('ocis', { apiVersion, ...change })).shape).toBe(shape);
  });

  it('an object that says how shares are received is enough, whatever it says', () => {
    const protocols = { webdav: '/dav/', 'webdav-receive': {} };
    const record = recordOf('nc29', { resourceTypes: [{ name: 'folder', protocols }] });
    expect(chooseManner(record)).toEqual({ shape: 'multi', uri: 'absolute', folder: 'folder' });
  });

  it('the other shape is tried after a refusal', () => {
    const other = (name: 'nc34' | 'cernbox'): unknown => otherManner(recordOf(name), chooseManner(recordOf(name)));
    expect(other('nc34')).toEqual({ shape: 'multi', uri: 'absolute', folder: 'file' });
    expect(other('cernbox')).toEqual({ shape: 'legacy', uri: 'absolute', folder: 'file' });
    const legacy = { shape: 'legacy', uri: 'absolute', folder: 'file' } as const;
    expect(otherManner(recordOf('cernbox'), legacy).folder).toBe('folder');
  });
});
