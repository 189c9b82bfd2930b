import { describe, expect, it } from 'vitest';
import { createOcmDialect, type OcmRecord, readDiscovery } from '../../../src/federation/index.js';
import { Failure, type Email, type ItemId, type PeerId } from '../../../src/kernel/index.js';
import type { OcmManner, Peer } from '../../../src/peers/index.js';
import type { OutboundAnswer } from '../../../src/platform/index.js';
import type { OwnOffer } from '../../../src/shares/index.js';
import { alder } from '../../contracts/dialect-bench.js';

const BASE = 'https://birch.example';
const OCM = {
  host: 'birch.example',
  path: '',
  isPlain: false,
  signatures: undefined,
  signsSince: undefined,
  manner: {},
  acceptsAlone: false,
  exchangesTokens: false,
  legacyNotifications: false,
  isMet: false,
  found: { key: undefined, keepsList: false, keyChangedAt: undefined },
} as const;

const OFFER: OwnOffer = {
  shareId: '7f3a',
  kind: 'folder',
  itemId: '31' as ItemId,
  ownerName: 'Ana Alvarez',
  ownerEmail: 'ana@alder.example',
  folderName: 'Plans',
  permission: 'read-write',
  recipient: 'bo@birch.example' as Email,
  recipientAddress: 'bo@birch.example@birch.example',
  callbackWord: 's'.repeat(43),
  expiresAt: 1_790_000_000_500,
};

type Reply = Partial<OutboundAnswer> | Error;

/** The discovery document of a server, of the newest generation unless told otherwise. */
function record(otherwise: object = {}): OcmRecord {
  const protocols = { webdav: '/dav/', 'webdav-receive': { uri: 'absolute' } };
  const resourceTypes = ['file', 'folder'].map((name) => ({ name, shareTypes: ['user'], protocols }));
  const said = {
    enabled: true,
    apiVersion: '1.4.0',
    endPoint: `${BASE}/ocm`,
    resourceTypes,
    capabilities: ['http-sig'],
  };
  return readDiscovery({ ...said, ...otherwise }, BASE);
}

/** Nextcloud, as it says of itself. */
const NEXTCLOUD = record({
  apiVersion: '1.0-proposal1',
  resourceTypes: [{ name: 'file', shareTypes: ['user'], protocols: { webdav: '/public.php/webdav/' } }],
  capabilities: [],
  publicKey: { keyId: `${BASE}/ocm#signature`, publicKeyPem: 'pem' },
});

/** The dialect with one server, which gives these answers, and goes on giving the last one. */
function bench(said: OcmRecord | Error, ...replies: Reply[]) {
  return benchAmong(undefined, said, ...replies);
}

/** {@link bench} with a recipient whose server knows the owner under this id from an invitation. */
function benchAmong(knownAs: string | undefined, said: OcmRecord | Error, ...replies: Reply[]) {
  const sent: { path: string; body: Record<string, unknown> }[] = [];
  const learnt: OcmManner[] = [];
  const dialect = createOcmDialect({
    servers: { recordOf: () => (said instanceof Error ? Promise.reject(said) : Promise.resolve(said)) },
    wire: {
      post: (_to, path, body) => {
        const reply = replies[Math.min(sent.length, replies.length - 1)] ?? {};
        sent.push({ path, body: body as Record<string, unknown> });
        const answer = { status: 201, headers: {}, body: Buffer.from('{}') };
        return reply instanceof Error ? Promise.reject(reply) : Promise.resolve({ ...answer, ...reply });
      },
    },
    own: { host: 'alder.example', path: '', isPlain: false },
    webOrigin: 'https://alder.example',
    learnt: (_id, manner) => Promise.resolve(void learnt.push(manner)),
    knownAs: () => Promise.resolve(knownAs),
  });
  return { dialect, sent, learnt };
}

const peer = (ocm: Partial<NonNullable<Peer['ocm']>> = {}): Peer => ({
  ...alder,
  id: 'birch' as PeerId,
  name: 'Birch',
  ocm: { ...OCM, ...ocm },
});

const refusal = (status: number, message = ''): Partial<OutboundAnswer> => ({
  status,
  body: Buffer.from(JSON.stringify({ message })),
});

describe('an offer by Open Cloud Mesh', () => {
  it.each([
    ['a-77', 'a-77@alder.example'],
    ['ana@mail.example', 'ana@mail.example@alder.example'],
  ])('to a contact names the owner %s as at the invitation, also where that is a must', async (id, owner) => {
    const { dialect, sent } = benchAmong(id, record({ criteria: ['must-invite'] }));
    expect(await dialect.sendOffer(peer(), OFFER)).toMatchObject({ kind: 'waiting-there' });
    expect(sent.map(({ body }) => body)).toMatchObject([{ owner, sender: owner, sharedBy: owner }]);
  });

  it('says whose it is under both names, where it is opened, and until when', async () => {
    const { dialect, sent } = bench(record());
    expect(await dialect.sendOffer(peer(), OFFER)).toEqual({
      kind: 'waiting-there',
      host: 'birch.example',
      acceptsByUse: false,
    });
    const address = 'ana@alder.example';
    expect(sent).toEqual([
      {
        path: 'shares',
        body: expect.objectContaining({
          shareWith: 'bo@birch.example@birch.example',
          providerId: '7f3a',
          owner: address,
          sender: address,
          sharedBy: address,
          resourceType: 'folder',
          expiration: 1_790_000_000,
          protocol: {
            name: 'multi',
            webdav: {
              uri: 'https://alder.example/dav/ocm/7f3a/',
              sharedSecret: OFFER.callbackWord,
              permissions: ['read', 'write'],
            },
          },
        }) as object,
      },
    ]);
  });

  it('is written once more in the other shape after 400 or 501, and the one that works is remembered', async () => {
    for (const status of [400, 501]) {
      const { dialect, sent, learnt } = bench(NEXTCLOUD, refusal(status), {});
      expect((await dialect.sendOffer(peer(), OFFER)).kind).toBe('waiting-there');
      const shapes = sent.map(({ body }) => (body['protocol'] as { name: string }).name);
      expect(shapes).toEqual(['webdav', 'multi']);
      expect(learnt).toMatchObject([{ shape: 'multi' }]);
    }
  });

  it('is tried twice and no more, and what was said first is what the owner reads', async () => {
    const { dialect, sent, learnt } = bench(
      NEXTCLOUD,
      refusal(400, 'User "bo" does not exists'),
      refusal(501, 'multi?'),
    );
    const answer = await dialect.sendOffer(peer(), OFFER);
    expect(answer).toMatchObject({
      kind: 'refused',
      note: 'birch.example did not take the share. It says: User "bo" does not exists',
    });
    expect([sent.length, learnt]).toEqual([2, []]);
  });

  it('keeps to the shape that an operator set, or that was learnt', async () => {
    const { dialect, sent } = bench(NEXTCLOUD);
    await dialect.sendOffer(peer({ manner: { shape: 'multi' } }), OFFER);
    expect(sent[0]?.body['protocol']).toMatchObject({ name: 'multi' });
  });

  it.each([
    [refusal(404), { kind: 'refused', status: 404 }],
    [refusal(401), { kind: 'refused', status: 403 }],
    [refusal(403), { kind: 'refused', status: 403 }],
    [refusal(409), { kind: 'waiting-there' }],
    [refusal(200), { kind: 'waiting-there' }],
    [refusal(429), { kind: 'unreachable' }],
    [
      { ...refusal(503), headers: { 'retry-after': '7' } },
      { kind: 'unreachable', retryAfter: 7 },
    ],
    [new Failure('peer-timeout', 'silence'), { kind: 'unreachable', note: 'silence' }],
  ] as const)('is judged by its answer: %j', async (reply, judged) => {
    const { dialect } = bench(record(), reply);
    expect(await dialect.sendOffer(peer(), OFFER)).toMatchObject(judged);
  });

  it.each([
    ['must-exchange-token', { criteria: ['must-exchange-token'] }, {}, 'opened with tokens'],
    ['must-invite', { criteria: ['must-invite'] }, {}, 'whose invitation'],
    ['no tokens', {}, { demandsToken: true }, 'does not exchange them'],
  ])('is not sent in vain: %s', async (_, said, more, sentence) => {
    const { dialect, sent } = bench(record(said));
    const answer = await dialect.sendOffer(peer(), { ...OFFER, ...more });
    expect(answer).toMatchObject({ kind: 'refused', note: expect.stringContaining(sentence) as string });
    expect(sent).toEqual([]);
  });

  it.each([
    ['demands it', undefined, { criteria: ['must-invite'] }, 403, true],
    ['knows invitations, and refuses strangers', undefined, { capabilities: ['invites'] }, 401, true],
    ['knows none', undefined, {}, 403, undefined],
    ['refuses a contact', 'a-77', { capabilities: ['invites'] }, 403, undefined],
    ['looks for tokens first', undefined, { criteria: ['must-invite', 'must-exchange-token'] }, 403, undefined],
  ])('may be taken after an invitation where the server %s', async (_, knownAs, said, status, mustMeet) => {
    const { dialect } = benchAmong(knownAs, record(said), refusal(status));
    const answer = await dialect.sendOffer(peer(), OFFER);
    expect(answer).toMatchObject({ kind: 'refused', status: 403 });
    expect('mustMeet' in answer ? answer.mustMeet : undefined).toBe(mustMeet);
  });

  it('counts its first use as acceptance where the server never says it', async () => {
    const silent = record({ apiVersion: '1.1.0', capabilities: ['invites'] });
    const { dialect } = bench(silent);
    expect(await dialect.sendOffer(peer(), OFFER)).toMatchObject({ acceptsByUse: true });
    const nextcloud = bench(NEXTCLOUD).dialect;
    expect(await nextcloud.sendOffer(peer(), OFFER)).toMatchObject({ acceptsByUse: false });
  });

  it('waits while its server cannot be asked what it takes', async () => {
    const { dialect, sent } = bench(new Failure('unavailable', 'A moment.', { retryAfter: 60 }));
    expect(await dialect.sendOffer(peer(), OFFER)).toMatchObject({ kind: 'unreachable', retryAfter: 60 });
    expect(sent).toEqual([]);
    expect(await dialect.sendOffer({ ...peer(), ocm: undefined }, OFFER)).toMatchObject({ kind: 'refused' });
  });
});

describe('a notification by Open Cloud Mesh', () => {
  const said = { shareId: '7f3a', secret: 'k3y', grantee: 'bo@birch.example' } as const;

  it.each([
    [
      'SHARE_ACCEPTED',
      (d: ReturnType<typeof bench>['dialect']) => d.sendDecision(peer(), '', { ...said, accepted: true }),
    ],
    [
      'SHARE_DECLINED',
      (d: ReturnType<typeof bench>['dialect']) => d.sendDecision(peer(), '', { ...said, accepted: false }),
    ],
    [
      'SHARE_UNSHARED',
      (d: ReturnType<typeof bench>['dialect']) => d.sendEnd(peer(), { ...said, reason: 'revoked', toldBy: 'origin' }),
    ],
    [
      'SHARE_DECLINED',
      (d: ReturnType<typeof bench>['dialect']) => d.sendEnd(peer(), { ...said, reason: 'left', toldBy: 'destination' }),
    ],
  ])('says %s with secret and grantee at once', async (type, tell) => {
    const { dialect, sent } = bench(record());
    expect((await tell(dialect)).kind).toBe('taken');
    expect(sent).toMatchObject([
      {
        path: 'notifications',
        body: {
          notificationType: type,
          providerId: '7f3a',
          notification: { sharedSecret: 'k3y', grantee: 'bo@birch.example' },
        },
      },
    ]);
  });

  it.each([
    [400, 'taken', 'malformed'],
    [501, 'taken', 'taken'],
    [403, 'trouble', 'trouble'],
    [404, 'unknown', 'unknown'],
    [409, 'unfit', 'unfit'],
    [503, 'trouble', 'trouble'],
  ])('answered with %i: %s to an end, %s to a yes', async (status, end, yes) => {
    const { dialect } = bench(record(), refusal(status));
    expect((await dialect.sendEnd(peer(), { ...said, reason: 'left', toldBy: 'destination' })).kind).toBe(end);
    expect((await dialect.sendDecision(peer(), '', { ...said, accepted: true })).kind).toBe(yes);
  });

  it.each([
    'Invalid signature',
    'instance is supposed to sign its request',
    'Unsigned request',
    'remote instance 127.0.0.1:8091 not linked to origin 127.0.0.1:8092',
  ])('that is not believed has told nothing, although 400 is said: %s', async (message) => {
    const { dialect } = bench(NEXTCLOUD, refusal(400, message));
    const answers = [
      await dialect.sendEnd(peer(), { ...said, reason: 'revoked', toldBy: 'origin' }),
      await dialect.sendDecision(peer(), '', { ...said, accepted: false }),
      await dialect.sendDecision(peer(), '', { ...said, accepted: true }),
    ];
    expect(answers).toMatchObject(
      answers.map(() => ({ kind: 'trouble', slow: true, note: 'answered 400: our signature was not believed' })),
    );
  });

  it('is not sent without its secret', async () => {
    const { dialect, sent } = bench(record());
    const end = { shareId: '7f3a', reason: 'left', toldBy: 'origin' } as const;
    expect((await dialect.sendEnd(peer(), end)).kind).toBe('malformed');
    expect(sent).toEqual([]);
    expect(dialect.decisionUrl(peer(), '', { shareId: '7f3a', accepted: true }).href).toBe(
      'https://alder.example/shares',
    );
  });
});
