import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { printAddress } from '../../src/federation/index.js';
import { DAY, type Email } from '../../src/kernel/index.js';
import { meetServer, readOcmPlace } from '../../src/peers/index.js';
import { introduceByMesh } from '../support/ocm-peers.js';
import { openPair, PASSWORD, type Pair } from '../support/open-pair.js';
import { createPerson, type Page, type Person } from '../support/person.js';
import { ANA, BO } from '../support/seeds.js';

describe('people of two clouds that come to know each other by invitation', () => {
  let pair: Pair;
  let ana: Person;
  let bo: Person;
  beforeAll(async () => {
    pair = await openPair();
    await introduceByMesh(pair.alder, pair.birch);
    ana = createPerson({ ...ANA, password: PASSWORD });
    bo = createPerson({ ...BO, password: PASSWORD });
    await ana.signIn(pair.alder.url);
    await bo.signIn(pair.birch.url);
  });
  afterAll(() => pair.close());

  /** A new invitation of Ana's in both forms. */
  async function invite(note = 'Bo'): Promise<{ text: string; link: string }> {
    await ana.visit(`${pair.alder.url}/account/contacts`);
    const { status, body } = await ana.submit(/\/invite$/, { note });
    expect(status).toBe(200);
    const shown = (id: string): string => new RegExp(`id="${id}">([^<]+)<`).exec(body.toString())?.[1] ?? '';
    return { text: shown('text'), link: shown('link') };
  }

  const contactsOf = async (who: 'ana' | 'bo'): Promise<string[]> => {
    const { at, accountId } = pair[who];
    const contacts = await at.services.agreements.contacts.book.list(accountId);
    return contacts.map(({ name, address }) => `${name} <${printAddress(address)}>`);
  };

  const hostOf = (url: string): string => new URL(url).host;

  async function forget(): Promise<void> {
    for (const { services } of pair.stations) await services.base.database.write((trx) => trx('ocm_contacts').delete());
  }

  it('follow the link: the page asks for the cloud, the cloud for consent, and then both have a contact (OCM-07)', async () => {
    const { link } = await invite();
    const guest = createPerson({ ...BO, password: PASSWORD });
    const asked = await guest.visit(link);
    expect(asked.text).toContain(`${ANA.name} wants to share with you`);
    expect(asked.body.toString()).toContain(`value="${hostOf(pair.birch.url)}"`);
    const onward = await guest.submit(/\/wayf$/, { cloud: pair.birch.url });
    const way =
      onward.links.find(({ href }) => href.pathname === '/ocm/accept-invite')?.href ?? expect.fail(onward.text);
    expect([way.origin, way.searchParams.get('providerDomain')]).toEqual([pair.birch.url, pair.alder.url]);
    expect(await contactsOf('ana')).toEqual([]);

    // Signing in comes first; looking at the page sends nothing.
    const consent = await signInOn(guest, await guest.visit(way));
    expect(consent.text).toContain(BO.email);
    expect(await contactsOf('bo')).toEqual([]);
    const done = await guest.submit(/\/accept-invite$/);
    expect(done.text).toContain(`You and ${ANA.name} are in each other’s contacts now.`);
    expect(await contactsOf('ana')).toEqual([`${BO.name} <${BO.email}@${pair.birch.url}>`]);
    expect(await contactsOf('bo')).toEqual([`${ANA.name} <${ANA.email}@${pair.alder.url}>`]);
    await forget();
  });

  async function signInOn(person: Person, page: Page): Promise<Page> {
    expect(page.url.pathname).toBe('/login');
    return person.signIn();
  }

  it('paste the text where the invited person is; once (OCM-07)', async () => {
    const { text } = await invite();
    const paste = async (pasted: string): Promise<Page> => {
      await bo.visit(`${pair.birch.url}/account/contacts`);
      return bo.submit(/\/accept$/, { text: pasted });
    };
    expect((await paste('nonsense')).status).toBe(400);
    expect((await paste(text)).text).toContain(hostOf(pair.alder.url));
    expect((await bo.submit(/\/accept-invite$/)).url.pathname).toBe('/account/contacts');
    await paste(text);
    const again = await bo.submit(/\/accept-invite$/);
    expect([again.status, again.text]).toEqual([409, expect.stringContaining('was used already')]);
    expect(await contactsOf('bo')).toHaveLength(1);

    await bo.visit(`${pair.birch.url}/account/contacts`);
    expect((await bo.submit(/\/remove$/)).text).toContain('What you share with each other stays shared.');
    expect(await contactsOf('bo')).toEqual([]);
    await forget();
  });

  it('cannot use an invitation that was withdrawn or has run out', async () => {
    const withdrawn = await invite('Cleo');
    await ana.visit(`${pair.alder.url}/account/contacts`);
    expect((await ana.submit(/\/withdraw$/)).text).toContain('The invitation is withdrawn.');
    expect((await bo.visit(withdrawn.link)).status).toBe(404);
    const { link, text } = await invite('Cleo');
    pair.advance(15 * DAY);
    expect((await bo.visit(link)).status).toBe(404);
    await bo.signIn(pair.birch.url);
    await bo.visit(`${pair.birch.url}/account/contacts`);
    await bo.submit(/\/accept$/, { text });
    const late = await bo.submit(/\/accept-invite$/);
    expect([late.status, late.text]).toEqual([400, expect.stringContaining('does not know this invitation')]);
    await ana.signIn(pair.alder.url);
  });

  it('are not led to a cloud that is not trusted, and nobody is asked there (OCM-04)', async () => {
    const { link } = await invite();
    const before = [...pair.alder.connections];
    const guest = createPerson({ name: 'Cleo', email: 'cleo@elsewhere.example', password: '' });
    for (const [cloud, words] of [
      ['nowhere.example', 'does not share with that server'],
      [pair.alder.url, 'invited by this very cloud'],
      ['not a cloud', 'is no address of a cloud'],
    ] as const) {
      await guest.visit(link);
      const refused = await guest.submit(/\/wayf$/, { cloud });
      expect([refused.status, refused.text]).toEqual([400, expect.stringContaining(words)]);
    }
    expect(pair.alder.connections).toEqual(before);
  });

  it('are told when the other cloud takes the answer with a page that does not say who invited them', async () => {
    const url = await openMuddled();
    const said = { provider: 'Moss', version: '1.1.0', signing: 'unsigned', key: undefined, keepsList: false } as const;
    const { peers } = pair.birch.services.neighbours;
    await meetServer(peers, readOcmPlace(url, true), { ...said, endPoint: `${url}/ocm` });
    await bo.visit(`${pair.birch.url}/account/contacts`);
    await bo.submit(/\/accept$/, { text: 'aToken', cloud: url });
    const refused = await bo.submit(/\/accept-invite$/);
    expect([refused.status, refused.text]).toEqual([502, expect.stringContaining('does not say who invited you')]);
    expect(await contactsOf('bo')).not.toContainEqual(expect.stringContaining(hostOf(url)));
  });

  it('are forgotten where their own cloud says that they are gone', async () => {
    const { text } = await invite();
    await bo.visit(`${pair.birch.url}/account/contacts`);
    await bo.submit(/\/accept$/, { text });
    await bo.submit(/\/accept-invite$/);
    expect(await contactsOf('ana')).toHaveLength(1);
    await pair.birch.services.people.accounts.remove(BO.email);
    const queued = await pair.birch.services.base.database.read('deliveries').where({ kind: 'ocm-farewell' });
    const alder = await pair.birch.services.neighbours.peers.byName('Alder');
    expect(queued).toMatchObject([{ peer_id: alder?.id }]);
    expect(await pair.birch.services.base.database.read('ocm_contacts')).toEqual([]);
    await pair.settle();
    expect(await pair.birch.services.base.database.read('deliveries').where({ kind: 'ocm-farewell' })).toEqual([]);
    expect(await contactsOf('ana')).toEqual([]);
  });

  it('say farewell to no server that is blocked, removed or a stranger, then or later (OCM-04)', async () => {
    const { services } = pair.birch;
    const { database } = services.base;
    const { host } = new URL(pair.alder.url);
    const gone = async (name: string): Promise<number> => {
      const email = `${name}@birch.example` as Email;
      const { id } = await services.people.accounts.add(email, name);
      for (const home of [host, 'stranger.example']) {
        const address = { id: 'ana', host: home, path: '', isPlain: true };
        const more = { userId: 'ana', ownUserId: name, name: undefined, email: undefined };
        await database.write((trx) => services.ocm.book.add(trx, id, { address, ...more }));
      }
      await services.people.accounts.remove(email);
      return (await database.read('deliveries').where({ kind: 'ocm-farewell' })).length;
    };
    const before = [...pair.birch.connections];
    expect(await gone('dan')).toBe(1);
    await services.neighbours.peers.block('Alder');
    expect(await database.read('deliveries').where({ kind: 'ocm-farewell' })).toEqual([]);
    expect(await gone('eve')).toBe(0);
    await pair.settle();
    expect(pair.birch.connections).toEqual(before);
  });
});

/** A server that answers every message with a page of its web client. */
async function openMuddled(): Promise<string> {
  const server = createServer((request, response) => {
    const isAsked = request.method === 'GET' && request.url === '/.well-known/ocm';
    const document = { enabled: true, apiVersion: '1.1.0', endPoint: `${url}/ocm`, resourceTypes: [] };
    response.end(isAsked ? JSON.stringify(document) : '<!doctype html><title>Moss</title>');
  }).listen(0, 'localhost');
  await once(server, 'listening');
  const url = `http://localhost:${String((server.address() as AddressInfo).port)}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return url;
}
