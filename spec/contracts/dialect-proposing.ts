import { describe, expect, it } from 'vitest';
import { Failure, storageTime, type Fields } from '../../src/kernel/index.js';
import { createVerifier, formatPairs, HMAC_METHODS, type IncomingRequest } from '../../src/oauth1/index.js';
import type { Peer } from '../../src/peers/index.js';
import type { OfferAnswer } from '../../src/shares/index.js';
import { createHandClock, START } from '../support/seeds.js';
import { alder, benchOf, GOOD, keyless, mute, OFFER, OWN, readOffer, type Reply } from './dialect-bench.js';
import type { Reading } from './dialect.js';

/** Presenting a proposal, in each way in which a peer takes it (cloudspaces-interop.md 3, sender rules). */
export function describeProposing({ create, folderField, tellsExpiry }: Reading): void {
  const present = async (peer: Peer, reply: Reply = {}): Promise<OfferAnswer> =>
    benchOf(create, reply).dialect.sendOffer(peer, OWN);
  const names = Object.keys(GOOD).map((name) => (name === 'folder_name' ? folderField : name));
  const fields = names.map((name, index): Fields[number] => [name, Object.values(GOOD)[index] ?? '']);

  describe('presents a proposal', () => {
    it('as a signed form of nine fields, to the address that the peer registered', async () => {
      const { dialect, sent } = benchOf(create, PAGE);
      await dialect.sendOffer(alder, OWN);
      expect(sent).toHaveLength(1);
      expect(sent[0]).toMatchObject({ method: 'POST', url: new URL(alder.shareUrl), form: fields });
      expect(sent[0]?.authorization).toMatch(/^OAuth oauth_consumer_key="outbound-key"/);
    });

    it(`${tellsExpiry ? 'with' : 'without'} the expiry of the owner`, async () => {
      const { dialect, sent } = benchOf(create, PAGE);
      await dialect.sendOffer(alder, { ...OWN, expiresAt: START + 1000 });
      const extra = tellsExpiry ? [['expires_at', storageTime(START + 1000)]] : [];
      expect(sent[0]?.form).toEqual([...fields, ...extra]);
    });

    it('and leads to the page that was answered by 302 or 303, absolute or relative', async () => {
      const page = async (status: number, location: string): Promise<unknown> =>
        present(alder, { status, headers: { location } });
      expect(await page(303, 'https://alder.example/interop/proposals/1')).toEqual({
        kind: 'page',
        location: new URL('https://alder.example/interop/proposals/1'),
      });
      expect(await page(302, '/interop/proposal/2b7c/')).toEqual({
        kind: 'page',
        location: new URL('https://alder.example/interop/proposal/2b7c/'),
      });
    });

    it('also to a page that a program in the browser shows, by its fragment (F-18)', async () => {
      const answer = await present(alder, { status: 303, headers: { location: '/#/proposal/1' } });
      expect(answer).toEqual({ kind: 'page', location: new URL('https://alder.example/#/proposal/1') });
      const strange = await present(alder, { status: 303, headers: { location: 'https://evil.example/#/proposal/1' } });
      expect(strange.kind).toBe('unreachable');
    });

    it('PRO-14 and to no page that is not the peer’s own', async () => {
      const places = ['https://evil.example/', '//evil.example', 'https://alder.example@evil.example/', 'http://', ''];
      for (const location of [...places, 'http://alder.example/', 'javascript:alert(1)']) {
        const answer = await present(alder, { status: 303, headers: { location } });
        expect([location, answer.kind]).toEqual([location, location === '' ? 'page' : 'unreachable']);
      }
    });

    it('and tells a refusal from trouble', async () => {
      const kindOf = async (status: number): Promise<string> => (await present(alder, { status })).kind;
      expect(await Promise.all([400, 401, 403, 404, 405, 409, 415].map(kindOf))).toEqual(Array(7).fill('refused'));
      expect(await Promise.all([200, 303, 307, 408, 429, 500, 503].map(kindOf))).toEqual(Array(7).fill('unreachable'));
      const silence = await present(alder, new Failure('peer-timeout', 'silent', { detail: 'took too long' }));
      expect(silence).toEqual({ kind: 'unreachable', note: 'took too long' });
    });

    it('without a signature to a peer that cannot sign and issued no keys', async () => {
      const { dialect, sent } = benchOf(create, PAGE);
      await dialect.sendOffer(mute, OWN);
      expect(sent[0]).toMatchObject({ authorization: '', form: fields });
    });

    it('not at all to a peer whose keys are not recorded', async () => {
      for (const transport of ['server-post', 'browser-get', 'browser-post'] as const) {
        const { dialect, sent } = benchOf(create, PAGE);
        expect((await dialect.sendOffer({ ...keyless, transport }, OWN)).kind).toBe('unreachable');
        expect(sent).toEqual([]);
      }
    });
  });

  describe('lets the browser carry a proposal', () => {
    const getter: Peer = {
      ...alder,
      transport: 'browser-get',
      shareUrl: 'https://alder.example/interop/share/?site=2',
    };
    const poster: Peer = { ...getter, transport: 'browser-post' };

    it('in the query, behind the one that the address has, under our signature', async () => {
      const answer = await present(getter);
      const { location } = answer as Extract<OfferAnswer, { kind: 'page' }>;
      const query = [...location.searchParams.entries()];
      expect(query.slice(0, 10)).toEqual([['site', '2'], ...fields]);
      expect(location.href.match(/\?/g)).toHaveLength(1);
      expect(readOffer(benchOf(create).dialect, query)).toEqual(OFFER);
      expect(await verified({ method: 'GET', target: location.pathname + location.search })).toBe('outbound-key');
    });

    it('PRO-02 so that no field can be changed on the way', async () => {
      const { location } = (await present(getter)) as Extract<OfferAnswer, { kind: 'page' }>;
      location.searchParams.set('permission', 'read-only');
      await expect(verified({ method: 'GET', target: location.pathname + location.search })).rejects.toThrow();
      const { fields: form } = (await present(poster)) as Extract<OfferAnswer, { kind: 'form' }>;
      const altered: Fields = form.map(([name, value]) => [name, name === 'recipient' ? 'eve@mail.example' : value]);
      await expect(verified(posted(altered))).rejects.toThrow();
    });

    it('as a form of its own, under our signature', async () => {
      const answer = (await present(poster)) as Extract<OfferAnswer, { kind: 'form' }>;
      expect(answer.action.href).toBe(poster.shareUrl);
      expect(answer.fields.slice(0, 9)).toEqual(fields);
      expect(readOffer(benchOf(create).dialect, answer.fields)).toEqual(OFFER);
      expect(await verified(posted(answer.fields))).toBe('outbound-key');
    });

    it('as it is to a peer that cannot sign', async () => {
      const { location } = (await present({ ...getter, ...MUTE })) as Extract<OfferAnswer, { kind: 'page' }>;
      expect([...location.searchParams.entries()]).toEqual([['site', '2'], ...fields]);
      const form = (await present({ ...poster, ...MUTE })) as Extract<OfferAnswer, { kind: 'form' }>;
      expect(form.fields).toEqual(fields);
    });

    it('without asking the peer anything, and to its registered address alone (PRO-14)', async () => {
      for (const peer of [getter, poster]) {
        const { dialect, sent } = benchOf(create, new Failure('peer-failed', 'down'));
        const answer = await dialect.sendOffer(peer, OWN);
        const { origin, pathname } = answer.kind === 'form' ? answer.action : pageOf(answer);
        expect(origin + pathname).toBe('https://alder.example/interop/share/');
        expect(sent).toEqual([]);
      }
    });

    it('which holds no secret: neither a key’s nor a token', async () => {
      for (const peer of [alder, getter, poster, { ...getter, ...MUTE }, { ...poster, ...MUTE }]) {
        const { dialect, sent } = benchOf(create, PAGE);
        const answer = await dialect.sendOffer(peer, OWN);
        const seen = JSON.stringify([answer, answer.kind === 'page' ? answer.location.href : '', sent]);
        expect(seen).not.toMatch(/(?:in|out)bound-secret|inbound-key|oauth_token|access_token|secret/);
      }
    });
  });
}

const PAGE: Reply = { status: 303, headers: { location: '/interop/proposals/1' } };
const MUTE = { allowUnsigned: mute.allowUnsigned, outbound: mute.outbound };

function pageOf(answer: OfferAnswer): URL {
  if (answer.kind !== 'page') throw new Error(`no page: ${answer.kind}`);
  return answer.location;
}

function posted(form: Fields): Pick<IncomingRequest, 'method' | 'target' | 'formBody'> {
  return { method: 'POST', target: '/interop/share/?site=2', formBody: formatPairs(form) };
}

/** The consumer whose signature our own verifier finds under a message that a browser carried. */
async function verified(request: Pick<IncomingRequest, 'method' | 'target' | 'formBody'>): Promise<string> {
  const verifier = createVerifier<string, never>({
    clock: createHandClock(),
    nonces: { remember: () => Promise.resolve('fresh' as const) },
    findConsumer: (key) => (key === alder.outbound?.key ? { ...alder.outbound, owner: key } : undefined),
    findToken: () => undefined,
  });
  const { consumer } = await verifier.verify({
    ...request,
    origin: 'https://alder.example',
    secure: true,
    rawHeaders: [],
    token: 'forbidden',
    allowedMethods: HMAC_METHODS,
    transports: ['query', 'body'],
  });
  return consumer;
}
