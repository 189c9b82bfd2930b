import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  addressAt,
  KnownServers,
  readRecipient,
  Recipients,
  saidOf,
  type RecipientInputs,
} from '../../src/federation/index.js';
import { Failure, type AccountId } from '../../src/kernel/index.js';
import { checkOcm, type OcmPlace, type OcmSaid, type Peer } from '../../src/peers/index.js';
import { createOutbound } from '../../src/platform/index.js';
import { createHandClock } from '../support/seeds.js';

const ANA = 'ana' as AccountId;

/** The parts of a peer that decide whom an address means. */
function server(id: string, place: OcmPlace, emailDomains: readonly string[] = []): Peer {
  return { id, name: id, ocm: checkOcm(place, true), emailDomains } as unknown as Peer;
}

const MOSS = server('moss', { host: 'moss.example', path: '', isPlain: false });
const FERN = server('fern', { host: 'fern.example:8443', path: '/cloud', isPlain: false });
const BIRCH = server('birch', { host: 'birch.example', path: '', isPlain: false }, ['birch.example']);
const TRIAL = server('trial', { host: 'localhost:4002', path: '', isPlain: true });

/** Recipients of the cloud at alder.example, where Bo has an account; answers also which strangers were asked. */
function open(change: Partial<RecipientInputs> = {}) {
  const asked: string[] = [];
  const recipients = new Recipients({
    accounts: {
      byEmail: async (email) => (/^bo@alder\.example$/i.test(email) ? ({ id: 'bo' } as never) : undefined),
    },
    limiter: { spend: async () => undefined },
    own: { host: 'alder.example', path: '', isPlain: false },
    isOpen: false,
    peerAt: async (host) => [MOSS, FERN, BIRCH, TRIAL].find(({ ocm }) => ocm?.host === host),
    isBlocked: async (host) => host === 'blocked.example',
    hasMailDomain: async (domain) => domain === 'oak.example',
    ask: async ({ host }) => {
      asked.push(host);
      if (!host.startsWith('met')) throw new Failure('peer-failed', 'No server was found there.');
      return {} as OcmSaid;
    },
    meet: async ({ host, path, isPlain }) => server(host, { host, path, isPlain }),
    contactAddress: async () => undefined,
    ...change,
  });
  const reach = (typed: string) => recipients.reach({ id: 'invitation', ownerId: ANA }, typed);
  return { asked, recipients, reach, sort: (...entries: string[]) => recipients.sort(ANA, entries) };
}

const NOTHING = { addresses: [], servers: [], refused: [] };

describe('whom somebody means', () => {
  it.each([
    ['by e-mail address', 'bo@alder.example', 'bo@alder.example'],
    ['by his address at this cloud', 'bo@alder.example@alder.example', 'bo@alder.example'],
    ['by that with a scheme', 'BO@https://alder.example/', 'BO@alder.example'],
  ])('is somebody of this cloud: %s', async (_how, entry, email) => {
    expect(await open().sort(entry)).toEqual({ ...NOTHING, addresses: [email] });
  });

  it.each([
    ['bob@moss.example', 'moss', 'bob@moss.example', 'bob@moss.example'],
    ['bob@mail.example@moss.example', 'moss', 'bob@mail.example@moss.example', 'bob@mail.example@moss.example'],
    ['bob@https://fern.example:8443/cloud/', 'fern', 'bob@fern.example:8443/cloud', 'bob@fern.example:8443/cloud'],
    ['bob@fern.example:8443', 'fern', 'bob@fern.example:8443/cloud', 'bob@fern.example:8443/cloud'],
    ['bob@localhost:4002', 'trial', 'bob@http://localhost:4002', 'bob@localhost:4002'],
  ])('is at a server that is a peer: %s', async (entry, peerId, address, clean) => {
    expect(await open().sort(entry)).toEqual({ ...NOTHING, servers: [{ peerId, address, clean }] });
  });

  it.each([
    ['where nobody knows the host', 'bob@elsewhere.example'],
    ['where the peer says that these are its e-mail addresses', 'bob@birch.example'],
    ['in an e-mail domain of another peer', 'bob@oak.example'],
  ])('gets a letter %s', async (_where, email) => {
    const { sort, asked } = open();
    expect(await sort(email)).toEqual({ ...NOTHING, addresses: [email] });
    expect(asked).toEqual([]);
  });

  describe('at a server that is looked for', () => {
    it('is waited for together with all others: who has not answered in time gets a letter', async () => {
      const answers = new Map<string, (said: OcmSaid) => void>();
      const { sort } = open({
        isOpen: true,
        patience: 50,
        ask: ({ host }) => {
          if (host.startsWith('met')) return Promise.resolve({} as OcmSaid);
          return new Promise((resolve) => answers.set(host, resolve));
        },
      });
      const sorted = await sort('a@slow1.example', 'b@met.example', 'c@slow2.example', 'd@slow3.example');
      expect(sorted).toMatchObject({
        addresses: ['a@slow1.example', 'c@slow2.example', 'd@slow3.example'],
        servers: [{ peerId: 'met.example' }],
      });
      // All peers were asked at the same time.
      expect([...answers.keys()]).toEqual(['slow1.example', 'slow2.example', 'slow3.example']);
    });

    it('is no peer when the answer comes late, or never', async () => {
      const met: string[] = [];
      let answer: (said: OcmSaid) => void = () => expect.fail('nobody was asked');
      const { sort } = open({
        isOpen: true,
        patience: 20,
        ask: () => new Promise((resolve) => (answer = resolve)),
        meet: async ({ host }) => {
          met.push(host);
          return MOSS;
        },
      });
      expect((await sort('a@slow.example')).addresses).toEqual(['a@slow.example']);
      answer({} as OcmSaid);
      await new Promise(setImmediate);
      expect(met).toEqual([]);
    });

    it('is refused in time, where the address is none that a letter could reach', async () => {
      const { sort } = open({ isOpen: true, patience: 20, ask: () => new Promise(() => undefined) });
      const { refused } = await sort('a b@slow.example:8443');
      expect(refused).toEqual([expect.stringContaining('does not share with slow.example:8443')]);
    });

    it('gets a letter after a moment, where a host takes the connection and says nothing', async () => {
      let connections = 0;
      const silent = createServer(() => void (connections += 1)).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const outbound = createOutbound({ allowInsecure: true, exceptions: [] });
      onTestFinished(async () => {
        silent.close();
        silent.closeAllConnections();
        await outbound.close();
      });
      const { port } = silent.address() as AddressInfo;
      const servers = new KnownServers({ outbound, clock: createHandClock() });
      const { sort } = open({
        isOpen: true,
        patience: 300,
        ask: async ({ path }) =>
          saidOf(await servers.recordOf({ host: `127.0.0.1:${String(port)}`, path, isPlain: true }), undefined),
      });
      const began = performance.now();
      expect((await sort('a@slow1.example', 'b@slow2.example')).addresses).toHaveLength(2);
      expect(performance.now() - began).toBeLessThan(5_000);
      expect(connections).toBeGreaterThan(0);
    });
  });

  it('is at a server that answers, where strangers are welcome', async () => {
    const { sort, asked } = open({ isOpen: true });
    const { servers, addresses } = await sort('bob@met.example', 'eve@mail.example', 'bob@oak.example');
    expect(servers).toEqual([{ peerId: 'met.example', address: 'bob@met.example', clean: 'bob@met.example' }]);
    expect(addresses).toEqual(['eve@mail.example', 'bob@oak.example']);
    expect(asked).toEqual(['met.example', 'mail.example']);
  });

  it('G10 is looked for at a few strangers only, and not at all beyond the limit or at a blocked host', async () => {
    const many = Array.from({ length: 20 }, (_, index) => `bob@met${String(index)}.example`);
    const { sort, asked } = open({ isOpen: true });
    expect((await sort(...many)).servers).toHaveLength(5);
    expect(asked).toHaveLength(5);
    const blocked = open({ isOpen: true });
    expect((await blocked.sort('bob@blocked.example')).addresses).toEqual(['bob@blocked.example']);
    const limiter = { spend: async () => Promise.reject(new Failure('too-many', 'Too many.')) };
    const spent = open({ isOpen: true, limiter });
    expect((await spent.sort('bob@met.example')).addresses).toEqual(['bob@met.example']);
    expect([...blocked.asked, ...spent.asked]).toEqual([]);
  });

  it('is told apart from nobody: what is no address, and who is at no server that this cloud shares with', async () => {
    const { refused } = await open().sort('nobody', 'not\u202Ean address', 'bob@https://elsewhere.example');
    expect(refused).toEqual([
      '"nobody" is neither an e-mail address nor an address such as name@cloud.example.',
      '"not⟨U+202E⟩an address" is neither an e-mail address nor an address such as name@cloud.example.',
      expect.stringContaining('This cloud does not share with elsewhere.example.') as string,
    ]);
  });

  it('counts once, as it was written first', async () => {
    const { sort } = open();
    const entries = ['Eve@mail.example', 'eve@mail.example', 'bob@moss.example', 'bob@https://moss.example/'];
    expect(await sort(...entries)).toMatchObject({ addresses: ['Eve@mail.example'], servers: [{ peerId: 'moss' }] });
  });

  it('is written to a contact exactly as it was given', async () => {
    const { sort } = open({ contactAddress: async (_accountId, { id }) => `${id}@moss.example@moss.example` });
    expect((await sort('u-1@moss.example')).servers).toEqual([
      { peerId: 'moss', address: 'u-1@moss.example@moss.example', clean: 'u-1@moss.example' },
    ]);
  });
});

describe('an address of a list', () => {
  it.each([
    ['bo@alder.example', 'bo@alder.example'],
    ['bo@http://localhost:4002', 'bo@localhost:4002'],
    ['bo@fern.example:8443/cloud', 'bo@fern.example:8443/cloud'],
    ['nobody', undefined],
  ])('is read: %s', (text, expected) => {
    expect(readRecipient(text)).toBe(expected);
  });
});

describe('an invitee who types a whole address', () => {
  it('is reached at a server that is a peer, and nobody else is asked', async () => {
    const { reach, asked } = open({ isOpen: true });
    expect(await reach(' bob@https://fern.example:8443 ')).toEqual({
      peer: FERN,
      address: 'bob@fern.example:8443/cloud',
    });
    expect(asked).toEqual([]);
  });

  it('is reached at a server that answers, under the name that it gave of them to the owner', async () => {
    const { reach, asked } = open({ isOpen: true, contactAddress: async () => 'bob@met.example@met.example' });
    expect(await reach('bob@met.example')).toMatchObject({
      peer: { id: 'met.example' },
      address: 'bob@met.example@met.example',
    });
    expect(asked).toEqual(['met.example']);
  });

  it.each([
    ['is no address', 'bob', 'Type your whole address'],
    ['is one here', 'bo@alder.example', 'at this cloud'],
    ['lies at a blocked host', 'bob@blocked.example', 'does not share with blocked.example'],
    ['lies where nothing answers', 'bob@mail.example', 'nothing there answers'],
  ])('is told so if it %s', async (_what, typed, words) => {
    const { reach, asked } = open({ isOpen: true });
    await expect(reach(typed)).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining(words) });
    expect(asked).toEqual(typed === 'bob@mail.example' ? ['mail.example'] : []);
  });

  it('G10 has strangers looked for within the limit of the invitation, and is not waited for long', async () => {
    const spent: string[] = [];
    const limiter: RecipientInputs['limiter'] = {
      spend: async (key) => {
        spent.push(key);
        if (spent.length > 1) throw new Failure('too-many', 'Too many.');
      },
    };
    const { reach } = open({ isOpen: true, limiter, patience: 20, ask: () => new Promise(() => undefined) });
    await expect(reach('bob@slow.example')).rejects.toMatchObject({ code: 'invalid' });
    await expect(reach('bob@slow.example')).rejects.toMatchObject({ code: 'too-many' });
    expect(new Set(spent)).toEqual(new Set(['ocm-look-up:invitation']));
  });

  it('is looked for nowhere, where strangers are not welcome', async () => {
    const { reach, asked } = open();
    await expect(reach('bob@met.example')).rejects.toMatchObject({ code: 'invalid' });
    expect(asked).toEqual([]);
  });
});

describe('the address that an invitee types', () => {
  it.each([
    ['bob', 'bob@fern.example:8443/cloud'],
    [' bob@fern.example:8443 ', 'bob@fern.example:8443/cloud'],
    ['bob@https://fern.example:8443/cloud/', 'bob@fern.example:8443/cloud'],
    ['bob@mail.example', 'bob@mail.example@fern.example:8443/cloud'],
  ])('is one at the cloud that they picked: %j', (typed, address) => {
    expect(addressAt(FERN, typed)).toBe(address);
  });

  it.each(['bob@https://moss.example', '@', ''])('is refused: %j', (typed) => {
    expect(() => addressAt(FERN, typed)).toThrow('Type your address at fern.example:8443');
  });

  it('is that of a contact of the owner, as it was given at the invitation', async () => {
    const { recipients } = open({ contactAddress: async (_owner, { id }) => (id === 'bob' ? 'bob@given' : undefined) });
    expect(await recipients.addressAt(ANA, MOSS, 'bob')).toBe('bob@given');
    expect(await recipients.addressAt(ANA, MOSS, 'eve')).toBe('eve@moss.example');
  });
});
