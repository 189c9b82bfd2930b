import { describe, expect, it, onTestFinished } from 'vitest';
import { createSignedWire } from '../../src/federation/index.js';
import { Failure, isFailure, MINUTE } from '../../src/kernel/index.js';
import { createSigner, parseAuthorization } from '../../src/oauth1/index.js';
import type { Peer } from '../../src/peers/index.js';
import { createOutbound } from '../../src/platform/index.js';
import type { MessageAnswer } from '../../src/shares/index.js';
import { startStub } from '../journeys/support/stub.js';
import { createHandClock, createSeededRandom, START } from '../support/seeds.js';
import { alder, benchOf, BOOK, GRANT, keyless, mute, OFFER, type Bench, type Reply } from './dialect-bench.js';
import type { Reading } from './dialect.js';

const DECISION = { shareId: OFFER.shareId, accepted: true } as const;
const END = { shareId: OFFER.shareId, reason: 'left', toldBy: 'destination' } as const;
const BY_GET = { credentialsByGet: true } as const;

/** Every message that needs no person, and how its answer is judged. */
const MESSAGES: readonly (readonly [name: string, send: (bench: Bench, peer: Peer) => Promise<MessageAnswer>])[] = [
  ['a decision', ({ dialect }, peer) => dialect.sendDecision(peer, callbackOf(peer), DECISION)],
  ['credentials', ({ dialect }, peer) => dialect.sendGrant(peer, GRANT)],
  ['credentials by GET', ({ dialect }, peer) => dialect.sendGrant({ ...peer, ...BY_GET }, GRANT)],
  ['an end', ({ dialect }, peer) => dialect.sendEnd(peer, END)],
];

/** Telling decisions, credentials and ends, and judging what comes back. */
export function describeTelling(reading: Reading): void {
  const { create } = reading;
  describeDecisions(reading);
  describeCredentials(reading);

  describe('tells an end', () => {
    it('as a signed form with its reason', async () => {
      const { dialect, sent } = benchOf(create);
      await dialect.sendEnd(alder, END);
      expect(sent[0]).toMatchObject({ method: 'POST', url: new URL('https://alder.example/interop/unshare') });
      expect(sent[0]?.form).toEqual([
        ['share_id', OFFER.shareId],
        ['protocol_version', '1.0'],
        ['reason', 'left'],
      ]);
      expect(sent[0]?.authorization).toContain('outbound-key');
    });

    it('to no peer without an address for it, and counts it as told', async () => {
      const { dialect, sent } = benchOf(create);
      expect((await dialect.sendEnd({ ...alder, unshareUrl: undefined }, END)).kind).toBe('taken');
      expect(sent).toEqual([]);
    });
  });

  describe.each(MESSAGES)('sends %s', (name, send) => {
    const answered = (peer: Peer, ...replies: readonly Reply[]): Promise<MessageAnswer> =>
      send(benchOf(create, ...replies), peer);

    it('DLV-05 and classifies what is answered', async () => {
      const heardBy: readonly number[] = name === 'a decision' ? reading.heardBy : [];
      for (const [status, kind] of Object.entries(KINDS)) {
        const answer = await answered(alder, { status: Number(status) });
        const judged = answer.kind === 'trouble' && answer.slow ? 'slow trouble' : answer.kind;
        expect([status, judged]).toEqual([status, heardBy.includes(Number(status)) ? 'taken' : kind]);
      }
    });

    it('DLV-04 and hears how long to wait, up to an hour, as seconds or as a date (F-21)', async () => {
      const wait = async (seconds: string): Promise<unknown> => {
        const answer = await answered(alder, { status: 503, headers: { 'retry-after': seconds } });
        return answer.kind === 'trouble' ? answer.retryAfter : answer.kind;
      };
      expect([await wait('7'), await wait('99999'), await wait('-1')]).toEqual([7, 3600, undefined]);
      expect(await wait('Fri, 31 Dec 1999 23:59:59 GMT')).toBe(0);
      const date = new Date(START).toUTCString();
      const until = new Date(START + 2 * MINUTE).toUTCString();
      const dated = await answered(alder, { status: 503, headers: { date, 'retry-after': until } });
      expect(dated).toMatchObject({ retryAfter: 120 });
    });

    it('DLV-05 once more by the peer’s own time when it refuses ours, and only then', async () => {
      const late = { status: 401, headers: { date: new Date(START + 30 * MINUTE).toUTCString() } };
      const bench = benchOf(create, late, { status: 200 });
      const signs = !isLegacyGet(name, reading);
      expect((await send(bench, alder)).kind).toBe(signs ? 'taken' : 'trouble');
      expect(bench.sent).toHaveLength(signs ? 2 : 1);
      const unsigned = benchOf(create, late, { status: 200 });
      expect((await send(unsigned, mute)).kind).toBe('trouble');
      expect(unsigned.sent).toHaveLength(1);
    });

    it('and calls a connection that broke or never came trouble that time may mend', async () => {
      for (const code of ['peer-failed', 'peer-timeout'] as const) {
        const answer = await answered(alder, new Failure(code, 'The other cloud did not answer.', { detail: 'reset' }));
        expect(answer).toEqual({ kind: 'trouble', note: 'reset', retryAfter: undefined, slow: false });
      }
    });

    it('without a signature to a peer that cannot sign and issued no keys', async () => {
      const bench = benchOf(create);
      expect((await send(bench, mute)).kind).toBe('taken');
      const [first] = bench.sent;
      expect(first?.authorization).toBe('');
      expect(JSON.stringify([first?.form, first?.query])).not.toMatch(/oauth_(?:consumer_key|signature|nonce)/);
    });

    it('to no peer whose keys are not recorded, which is no trouble of the peer', async () => {
      const bench = benchOf(create);
      if (isLegacyGet(name, reading)) return expect((await send(bench, keyless)).kind).toBe('taken');
      const failure: unknown = await send(bench, keyless).catch((error: unknown) => error);
      expect(isFailure(failure, 'unavailable') && failure.message).toBe(
        'The keys that Alder issued to this cloud are not recorded yet.',
      );
      expect(bench.sent).toEqual([]);
    });

    it('CRD-06 SSR-03 and follows no redirect', async () => {
      const elsewhere = await startStub((response) => response.writeHead(200).end());
      for (const status of [301, 302, 303, 307, 308]) {
        const stub = await startStub((response) => response.writeHead(status, { location: elsewhere.url }).end());
        const answer = await send({ dialect: create(realInputs()), sent: [] }, movedTo(stub.url));
        const heard = name === 'a decision' && reading.heardBy.includes(status);
        expect([status, answer.kind]).toEqual([status, heard ? 'taken' : 'trouble']);
        expect(stub.heard).toHaveLength(1);
      }
      expect(elsewhere.heard).toEqual([]);
    });

    it('SEC-02 and notes nothing of what it sent', async () => {
      const closed = movedTo('http://localhost:1');
      const stub = await startStub((response) => response.destroy());
      for (const peer of [closed, movedTo(stub.url)]) {
        const answer = await send({ dialect: create(realInputs()), sent: [] }, peer);
        expect(answer.kind).toBe('trouble');
        expect(answer.note).not.toMatch(/marker|share_id|accepted|interop|secret/);
      }
    });
  });
}

function describeDecisions({ create, words }: Reading): void {
  describe('leads the browser on with a decision', () => {
    const { dialect } = benchOf(create);

    it(`saying “${words.yes}” or “${words.no}”`, () => {
      const said = (accepted: boolean): string | null =>
        dialect.decisionUrl(alder, OFFER.callback, { shareId: OFFER.shareId, accepted }).searchParams.get('accepted');
      expect([said(true), said(false)]).toEqual([words.yes, words.no]);
    });

    it('CBK-07 behind the query that the callback has, with one question mark', () => {
      const url = dialect.decisionUrl(alder, 'https://alder.example/cb?x=1%202', { shareId: 'a b', accepted: true });
      expect(url.search.startsWith(`?x=1%202&share_id=a+b&accepted=${words.yes}&oauth_`)).toBe(true);
      expect(url.href.match(/\?/g)).toHaveLength(1);
    });

    it('signed, or as it is to a peer that cannot sign; never for one whose keys are missing', () => {
      const at = (peer: Peer): URL => dialect.decisionUrl(peer, OFFER.callback, DECISION);
      expect(at(alder).searchParams.get('oauth_consumer_key')).toBe('outbound-key');
      expect([...at(mute).searchParams.keys()]).toEqual(['share_id', 'accepted']);
      expect(() => at(keyless)).toThrow(expect.objectContaining({ code: 'unavailable' }));
    });

    it('and repeats it to the same address from server to server', async () => {
      const bench = benchOf(create);
      await bench.dialect.sendDecision(alder, `${OFFER.callback}?x=1`, DECISION);
      expect(bench.sent[0]).toMatchObject({ method: 'GET', authorization: '' });
      expect(bench.sent[0]?.query.slice(0, 3)).toEqual([
        ['x', '1'],
        ['share_id', OFFER.shareId],
        ['accepted', words.yes],
      ]);
    });
  });
}

function describeCredentials(reading: Reading): void {
  const { create, unsignedNames } = reading;

  describe('delivers credentials', () => {
    it('signed, under names that no verifier takes for its own, and nothing of them in the address', async () => {
      const { dialect, sent } = benchOf(create);
      await dialect.sendGrant(alder, GRANT);
      expect(sent[0]).toMatchObject({ method: 'POST', url: new URL(alder.credentialsUrl) });
      expect(sent[0]?.form).toEqual(grantForm(['access_token_key', 'access_token_secret']));
      expect(sent[0]?.authorization).toContain('outbound-key');
      expect(sent[0]?.authorization).not.toContain('oauth_token');
    });

    it(`unsigned, as ${unsignedNames.join(' and ')}, to a peer that cannot sign`, async () => {
      const { dialect, sent } = benchOf(create);
      await dialect.sendGrant(mute, GRANT);
      expect(sent[0]).toMatchObject({ method: 'POST', url: new URL(alder.credentialsUrl), authorization: '' });
      expect(sent[0]?.form).toEqual(grantForm(unsignedNames));
    });

    it('by GET to a peer flagged so, under the same names', async () => {
      for (const peer of [alder, mute]) {
        const { dialect, sent } = benchOf(create);
        await dialect.sendGrant({ ...peer, ...BY_GET, credentialsUrl: `${peer.credentialsUrl}?site=2` }, GRANT);
        expect(sent[0]?.method).toBe('GET');
        expect(sent[0]?.query).toEqual([['site', '2'], ...grantForm(unsignedNames)]);
        expect(sent[0]?.form).toEqual([]);
      }
    });

    it('CRD-05 never under prefixed names where a signature stands', async () => {
      for (const flags of [{}, BY_GET, { allowUnsigned: true }, { allowUnsigned: true, ...BY_GET }]) {
        const { dialect, sent } = benchOf(create);
        await dialect.sendGrant({ ...alder, ...flags }, GRANT);
        const prefixed = [...(sent[0]?.form ?? []), ...(sent[0]?.query ?? [])].some(([name]) =>
          name.startsWith('oauth_'),
        );
        expect(prefixed && sent[0]?.authorization !== '').toBe(false);
        if (sent[0]?.authorization !== '')
          expect(parseAuthorization(sent[0]?.authorization ?? '').map(([name]) => name)).not.toContain('oauth_token');
      }
    });

    it('SSR-06 by GET only over https, or in a trial', async () => {
      const stub = await startStub((response) => response.writeHead(200).end());
      const peer = { ...movedTo(stub.url), ...BY_GET };
      const strict = create(realInputs({ allowInsecure: false }));
      expect((await strict.sendGrant(peer, GRANT)).kind).toBe('trouble');
      expect(stub.heard).toEqual([]);
      expect((await create(realInputs()).sendGrant(peer, GRANT)).kind).toBe('taken');
      expect(stub.heard[0]?.path).toContain('marker-secret');
    });
  });
}

function grantForm([token, secret]: readonly [token: string, secret: string]): (readonly [string, string])[] {
  return [
    ['share_id', GRANT.shareId],
    ['auth_protocol', 'oauth'],
    ['auth_protocol_version', '1.0a'],
    [token, GRANT.token],
    [secret, GRANT.secret],
  ];
}

/** What a status means for every message alike (reliability.md DLV-05). */
const KINDS: Readonly<Record<number, string>> = {
  200: 'taken',
  201: 'taken',
  204: 'taken',
  404: 'unknown',
  409: 'unfit',
  400: 'malformed',
  415: 'malformed',
  301: 'slow trouble',
  302: 'slow trouble',
  303: 'slow trouble',
  307: 'slow trouble',
  308: 'slow trouble',
  401: 'slow trouble',
  403: 'slow trouble',
  405: 'slow trouble',
  418: 'slow trouble',
  408: 'trouble',
  429: 'trouble',
  500: 'trouble',
  502: 'trouble',
  503: 'trouble',
};

/** True for credentials by GET under prefixed names: they go unsigned, so no key is asked for. */
function isLegacyGet(name: string, { unsignedNames }: Reading): boolean {
  return name === 'credentials by GET' && unsignedNames[0].startsWith('oauth_');
}

/** What a dialect gets in production, over real connections. */
function realInputs({ allowInsecure = true } = {}) {
  const clock = createHandClock();
  const signer = createSigner({ clock, random: createSeededRandom() });
  const outbound = createOutbound({ allowInsecure, exceptions: [] });
  onTestFinished(() => outbound.close());
  return { wire: createSignedWire({ outbound, signer, clock }), book: BOOK };
}

function callbackOf(peer: Peer): string {
  return new URL('/interop/result/k3J', peer.credentialsUrl).href;
}

/** The peer at another address. */
function movedTo(url: string): Peer {
  return {
    ...alder,
    unshareUrl: `${url}/interop/unshare`,
    credentialsUrl: `${url}/interop/credentials`,
    origins: [url, 'https://alder.example'],
  };
}
