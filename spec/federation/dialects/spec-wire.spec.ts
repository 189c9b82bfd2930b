import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSpecDialect, type SignedWire } from '../../../src/federation/index.js';
import { isFailure, storageTime, type Fields, type PeerId } from '../../../src/kernel/index.js';
import type { Peer } from '../../../src/peers/index.js';
import type { OutboundAnswer } from '../../../src/platform/index.js';

const NOW = Date.UTC(2026, 10, 21);

const alder: Peer = {
  id: 'alder' as PeerId,
  name: 'Alder',
  dialect: 'spec',
  transport: 'server-post',
  storageApi: 'stacksync-v2',
  shareUrl: 'https://alder.example/interop/share',
  unshareUrl: 'https://alder.example/interop/unshare',
  credentialsUrl: 'https://alder.example/interop/credentials',
  origins: ['https://alder.example', 'https://api.alder.example'],
  emailDomains: [],
  description: undefined,
  logoUrl: undefined,
  limits: { proposals: undefined, messages: undefined },
  returnUrl: undefined,
  allowUnsigned: false,
  credentialsByGet: false,
  inbound: { key: 'k', secret: 's' },
  outbound: { key: 'k2', secret: 's2' },
  blocked: false,
  createdAt: 0,
  changedAt: 0,
};

const GOOD: Record<string, string> = {
  share_id: '2b7c',
  resource_url: 'https://api.alder.example/v1/folder/1972',
  owner_name: 'Ana',
  owner_email: 'ana@alder.example',
  folder_name: 'Plans',
  permission: 'read-write',
  recipient: 'bo@mail.example',
  callback: 'https://alder.example/interop/result/k3J',
  protocol_version: '1.0',
};

interface Sent {
  url: string;
  fields: Fields;
}

/** A wire that keeps what was sent and answers as told. */
function scripted(answer: Partial<OutboundAnswer>): { wire: SignedWire; sent: Sent[] } {
  const sent: Sent[] = [];
  const full = { status: 200, headers: {}, body: Buffer.alloc(0), ...answer };
  const wire: SignedWire = {
    postForm: (_peer, url, fields) => {
      sent.push({ url, fields });
      return Promise.resolve(full);
    },
    getSigned: () => Promise.resolve(full),
    signUrl: (_peer, url) => new URL(`${url.href}&oauth_signature=x`),
  };
  return { wire, sent };
}

const dialect = createSpecDialect(scripted({}).wire);

function fieldsWith(changes: Record<string, string | undefined>): Fields {
  return Object.entries({ ...GOOD, ...changes }).filter((pair): pair is [string, string] => pair[1] !== undefined);
}

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (isFailure(error, 'invalid')) return error.message;
    throw error;
  }
  return 'accepted';
}

const readWith = (changes: Record<string, string | undefined>): string =>
  refusal(() => dialect.readOffer(fieldsWith(changes), alder, NOW));

describe('the spec dialect reads a proposal', () => {
  it('with all its fields', () => {
    expect(dialect.readOffer(fieldsWith({}), alder, NOW)).toEqual({
      shareId: '2b7c',
      resourceUrl: GOOD['resource_url'],
      ownerName: 'Ana',
      ownerEmail: 'ana@alder.example',
      folderName: 'Plans',
      permission: 'read-write',
      recipient: 'bo@mail.example',
      callback: GOOD['callback'],
      expiresAt: undefined,
    });
  });

  it('whose version is absent or empty, as 1.0; other versions in the words of the references', () => {
    expect(readWith({ protocol_version: undefined })).toBe('accepted');
    expect(readWith({ protocol_version: '' })).toBe('accepted');
    expect(readWith({ protocol_version: '1.1' })).toBe('Wrong protocol version. Must be 1.0.');
  });

  it('PRO-06 naming the first missing field in table order', () => {
    const names = Object.keys(GOOD).filter((name) => name !== 'protocol_version');
    for (const [index, name] of names.entries()) {
      const missing = Object.fromEntries(names.slice(index).map((later) => [later, undefined]));
      expect(readWith(missing)).toBe(`${name} is missing`);
    }
  });

  it('under either name of the folder, but not under two that differ', () => {
    expect(readWith({ folder_name: undefined, resource_name: 'Plans' })).toBe('accepted');
    expect(readWith({ resource_name: 'Plans' })).toBe('accepted');
    expect(readWith({ resource_name: 'Other' })).toContain('differ');
  });

  it('PRO-06 with a permission in any letter case, and no other word', () => {
    expect(readWith({ permission: 'Read-Only' })).toBe('accepted');
    for (const word of ['write', 'true', 'read_only', 'READ-WRITE '])
      expect(readWith({ permission: word })).toContain('permission');
  });

  it('PRO-06 refusing repeats that differ, overlong values and control characters, for every field', () => {
    for (const [name, value] of Object.entries(GOOD)) {
      expect(refusal(() => dialect.readOffer([...fieldsWith({}), [name, `${value}x`]], alder, NOW))).toContain(name);
      expect(readWith({ [name]: `${value}\u0007` })).toContain(name);
      expect(readWith({ [name]: value.padEnd(2_100, 'x') })).toContain(name === 'protocol_version' ? 'version' : name);
      expect(refusal(() => dialect.readOffer([...fieldsWith({}), [name, value]], alder, NOW))).toBe('accepted');
    }
  });

  it('PRO-06 and never throws anything but a clear refusal, whatever the fields hold', () => {
    const value = fc.oneof(fc.string(), fc.constantFrom('', 'https://alder.example', '\u202e', '../..', 'null'));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(GOOD)), value, (name, text) => {
        expect(typeof readWith({ [name]: text })).toBe('string');
      }),
    );
  });

  it('PRO-03 refusing addresses off the origins of the peer', () => {
    const strangers = [
      'https://evil.example/v1/folder/1',
      'https://alder.example.evil.example/v1/folder/1',
      'https://alder.example@evil.example/',
      'https://user@alder.example/v1/folder/1',
      'https://alder.example/v1/folder/1#x',
      'https://alder.example\\@evil.example/',
      'http://alder.example/v1/folder/1',
      'https://alder.example:8443/v1/folder/1',
      '//alder.example/v1',
      'javascript:alert(1)',
      'https://alder.example/a/../b',
    ];
    for (const url of strangers) {
      expect([url, readWith({ resource_url: url })]).toEqual([url, expect.stringContaining('resource_url')]);
      expect([url, readWith({ callback: url })]).toEqual([url, expect.stringContaining('callback')]);
    }
  });

  it('CBK-07 refusing a callback that names the answer itself, allowing another query', () => {
    expect(readWith({ callback: 'https://alder.example/cb?accepted=true' })).toContain('callback');
    expect(readWith({ callback: 'https://alder.example/cb?share_id=1' })).toContain('callback');
    expect(readWith({ callback: 'https://alder.example/cb?x=1' })).toBe('accepted');
  });

  it('with an expiry of the owner, refused when malformed or past', () => {
    const offer = dialect.readOffer(fieldsWith({ expires_at: storageTime(NOW + 1000) }), alder, NOW);
    expect(offer.expiresAt).toBe(NOW + 1000);
    expect(readWith({ expires_at: storageTime(NOW) })).toContain('expires_at');
    expect(readWith({ expires_at: 'tomorrow' })).toContain('expires_at');
  });
});

describe('the spec dialect reads', () => {
  it('CBK-02 a decision in any letter case, and nothing that only looks like one', () => {
    const read = (accepted: string | undefined): unknown => {
      const fields: Fields = [['share_id', 'x'], ...(accepted === undefined ? [] : [['accepted', accepted] as const])];
      try {
        return dialect.readDecision(fields).accepted;
      } catch {
        return 'refused';
      }
    };
    expect(['true', 'True', 'TRUE'].map(read)).toEqual([true, true, true]);
    expect(['false', 'False', 'FALSE'].map(read)).toEqual([false, false, false]);
    for (const bad of ['', '1', '0', 'yes', 'no', 'truefalse', ' true', undefined])
      expect([bad, read(bad)]).toEqual([bad, 'refused']);
    const twice: Fields = [
      ['share_id', 'x'],
      ['accepted', 'true'],
      ['accepted', 'false'],
    ];
    expect(refusal(() => dialect.readDecision(twice))).toContain('accepted');
  });

  it('credentials under every known pair of names, in the order of the contract', () => {
    const base: Fields = [
      ['share_id', 'x'],
      ['auth_protocol', 'OAuth'],
      ['auth_protocol_version', '1.0a'],
    ];
    const names = [
      ['access_token_key', 'access_token_secret'],
      ['oauth_access_token', 'oauth_access_token_secret'],
      ['oauth_token', 'oauth_token_secret'],
    ] as const;
    for (const [token, secret] of names) {
      expect(dialect.readGrant([...base, [token, 'T'], [secret, 'S']])).toEqual({
        shareId: 'x',
        token: 'T',
        secret: 'S',
      });
    }
    const all: Fields = [...base, ['oauth_token', 'T3'], ['access_token_key', 'T1'], ['access_token_secret', 'S1']];
    expect(dialect.readGrant(all)).toEqual({ shareId: 'x', token: 'T1', secret: 'S1' });
  });

  it('CRD-05 credentials of no other protocol, and none with a part missing', () => {
    const read = (fields: Fields): string => refusal(() => dialect.readGrant(fields));
    const base: Fields = [
      ['share_id', 'x'],
      ['auth_protocol', 'oauth'],
      ['auth_protocol_version', '1.0a'],
    ];
    expect(
      read([
        ['share_id', 'x'],
        ['auth_protocol', 'bearer'],
        ['auth_protocol_version', '1.0a'],
      ]),
    ).toBe('Authentication method not supported');
    expect(
      read([
        ['share_id', 'x'],
        ['auth_protocol', 'oauth'],
        ['auth_protocol_version', '2.0'],
      ]),
    ).toBe('Authentication method not supported');
    expect(read(base)).toBe('access_token_key is missing');
    expect(read([...base, ['access_token_key', 'T']])).toBe('access_token_secret is missing');
  });

  it('an end with its reason; an unknown reason counts as none', () => {
    expect(
      dialect.readEnd([
        ['share_id', 'x'],
        ['reason', 'Withdrawn'],
      ]),
    ).toEqual({ shareId: 'x', reason: 'withdrawn' });
    expect(
      dialect.readEnd([
        ['share_id', 'x'],
        ['reason', 'bored'],
      ]),
    ).toEqual({ shareId: 'x', reason: undefined });
    expect(refusal(() => dialect.readEnd([['reason', 'left']]))).toBe('share_id is missing');
  });
});

describe('the spec dialect sends', () => {
  const offer = dialect.readOffer(fieldsWith({ expires_at: storageTime(NOW + 1000) }), alder, NOW);

  it('a proposal that it reads back unchanged', async () => {
    const { wire, sent } = scripted({
      status: 303,
      headers: { location: 'https://alder.example/interop/proposals/1' },
    });
    const answer = await createSpecDialect(wire).sendOffer(alder, offer);
    expect(answer).toEqual({ kind: 'page', location: new URL('https://alder.example/interop/proposals/1') });
    expect(sent[0]?.url).toBe(alder.shareUrl);
    expect(dialect.readOffer(sent[0]?.fields ?? [], alder, NOW)).toEqual(offer);
  });

  it('PRO-14 nobody to a page that is not the peer’s own', async () => {
    for (const location of [
      'https://evil.example/',
      '//evil.example',
      'https://alder.example@evil.example/',
      'http://alder.example/',
    ]) {
      const { wire } = scripted({ status: 302, headers: { location } });
      expect((await createSpecDialect(wire).sendOffer(alder, offer)).kind).toBe('unreachable');
    }
    const { wire } = scripted({ status: 302, headers: { location: '/interop/proposal/2b7c/' } });
    expect(await createSpecDialect(wire).sendOffer(alder, offer)).toEqual({
      kind: 'page',
      location: new URL('https://alder.example/interop/proposal/2b7c/'),
    });
  });

  it('and tells a refusal from trouble', async () => {
    const kindOf = async (status: number): Promise<string> => {
      const { wire } = scripted({ status });
      return (await createSpecDialect(wire).sendOffer(alder, offer)).kind;
    };
    expect(await Promise.all([400, 401, 403, 404, 409].map(kindOf))).toEqual(Array(5).fill('refused'));
    expect(await Promise.all([200, 307, 408, 429, 500, 503].map(kindOf))).toEqual(Array(6).fill('unreachable'));
  });

  it('CBK-07 the decision behind the query that the callback has, with one question mark', () => {
    const url = dialect.decisionUrl(alder, 'https://alder.example/cb?x=1', { shareId: 'a b', accepted: false });
    expect(url.search.startsWith('?x=1&share_id=a+b&accepted=false')).toBe(true);
    expect(url.href.match(/\?/g)).toHaveLength(1);
  });

  it('DLV-05 every message, and classifies the answer', async () => {
    const kindOf = async (answer: Partial<OutboundAnswer>): Promise<string> => {
      const { wire } = scripted(answer);
      const sentBy = createSpecDialect(wire);
      const grant = await sentBy.sendGrant(alder, { shareId: 'x', token: 't', secret: 's' });
      const end = await sentBy.sendEnd(alder, { shareId: 'x', reason: 'left' });
      expect(end).toEqual(grant);
      return grant.kind === 'trouble' ? `${grant.kind}${grant.slow ? ' slow' : ''}` : grant.kind;
    };
    const kinds: Record<number, string> = {
      200: 'taken',
      201: 'taken',
      404: 'unknown',
      409: 'unfit',
      400: 'malformed',
      415: 'malformed',
      301: 'trouble slow',
      307: 'trouble slow',
      401: 'trouble slow',
      403: 'trouble slow',
      418: 'trouble slow',
      408: 'trouble',
      429: 'trouble',
      500: 'trouble',
      503: 'trouble',
    };
    for (const [status, kind] of Object.entries(kinds)) {
      expect([status, await kindOf({ status: Number(status) })]).toEqual([status, kind]);
    }
  });

  it('CRD-06 credentials whose redirect is trouble, never followed', async () => {
    const { wire, sent } = scripted({ status: 307, headers: { location: 'https://evil.example/' } });
    const answer = await createSpecDialect(wire).sendGrant(alder, { shareId: 'x', token: 't', secret: 's' });
    expect(answer.kind).toBe('trouble');
    expect(sent).toHaveLength(1);
    expect(sent[0]?.fields).toContainEqual(['access_token_key', 't']);
    expect(sent[0]?.fields.every(([name]) => !name.startsWith('oauth_'))).toBe(true);
  });

  it('nothing to a peer without an address for ends, and counts it as told', async () => {
    const { wire, sent } = scripted({});
    const answer = await createSpecDialect(wire).sendEnd(
      { ...alder, unshareUrl: undefined },
      { shareId: 'x', reason: 'left' },
    );
    expect(answer.kind).toBe('taken');
    expect(sent).toHaveLength(0);
  });
});
