import { describe, expect, it } from 'vitest';
import { checkOrigin, openingOf, signersOf } from '../../../src/federation/ocm/index.js';
import { problemsIn, recordOf, shareOf, type Profile } from './support.js';

describe('where a share may come from (open-cloud-mesh.md 4.3)', () => {
  const reshare = { owner: 'ana@peer.example', sender: 'cy@cedar.example', sharedBy: 'cy@cedar.example' };

  it.each([
    ['unsigned, owner and sender at one server', {}, undefined, 'believed'],
    ['signed by the server of both', {}, 'peer.example', 'believed'],
    ['a reshare that the owner’s server signed', reshare, 'peer.example', 'believed'],
    ['an unsigned reshare', reshare, undefined, 'probe-owner'],
  ] as const)('%s: %s', (_what, change, signer, outcome) => {
    expect(checkOrigin(shareOf('nc32', change), signer)).toBe(outcome);
  });

  it.each([
    ['a stranger', {}, 'evil.example'],
    ['a look-alike', {}, 'peer.example.evil.example'],
    ['the same host at another port', {}, 'peer.example:8443'],
    ['the server of the sender, for somebody else’s folder', reshare, 'cedar.example'],
    ['a third one', reshare, 'evil.example'],
  ])('signed by %s is refused (OCM-02)', (_what, change, signer) => {
    const share = shareOf('nc32', change);
    expect(() => checkOrigin(share, signer)).toThrow(expect.objectContaining({ code: 'forbidden' }));
    expect(signersOf(share)).toEqual(['peer.example']);
  });
});

describe('where a received share is opened', () => {
  it.each([
    ['nc32', {}, 'https://peer.example/public.php/webdav/', 'basic'],
    ['nc34', {}, 'https://peer.example/cloud/public.php/webdav/', 'basic'],
    ['oc10', {}, 'https://peer.example/public.php/webdav/', 'basic'],
    ['seafile', {}, 'https://peer.example/seafdav', 'basic'],
    ['ocis', {}, 'https://peer.example/dav/ocm/0a9d3c51-6a14-4d7e-8c53-0d9a1c5f2b11', 'bearer-then-basic'],
    ['opencloudmesh-go', {}, 'https://peer.example/webdav/ocm/0a9d3c51', 'bearer-then-basic'],
  ] as const)('%s: %s', (name, change, url, tries) => {
    expect(openingOf(shareOf(name, change), recordOf(name))).toEqual({ url, tries });
  });

  it('has the sub-folder of its owner in front of a path that leaves it out', () => {
    const share = shareOf('nc34');
    const opening = openingOf(share, recordOf('nc32'));
    expect(opening.url).toBe('https://peer.example/cloud/public.php/webdav/');
    expect(openingOf(share, recordOf('nc34', { resourceTypes: [] })).url).toBe(opening.url);
  });

  const at = (uri: string): object => ({ protocol: { name: 'multi', webdav: { uri, sharedSecret: 's' } } });

  it.each([
    ['another host', 'https://evil.example/dav/'],
    ['another port', 'https://peer.example:8443/dav/'],
    ['no TLS', 'http://peer.example/dav/'],
    ['another scheme', 'file:///etc/passwd'],
    ['user information', 'https://ana@peer.example/dav/'],
    ['a query', 'https://peer.example/dav/?a'],
    ['a way out', '../../admin'],
    ['an escaped way out', '%2e%2e/admin'],
    ['a query of its own', 'a?b'],
    ['nothing but slashes', '//'],
    ['a backslash', 'a\\b'],
  ])('is nowhere that has %s', (_what, uri) => {
    expect(problemsIn(() => openingOf(shareOf('ocis', at(uri)), recordOf('ocis')))).toEqual([
      'protocol.webdav.uri: INVALID',
    ]);
  });

  it('is nowhere when the id looks like a host to some readers (OCM-06)', () => {
    const share = shareOf('ocis', at('//evil.example/x'));
    expect(problemsIn(() => openingOf(share, recordOf('ocis')))).toEqual(['protocol.webdav.uri: INVALID']);
  });

  it.each(['//evil.example/dav/', '//[', '/dav?a=b'])(
    'is nowhere when the root that its server advertises is %s',
    (webdav) => {
      for (const name of ['nc32', 'ocis'] as Profile[]) {
        const record = recordOf('nc32', { resourceTypes: [{ name: 'file', protocols: { webdav } }] });
        const share = name === 'nc32' ? shareOf(name) : shareOf(name, at('id'));
        expect(problemsIn(() => openingOf(share, record))).toEqual(['protocol.webdav.uri: INVALID']);
      }
    },
  );

  it('is without TLS on trial, when its owner’s address says so', () => {
    const local = 'ana@http://127.0.0.1:8081';
    const share = shareOf('nc29', { owner: local, sharedBy: local });
    expect(openingOf(share, recordOf('nc29')).url).toBe('http://127.0.0.1:8081/public.php/webdav/');
  });
});
