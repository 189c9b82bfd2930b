import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fields } from '../../../src/kernel/index.js';
import { send } from '../../journeys/support/wire.js';
import { Forger, withFields } from './support/forger.js';
import { offer, openOutpost, proposalFrom, type Foreigner, type Outpost } from './support/outpost.js';

const PROTOCOL = [
  'oauth_consumer_key',
  'oauth_signature_method',
  'oauth_timestamp',
  'oauth_nonce',
  'oauth_version',
  'oauth_signature',
];

/** What is missing or malformed is told apart from what proves nothing (stacksync-api-v2.md 3.3). */
const MALFORMED_WITHOUT = ['oauth_signature_method', 'oauth_timestamp', 'oauth_nonce'];

describe('a proposal', () => {
  let outpost: Outpost;
  let quill: Foreigner;

  beforeAll(async () => {
    outpost = await openOutpost();
    ({ quill } = outpost);
  });
  beforeEach(async () => {
    await outpost.forgetLimits();
    quill.forget();
  });
  afterAll(() => outpost.close());

  const statusOf = async (fields: Fields, terms = {}): Promise<number> =>
    (await quill.voice.post('/interop/share', fields, terms)).status;

  it('PRO-01 that is rightly signed is taken and leads to the consent page', async () => {
    const { answer, shareId } = await offer(quill);
    const location = String(answer.headers.location);
    expect(location).toMatch(new RegExp(`^${outpost.birch.url}/interop/proposals/[A-Za-z0-9]{32,}$`));
    expect(answer.json()).toEqual({ share_id: shareId, status: 'PENDING', location });
  });

  it('PRO-01 from nobody we know is refused, and nothing happens', async () => {
    const fields = proposalFrom(quill.url);
    const stranger = new Forger(outpost.birch, { key: 'NobodyKnowsThisKey', secret: 'andNobodyThisSecret' });
    const unsigned = { 'content-type': 'application/x-www-form-urlencoded' };
    await outpost.unmoved(async () => {
      expect((await stranger.post('/interop/share', fields)).status).toBe(401);
      const sent = {
        method: 'POST',
        headers: unsigned,
        body: new URLSearchParams([...fields.map(([a, b]) => [a, b])]).toString(),
      } as const;
      expect((await send(`${outpost.birch.url}/interop/share`, sent)).status).toBe(401);
    });
    expect(quill.received).toEqual([]);
  });

  it('PRO-01 of a blocked peer is refused until it is trusted again', async () => {
    const peers = outpost.birch.services.neighbours.peers;
    const blocked = await outpost.trust('Blocked');
    const fields = proposalFrom(blocked.url);
    const post = async (): Promise<number> => (await blocked.voice.post('/interop/share', fields)).status;
    await peers.block('Blocked');
    expect(await outpost.unmoved(post)).toBe(401);
    await peers.unblock('Blocked');
    expect(await post()).toBe(303);
  });

  it('PRO-01 of a removed peer is refused', async () => {
    const removed = await outpost.trust('Removed');
    await outpost.birch.services.neighbours.peers.remove('Removed');
    const post = () => removed.voice.post('/interop/share', proposalFrom(removed.url));
    expect((await outpost.unmoved(post)).status).toBe(401);
    expect(removed.received).toEqual([]);
  });

  it('PRO-01 proves nothing with a part of its signature missing, empty or altered', async () => {
    const fields = proposalFrom(quill.url);
    await outpost.unmoved(async () => {
      for (const name of PROTOCOL) {
        for (const [how, value] of Object.entries({ missing: undefined, empty: '', altered: 'altered' })) {
          const edit = (protocol: Fields) => withFields(protocol, { [name]: value });
          expect([name, how, await statusOf(fields, { edit })]).toEqual([name, how, refusalOf(name, how)]);
        }
      }
    });
    expect(quill.received).toEqual([]);
  });

  it('PRO-01 proves nothing with a field altered, added or taken away after it was signed', async () => {
    const fields = proposalFrom(quill.url);
    const added = { nonsense: 'added' };
    const changes = fields.flatMap(([name]) => [{ [name]: undefined }, { [name]: 'altered' }]);
    await outpost.unmoved(async () => {
      for (const change of [...changes, added]) {
        const altered = (signed: Fields) => withFields(signed, change);
        expect([change, await statusOf(fields, { altered })]).toEqual([change, 401]);
      }
    });
    expect(quill.received).toEqual([]);
  });

  it('PRO-01 signed with another secret, or for another path, method or host, proves nothing', async () => {
    const fields = proposalFrom(quill.url);
    const elsewhere = new Forger({ url: 'http://localhost:1', clock: outpost.birch.clock }, quill.pair);
    const wrongly = [
      quill.voice.header('POST', '/interop/share', fields, { secret: 'some other secret' }),
      quill.voice.header('POST', '/interop/unshare', fields),
      quill.voice.header('PUT', '/interop/share', fields),
      elsewhere.header('POST', '/interop/share', fields),
    ];
    await outpost.unmoved(async () => {
      for (const authorization of wrongly) expect(await statusOf(fields, { headers: { authorization } })).toBe(401);
    });
  });

  it('PRO-06 with a field missing is refused by its name, the first one in the order of the contract', async () => {
    const required = proposalFrom(quill.url).filter(([name]) => name !== 'protocol_version');
    await outpost.unmoved(async () => {
      for (const [name] of required) {
        for (const value of [undefined, '']) {
          const answer = await quill.voice.post('/interop/share', proposalFrom(quill.url, { [name]: value }));
          expect([answer.status, answer.text]).toEqual([400, `${name} is missing`]);
        }
      }
      expect((await quill.voice.post('/interop/share', [])).text).toBe('share_id is missing');
    });
  });

  it('PRO-06 with another version is refused in the words of the references', async () => {
    await outpost.unmoved(async () => {
      for (const version of ['2.0', '1', '1.00', '1.0 ', 'one']) {
        const answer = await quill.voice.post('/interop/share', proposalFrom(quill.url, { protocol_version: version }));
        expect([answer.status, answer.text]).toEqual([400, 'Wrong protocol version. Must be 1.0.']);
      }
    });
  });

  it('PRO-06 however it is spoilt, is refused naming the field, and nothing happens', async () => {
    const names = fc.constantFrom(...proposalFrom(quill.url).map(([name]) => name));
    const control = fc.constantFrom('\0', '\n', '\r', '\t', '\x1b', '\x7f', '\x85');
    const spoilt = fc.oneof(
      fc
        .tuple(names, control)
        .map(([name, sign]) => [name, spoil(name, (value) => `${value.slice(0, 3)}${sign}${value.slice(3)}`)] as const),
      names.map((name) => [name, spoil(name, (value) => value + 'x'.repeat(2_001))] as const),
      names.map((name) => [name, [...proposalFrom(quill.url), [name, 'another value'] as const]] as const),
      fc
        .constantFrom('write', 'owner', 'read only', 'READ')
        .map((word) => ['permission', proposalFrom(quill.url, { permission: word })] as const),
      fc
        .constantFrom('bo', 'bo@', '@birch.example', 'bo@birch.example, eve@evil.example')
        .map((email) => ['recipient', proposalFrom(quill.url, { recipient: email })] as const),
    );
    await outpost.unmoved(() =>
      fc.assert(
        fc.asyncProperty(spoilt, async ([name, fields]) => {
          const { status, text } = await quill.voice.post('/interop/share', fields);
          expect([status, text]).toEqual([400, expect.stringMatching(name)]);
        }),
        { numRuns: 40 },
      ),
    );
  });

  it('PRO-06 an expiry that is malformed or past is refused, one to come is kept', async () => {
    await outpost.unmoved(async () => {
      for (const moment of ['tomorrow', '2026-11-02', '2026-11-02 08:59:59.000', '2026-13-40 99:99:99.999']) {
        const { status, text } = await quill.voice.post(
          '/interop/share',
          proposalFrom(quill.url, { expires_at: moment }),
        );
        expect([status, text]).toEqual([400, expect.stringContaining('expires_at')]);
      }
    });
    expect((await offer(quill, { expires_at: '2027-01-01 00:00:00.000' })).answer.status).toBe(303);
  });

  function spoil(name: string, how: (value: string) => string): Fields {
    return proposalFrom(quill.url).map(([known, value]) => [known, known === name ? how(value) : value] as const);
  }
});

function refusalOf(name: string, how: string): number {
  if (name === 'oauth_version') return how === 'missing' ? 401 : 400;
  if (MALFORMED_WITHOUT.includes(name)) return name === 'oauth_nonce' && how === 'altered' ? 401 : 400;
  return 401;
}
