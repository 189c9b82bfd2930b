import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE, type Fields } from '../../../src/kernel/index.js';
import { send } from '../../journeys/support/wire.js';
import { credentialFields } from '../../journeys/support/peer-voice.js';
import { ANA } from '../../support/seeds.js';
import { until } from '../../support/until.js';
import { withFields } from '../interop/support/forger.js';
import { present } from '../interop/support/manor.js';
import { fieldOf, proposalFrom } from '../interop/support/outpost.js';
import { Arrivals } from './arrival-answers.js';
import { Joinings } from './joinings.js';
import type { Ask, Caller } from './ledger.js';
import { openWorld, type World } from './world.js';

const post = (path: string, form: Fields): Ask => ({ method: 'POST', target: `/interop/${path}`, form });
const get = (target: string): Ask => ({ method: 'GET', target });

describe('what other clouds ask', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.manor.close());

  /** Each of these requests must be answered `status`. */
  async function all(status: number, asks: readonly Ask[], by: Caller = world.peer): Promise<void> {
    for (const ask of asks) {
      const answer = await by.call(ask);
      expect([ask.target, answer.status, answer.text]).toEqual([ask.target, status, answer.text]);
    }
  }

  /** A proposal to Ana; `decided`: she has said yes. */
  async function proposed(decided = false): Promise<Fields> {
    const { alder, ana, quill } = world.manor;
    const fields = proposalFrom(quill.url, { recipient: ANA.email });
    if (!decided) return fields;
    await all(303, [post('share', fields)]);
    const {
      shares: { incoming },
      agreements: { proposals },
      base: { database },
    } = alder.services;
    const share = await incoming.byName(database.read, quill.id, { shareId: fieldOf(fields, 'share_id') });
    await proposals.decide(ana.accountId, share?.id ?? '', share?.digest ?? '', true);
    return fields;
  }

  /** The address of a callback with a decision. */
  async function decision(accepted = 'true'): Promise<string> {
    const { callback, shareId } = await present(world.manor);
    return `${callback}?share_id=${shareId}&accepted=${accepted}`;
  }

  const keysOf = (fields: Fields, secret = 'S'.repeat(43)): Ask =>
    post('credentials', credentialFields(fieldOf(fields, 'share_id'), 'T'.repeat(32), secret));
  const endOf = (fields: Fields): Ask => post('unshare', [['share_id', fieldOf(fields, 'share_id')]]);
  const asked = (ask: Ask, headers: Readonly<Record<string, string>>): Ask => ({ ...ask, headers });

  it('is answered as the API document has it, with every answer that it has', async () => {
    const { manor, ledger, peer, lose } = world;
    const { alder, quill } = manor;
    const [fields, accepted] = [await proposed(), await proposed(true)];
    const announcement = post('ping', [['address', quill.url]]);
    const messages = [post('share', fields), keysOf(accepted), endOf(accepted), announcement];
    const ping = get('/interop/ping');
    await all(303, [post('share', fields)]);
    await all(409, [post('share', withFields(fields, { folder_name: 'Another' }))]);
    await all(200, [keysOf(accepted)]);
    await all(409, [keysOf(accepted, 'Z'.repeat(43))]);
    await all(200, [endOf(accepted), ping, announcement, get('/.well-known/cloudspaces')]);
    for (const accept of ['text/html', 'application/json', 'text/plain']) {
      await all(200, [asked(get(await decision()), { accept })]);
      await all(200, [asked(get(await decision('false')), { accept })]);
    }
    await alder.services.neighbours.peers.set(quill.name, { returnUrl: `${quill.url}/shares` });
    await all(303, [asked(get(await decision()), { accept: 'text/html' })]);
    await all(400, [
      post('share', []),
      post('credentials', []),
      post('unshare', []),
      post('ping', []),
      get(`${await decision()}&accepted=no`),
    ]);
    await all(400, [{ ...ping, protocol: [['oauth_version', '2.0']] }]);
    await all(401, [...messages, get(await decision()), ping], peer.stranger());
    await all(404, [keysOf([['share_id', 'unknown']]), endOf([['share_id', 'unknown']])]);
    await all(404, [get(`/interop/result/${'x'.repeat(43)}?share_id=a&accepted=true`)]);
    const declined = await decision('false');
    await all(200, [get(declined)]);
    await all(409, [get(declined.replace('false', 'true'))]);
    const large = { body: 'x'.repeat(70_000), headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    await all(
      413,
      messages.map(({ method, target }) => ({ method, target, ...large })),
    );
    await all(
      415,
      messages.map((ask) => asked(ask, { 'content-type': 'text/plain' })),
    );
    const elsewhere = { host: 'elsewhere.example' };
    await all(
      421,
      [...messages, get(await decision()), ping].map((ask) => asked(ask, elsewhere)),
    );
    await all(503, [asked(get(await decision()), { 'sec-purpose': 'prefetch' })]);
    await all(200, [get('/healthz'), get('/readyz')]);
    const arrivals = new Arrivals(world);
    await arrivals.prove();
    const joinings = new Joinings(world);
    await joinings.prove();
    await joinings.proveLimits();
    await manor.forgetLimits();
    await proveLimits(messages);
    await manor.forgetLimits();
    const [lost, open] = [await proposed(true), await decision()];
    await lose('incoming_shares');
    await all(500, [post('share', fields), keysOf(lost), endOf(lost)]);
    await arrivals.proveDefects();
    await lose('outgoing_shares');
    await all(500, [get(open)]);
    await joinings.proveDefects();
    await lose('peers');
    await all(500, [ping, announcement]);
    await joinings.proveLost();
    await lose('schema_steps');
    // Looked after once a second, not by whoever asks.
    await until('an unready cloud', async () => (await send(`${manor.alder.url}/readyz`)).status === 503);
    await all(503, [get('/readyz')]);
    // More signed requests than the nonce store holds: spec/oauth1/nonces.spec.ts.
    const flooded = ['ping 429'];
    // A database that is away: spec/cloud/start.spec.ts.
    const messaging = ['propose', 'proposeByGet', 'deliverCredentials', 'endShare', 'ping', 'announce'];
    const joining = ['askToJoin', 'confirmJoin', 'rotateKeys'];
    const resting = [...messaging, ...joining].map((call) => `${call} 503`);
    expect(ledger.missing(['Other clouds', 'Health'], [...flooded, ...resting])).toEqual([]);
  });

  /** A peer that asks too often, and somebody who guesses addresses. */
  async function proveLimits([share, ...others]: readonly Ask[]): Promise<void> {
    const { manor, peer } = world;
    const last = async (ask: Ask, times: number): Promise<number> => {
      let status = 0;
      for (let count = 0; count < times; count += 1) status = (await peer.call(ask)).status;
      return status;
    };
    expect(await last(share ?? get(''), 61)).toBe(429);
    const { limiter } = manor.alder.services.base;
    const messages = { name: 'messages', acts: 10_000, per: MINUTE };
    for (let count = 0; count < 600; count += 1) await limiter.spend(`messages:${manor.quill.id}`, messages);
    await all(429, others);
    await manor.forgetLimits();
    expect(await last(get('/interop/result/guessed?share_id=a&accepted=true'), 21)).toBe(429);
  }
});
