import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClientWithSecret } from '../../../src/clients/index.js';
import { parsePairs, type Pair } from '../../../src/oauth1/index.js';
import { PASSWORD } from '../../support/open-pair.js';
import { ANA } from '../../support/seeds.js';
import { Caller, type Ask } from './ledger.js';
import { openWorld, type World } from './world.js';

const METHODS = ['GET', 'POST'] as const;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const CALLBACK = 'https://desktop.example/back';
const OOB: readonly Pair[] = [['oauth_callback', 'oob']];

/** The fields of a form that was answered. */
const fieldsOf = (text: string): ReadonlyMap<string, string> => new Map(parsePairs(text));

describe('access for apps', () => {
  let world: World;
  let house: ClientWithSecret;
  let desktop: ClientWithSecret;
  beforeAll(async () => {
    world = await openWorld();
    const { clients } = world.manor.alder.services.apps;
    house = await clients.add('House', { firstParty: true });
    desktop = await clients.add('Desktop', { callback: CALLBACK });
  });
  afterAll(() => world.manor.close());

  const callerOf = (client: ClientWithSecret, held: { token?: string; tokenSecret?: string } = {}): Caller =>
    new Caller(world.manor.alder, world.ledger, {
      consumerKey: client.consumerKey,
      consumerSecret: client.consumerSecret,
      ...held,
    });

  const request = (method: 'GET' | 'POST', more: Partial<Ask> = {}): Ask => ({
    method,
    target: '/oauth/request_token',
    protocol: OOB,
    ...more,
  });

  /** Temporary credentials, and the address of the page about them. */
  async function asking(client: ClientWithSecret, callback = 'oob') {
    const { text } = await callerOf(client).call(request('POST', { protocol: [['oauth_callback', callback]] }));
    const [token = '', tokenSecret = ''] = ['oauth_token', 'oauth_token_secret'].map((name) =>
      fieldsOf(text).get(name),
    );
    return { token, tokenSecret, page: `/oauth/authorize?oauth_token=${token}` };
  }

  const posted = (
    target: string,
    fields: Readonly<Record<string, string>>,
    headers: object = {},
  ): Omit<Ask, 'form'> => ({
    method: 'POST',
    target,
    body: new URLSearchParams(fields).toString(),
    headers: { ...FORM, ...headers },
  });
  const ALLOW = { permission: 'allow', email: ANA.email, password: PASSWORD };

  /** Temporary credentials that Ana has approved, ready to be exchanged. */
  async function approved(): Promise<{ by: Caller; access: (method: 'GET' | 'POST', more?: Partial<Ask>) => Ask }> {
    const held = await asking(house);
    const { text } = await callerOf(house).bare(posted(held.page, ALLOW));
    const protocol: readonly Pair[] = [['oauth_verifier', fieldsOf(text).get('oauth_verifier') ?? '']];
    return {
      by: callerOf(house, held),
      access: (method, more = {}) => ({ method, target: '/oauth/access_token', protocol, ...more }),
    };
  }

  async function expectAll(status: number, answers: readonly Promise<{ status: number }>[]): Promise<void> {
    for (const answer of answers) expect((await answer).status).toBe(status);
  }

  it('is given and refused as the API document has it, with every answer that it has', async () => {
    for (const method of METHODS) await proveTokenCalls(method);
    await provePage();
    await proveDecision();
    await proveDefects();
    // More signed requests than the nonce store holds: spec/oauth1/nonces.spec.ts; a database that is away: spec/cloud/start.spec.ts.
    const elsewhere = ['429', '503'].flatMap((status) =>
      ['requestToken', 'accessToken'].flatMap((call) => [`${call} ${status}`, `${call}ByPost ${status}`]),
    );
    expect(world.ledger.missing(['Access for apps'], elsewhere)).toEqual([]);
  });

  async function proveTokenCalls(method: 'GET' | 'POST'): Promise<void> {
    const { by, access } = await approved();
    const app = callerOf(house);
    const large = { headers: FORM, body: 'x'.repeat(20_000) };
    const odd = { headers: { 'content-type': 'text/plain' }, body: 'x' };
    const elsewhere = { headers: { host: 'elsewhere.example' } };
    const none = { protocol: [] };
    for (const [status, more] of [
      [413, large],
      [415, odd],
      [421, elsewhere],
      [400, none],
    ] as const) {
      await expectAll(status, [app.call(request(method, more)), by.call(access(method, more))]);
    }
    await expectAll(401, [app.stranger().call(request(method)), by.stranger().call(access(method))]);
    await expectAll(200, [app.call(request(method)), by.call(access(method))]);
  }

  async function provePage(): Promise<void> {
    const { page } = await asking(desktop, CALLBACK);
    const visitor = callerOf(desktop);
    const ask = (target: string, headers = {}) => visitor.bare({ method: 'GET', target, headers });
    await expectAll(200, [ask(page)]);
    for (const accept of ['text/html', '*/*']) await expectAll(400, [ask('/oauth/authorize', { accept })]);
    for (const accept of ['text/html', 'application/json', 'text/plain']) {
      await expectAll(503, [ask(page, { accept, 'sec-purpose': 'prefetch' })]);
    }
  }

  async function proveDecision(): Promise<void> {
    const visitor = callerOf(house);
    const { page } = await asking(house);
    const post = (fields: Readonly<Record<string, string>>, headers: object = {}, target = page) =>
      visitor.bare(posted(target, fields, headers));
    await expectAll(200, [post({ ...ALLOW, password: 'wrong' }), post(ALLOW)]);
    await expectAll(200, [post({ permission: 'deny' }, {}, (await asking(house)).page)]);
    await expectAll(400, [post(ALLOW)]);
    await expectAll(403, [post(ALLOW, {}, (await asking(desktop, CALLBACK)).page)]);
    await expectAll(413, [post({ ...ALLOW, email: 'x'.repeat(70_000) })]);
    await expectAll(415, [post(ALLOW, { 'content-type': 'text/plain' })]);
    await expectAll(503, [post(ALLOW, { 'sec-purpose': 'prefetch' })]);
    await expectAll(302, [led()]);
    const open = (await asking(house)).page;
    let last = 200;
    for (let times = 0; times < 30 && last === 200; times += 1) {
      last = (await post({ ...ALLOW, password: 'wrong' }, {}, open)).status;
    }
    expect(last).toBe(429);
  }

  /** A browser whose person allows an app that has an address. */
  async function led(): Promise<{ status: number }> {
    const visitor = callerOf(desktop);
    const { page } = await asking(desktop, CALLBACK);
    const { text, headers } = await visitor.bare({ method: 'GET', target: page, headers: { accept: 'text/html' } });
    const token = /name="token" value="([^"]+)"/.exec(text)?.[1] ?? '';
    const cookie = [headers['set-cookie'] ?? []]
      .flat()
      .map((each) => each.split(';')[0])
      .join('; ');
    return visitor.bare(posted(page, { ...ALLOW, token }, { cookie }));
  }

  async function proveDefects(): Promise<void> {
    const { by, access } = await approved();
    const { page } = await asking(house);
    await world.lose('temporary_credentials');
    const visitor = callerOf(house);
    await expectAll(500, [visitor.bare({ method: 'GET', target: page }), visitor.bare(posted(page, ALLOW))]);
    for (const method of METHODS) {
      await expectAll(500, [callerOf(house).call(request(method)), by.call(access(method))]);
    }
  }
});
