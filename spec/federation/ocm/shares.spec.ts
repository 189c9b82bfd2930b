import { describe, expect, it } from 'vitest';
import {
  checkKinds,
  ocmError,
  OcmRefusal,
  printAddress,
  readShare,
  usableAccess,
} from '../../../src/federation/ocm/index.js';
import { Failure } from '../../../src/kernel/index.js';
import { json, problemsIn, profile, shareOf, type Profile } from './support.js';

const UUID = '0a9d3c51-6a14-4d7e-8c53-0d9a1c5f2b11';

describe('a share that a server announces', () => {
  it.each([
    ['nc29', 'legacy', 'ana@peer.example', '1', 'hello.txt', 'file', undefined],
    ['nc32', 'legacy', 'ana@peer.example', '1', 'hello.txt', 'file', undefined],
    ['nc34', 'legacy', 'ana@peer.example/cloud', '22', 'hello.txt', 'file', undefined],
    ['oc10', 'legacy', 'ana@peer.example', '7', 'Plans', 'file', undefined],
    ['ocis', 'multi', '4c510ada-c86b-4815-8820-42cdf82c3d51@peer.example', UUID, 'Plans', 'folder', ['read']],
    ['opencloud', 'multi', undefined, UUID, 'Plans', 'folder', ['read']],
    ['cernbox', 'multi', 'ana@peer.example', UUID, 'Plans', 'folder', ['read']],
    ['seafile', 'legacy', 'ana@peer.example', 'b3f0d1', 'hello.txt', 'library', undefined],
    ['opencloudmesh-go', 'multi', 'YW5hQGlkcC5leGFtcGxl@peer.example', UUID, 'Plans', 'file', ['read']],
  ] as const)('%s: is read', (name, shape, sender, providerId, itemName, resourceType, permissions) => {
    const share = shareOf(name);
    expect(share).toMatchObject({
      shape,
      providerId,
      name: itemName,
      resourceType,
      shareType: 'user',
      description: '',
    });
    expect(share.recipient).toMatchObject({ id: 'bo', host: 'gw.example' });
    expect(share.webdav?.permissions).toEqual(permissions);
    expect(share.webdav?.secret).toMatch(/^\w{15,}$/);
    if (sender !== undefined) expect(printAddress(share.sender)).toBe(sender);
    expect(share.owner).toEqual(share.sender);
  });

  it('says where it is, whether as uri or as url', () => {
    expect(shareOf('ocis').webdav?.uri).toBe(`https://peer.example/dav/ocm/${UUID}`);
    expect(shareOf('opencloud').webdav?.uri).toBe(`https://peer.example/dav/ocm/${UUID}`);
    expect(shareOf('opencloudmesh-go').webdav?.uri).toBe('0a9d3c51');
    expect(shareOf('nc32').webdav?.uri).toBeUndefined();
  });

  it('ends when it says, in seconds; 0 and null are never', () => {
    expect(shareOf('opencloudmesh-go').expiresAt).toBe(1_893_456_000_000);
    for (const expiration of [0, null, undefined]) expect(shareOf('ocis', { expiration }).expiresAt).toBeUndefined();
  });

  it('names who shares by any of three fields, and how they are called', () => {
    const [owner, sharedBy, sender] = ['o@peer.example', 'b@peer.example', 's@peer.example'];
    const named = (change: object): string => shareOf('nc29', { owner, sharedBy, sender, ...change }).sender.id;
    expect(named({})).toBe('s');
    expect(named({ sender: null })).toBe('b');
    expect(named({ sender: null, sharedBy: undefined })).toBe('o');
    expect(shareOf('nc29').senderName).toBe('Ana');
    expect(shareOf('ocis')).toMatchObject({ ownerName: undefined, senderName: 'Ana Alder' });
  });

  it.each([
    ['/Plans/', 'Plans'],
    ['//a//', 'a'],
    [' a ', ' a '],
    ['a'.repeat(300), 'a'.repeat(255)],
    ['é'.repeat(200), 'é'.repeat(127)],
  ])('is called %j: %j', (sent, name) => {
    expect(shareOf('nc32', { name: sent }).name).toBe(name);
  });

  it.each(['', '/', '.', '..', '/../', 'a/b', 'a\\b', 'a\0b', 'a\nb', 'a\u0085b', '\ud800', 7, null])(
    'cannot be called %j',
    (name) => {
      expect(problemsIn(() => shareOf('nc32', { name }))).toEqual(['name: INVALID']);
    },
  );

  it('has texts without control characters and marks that turn the reading direction, cut to what is kept', () => {
    const share = shareOf('nc32', {
      description: `a\u202eb\u0007c${'x'.repeat(5_000)}`,
      ownerDisplayName: 'Ana\u202e\u0000 \u200bA',
      sharedByDisplayName: 'x'.repeat(5_000),
    });
    expect(share.description).toMatch(/^ab cx+$/);
    expect(share.description).toHaveLength(2_000);
    expect(share.ownerName).toBe('Ana  A');
    expect(share.senderName).toHaveLength(3);
    expect(shareOf('nc29', { sharedByDisplayName: 'x'.repeat(5_000) }).senderName).toHaveLength(100);
  });

  it('has its secret in one of three places, in this order', () => {
    const secretOf = (protocol: object): string | undefined => shareOf('nc32', { protocol }).webdav?.secret;
    const all = {
      name: 'webdav',
      webdav: { sharedSecret: 'one' },
      options: { sharedSecret: 'two', access_token: 'three' },
    };
    expect(secretOf(all)).toBe('one');
    expect(secretOf({ ...all, webdav: {} })).toBe('two');
    expect(secretOf({ ...all, webdav: undefined, options: { access_token: 'three' } })).toBe('three');
    expect(problemsIn(() => secretOf({ name: 'webdav', options: {} }))).toEqual([
      'protocol.webdav.sharedSecret: REQUIRED',
    ]);
    expect(problemsIn(() => secretOf({ name: 'webdav', options: [] }))).toEqual([
      'protocol.webdav.sharedSecret: REQUIRED',
    ]);
    expect(problemsIn(() => secretOf({ name: 'multi', webdav: {} }))).toEqual([
      'protocol.webdav.sharedSecret: REQUIRED',
    ]);
  });

  it.each([
    ['legacy', { name: 'webdav', options: { sharedSecret: 's' } }],
    ['single', { name: 'webdav', webdav: { uri: 'https://peer.example/d/', sharedSecret: 's' } }],
    ['single', { name: 'webdav', webdav: { sharedSecret: 's' }, options: { sharedSecret: 's' } }],
    ['multi', { name: 'multi', options: {}, webdav: { sharedSecret: 's' } }],
  ])('is of the shape %s: %j', (shape, protocol) => {
    expect(shareOf('nc32', { protocol })).toMatchObject({ shape, webdav: { secret: 's' } });
  });

  it('names everything that is wrong with it at once', () => {
    const wrong = {
      shareWith: 'bo',
      owner: undefined,
      sender: 'nobody',
      name: '..',
      providerId: '',
      expiration: 'tomorrow',
      resourceType: undefined,
      protocol: { name: 'multi', webdav: { sharedSecret: ' ', permissions: [] } },
    };
    expect(problemsIn(() => shareOf('nc32', wrong)).sort()).toEqual([
      'expiration: INVALID',
      'name: INVALID',
      'owner: REQUIRED',
      'protocol.webdav.permissions: INVALID',
      'protocol.webdav.sharedSecret: INVALID',
      'providerId: INVALID',
      'resourceType: REQUIRED',
      'sender: INVALID',
      'shareWith: INVALID',
    ]);
  });

  it.each(['shareWith', 'name', 'providerId', 'owner', 'resourceType', 'protocol'])('needs its %s', (field) => {
    expect(problemsIn(() => shareOf('nc32', { [field]: undefined }))).toEqual([`${field}: REQUIRED`]);
  });

  it('needs a name for its protocol, and takes users for granted', () => {
    expect(problemsIn(() => shareOf('nc32', { protocol: { webdav: { sharedSecret: 's' } } }))).toEqual([
      'protocol.name: REQUIRED',
    ]);
    expect(shareOf('nc32', { shareType: undefined }).shareType).toBe('user');
  });

  it('is JSON of at most 50 KiB', () => {
    const text = JSON.stringify(profile('nc32').share);
    const read = (type: string, body: string) => (): unknown => readShare({ type, text: body });
    expect(read('application/json; charset=utf-8', text)).not.toThrow();
    expect(read('text/plain', text)).toThrow(expect.objectContaining({ code: 'unsupported-type' }));
    expect(read('application/json', `{${text}`)).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(read('application/json', '[]')).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(read('application/json', text + ' '.repeat(50 * 1024))).toThrow(
      expect.objectContaining({ code: 'too-large' }),
    );
  });
});

describe('what a share demands', () => {
  const demanding = (requirements: unknown, more: object = {}): object => ({
    protocol: { name: 'multi', webdav: { uri: 'https://peer.example/d/', sharedSecret: 's', requirements }, ...more },
  });

  it('is said in the newest words', () => {
    const older = ['token-exchange', 'mfa-enforced', 'request-signed', 'must-use-mfa', 'vendor'];
    const newest = ['must-exchange-token', 'must-use-http-sig', 'must-use-mfa', 'vendor'];
    expect(shareOf('cernbox', demanding(older)).requirements).toEqual(newest);
    expect(shareOf('opencloudmesh-go').requirements).toEqual(['must-exchange-token']);
    expect(shareOf('cernbox').requirements).toEqual([]);
  });

  it('is never an empty list, and never something that is no word', () => {
    for (const requirements of [[], [''], [7], 'must-use-mfa', {}])
      expect(problemsIn(() => shareOf('cernbox', demanding(requirements))).length).toBeGreaterThan(0);
  });

  it('is the same for all its protocols', () => {
    const webapp = (requirements: string[] | undefined): object => ({
      webapp: { uri: 'https://peer.example/', requirements },
    });
    const both = shareOf('cernbox', demanding(['must-use-mfa'], webapp(['mfa-enforced'])));
    expect(both).toMatchObject({ requirements: ['must-use-mfa'], otherProtocols: ['webapp'] });
    for (const other of [webapp(['must-exchange-token']), webapp(undefined), webapp([])])
      expect(problemsIn(() => shareOf('cernbox', demanding(['must-use-mfa'], other)))).toEqual([
        'protocol.requirements: INVALID',
      ]);
    expect(shareOf('cernbox', demanding(undefined, { ssh: 'host:22', embedded: null })).otherProtocols).toEqual([
      'ssh',
      'embedded',
    ]);
  });

  it('is met or the share refused: what nobody knows is not passed over', () => {
    const met = new Set(['must-exchange-token']);
    expect(usableAccess(shareOf('opencloudmesh-go'), met)).toMatchObject({ uri: '0a9d3c51' });
    for (const [share, name] of [
      [shareOf('opencloudmesh-go'), 'protocol.webdav.requirements'],
      [shareOf('cernbox', demanding(['vendor'])), 'protocol.webdav.requirements'],
      [shareOf('cernbox', { protocol: { name: 'multi', ssh: { uri: 'a@b:22/c' } } }), 'protocol'],
      [shareOf('cernbox', accessed(['datatx'])), 'protocol.webdav.accessTypes'],
    ] as const)
      expect(problemsIn(() => usableAccess(share, new Set()))).toEqual([`${name}: UNSUPPORTED`]);
    expect(usableAccess(shareOf('cernbox', accessed(['datatx', 'remote'])), met).accessTypes).toContain('remote');
  });

  const accessed = (accessTypes: string[]): object => ({
    protocol: { name: 'multi', webdav: { sharedSecret: 's', accessTypes, size: 7 } },
  });
});

describe('what is shared, and with whom', () => {
  it.each([
    ['nc32', {}],
    ['ocis', {}],
  ] as [Profile, object][])('%s: is taken', (name, change) => {
    expect(problemsIn(() => checkKinds(shareOf(name, change)))).toEqual([]);
  });

  it.each([
    ['shareType', { shareType: 'group' }],
    ['shareType', { shareType: 'federation' }],
    ['resourceType', { resourceType: 'calendar' }],
    ['resourceType', { resourceType: 'contact' }],
  ])('is refused as not offered: %s of %j', (name, change) => {
    const share = shareOf('nc32', change);
    expect(problemsIn(() => checkKinds(share))).toEqual([`${name}: UNSUPPORTED`]);
    expect(() => checkKinds(share)).toThrow(expect.objectContaining({ status: 501 }));
  });
});

describe('a refusal, as this protocol words it', () => {
  const refusalOf = (read: () => unknown): Failure => {
    try {
      read();
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
    throw new Error('nothing was refused');
  };

  it('has a message and what is wrong', () => {
    const refusal = refusalOf(() => shareOf('nc32', { shareWith: undefined }));
    expect(ocmError(refusal)).toEqual({
      status: 400,
      body: {
        message: 'Some fields are missing or cannot be used.',
        validationErrors: [{ name: 'shareWith', message: 'REQUIRED' }],
      },
    });
    expect(ocmError(refusalOf(() => checkKinds(shareOf('nc32', { resourceType: 'contact' })))).status).toBe(501);
  });

  it('of another kind has its own status, and nothing that is for the log', () => {
    const failure = new Failure('forbidden', 'Not trusted.', { detail: 'secret reason' });
    expect(ocmError(failure)).toEqual({ status: 403, body: { message: 'Not trusted.', validationErrors: [] } });
  });

  it('tells at most thirty things', () => {
    const wrong = { webdav: { sharedSecret: 's', accessTypes: Array.from({ length: 20 }, () => '') }, name: 'multi' };
    const refusal = refusalOf(() => readShare(json({ protocol: { ...wrong, options: 7 } })));
    expect(refusal).toBeInstanceOf(OcmRefusal);
    expect(ocmError(refusal).body.validationErrors.length).toBeLessThanOrEqual(30);
  });
});
