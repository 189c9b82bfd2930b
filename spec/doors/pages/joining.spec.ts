import { describe, expect, it, onTestFinished } from 'vitest';
import { MINUTE } from '../../../src/kernel/index.js';
import { ask, openStrangers } from '../../peers/strangers.js';
import { sqliteBench } from '../../support/each-database.js';
import { OcmServer } from '../../support/ocm-servers/index.js';
import { PASSWORD, type Station, type Town } from '../../support/open-pair.js';
import { createPerson, type Person } from '../../support/person.js';
import { ADA, ANA } from '../../support/seeds.js';
import { openPopulatedPages, signIn, tokenOf } from './pages-app.js';

const bench = sqliteBench();

const FORMS = [
  '/admin/peers/join',
  '/admin/peers/joins/x/cancel',
  '/admin/peers/requests/x/approve',
  '/admin/peers/requests/x/read',
  '/admin/peers/requests/x/dismiss',
  '/admin/peers/x/check',
  '/admin/peers/x/rotate',
];

describe('the pages about joining', () => {
  it.each(FORMS)('ADM-01 %s is not there for others, not without a token, not on an old password', async (path) => {
    const pages = await openPopulatedPages(await bench.open());
    const [ana, ada] = [await signIn(pages, ANA), await signIn(pages, ADA)];
    expect((await ana.post(path).type('form').send({})).status).toBe(404);
    expect((await ada.post(path).type('form').send({})).status).toBe(403);
    const token = tokenOf((await ada.get('/admin/peers/join')).text, '/admin/peers/join');
    pages.room.clock.advance(16 * MINUTE);
    const stale = await ada.post(path).type('form').send({ token });
    expect([stale.status, stale.headers['location']]).toEqual([
      303,
      expect.stringMatching(/^\/login\/confirm\?back=%2Fadmin%2Fpeers/),
    ]);
  });

  /** An administrator of a whole cloud, at its list of peers. */
  async function administrator(town: Town, at: Station, name: string): Promise<Person> {
    const email = `${name}@${at.name.toLowerCase()}.example`;
    await town.settleIn({ name, email: email as never }, at);
    await at.services.people.accounts.set(email as never, { admin: true });
    const person = createPerson({ name, email, password: PASSWORD });
    await person.signIn(at.url);
    await person.visit(`${at.url}/admin/peers`);
    return person;
  }

  it('say beside the list what did not work, and keep the request for the right code', async () => {
    const strangers = await openStrangers();
    const { alder, birch } = strangers;
    const { id, code } = await ask(alder, birch);
    const bea = await administrator(strangers, birch, 'bea');
    const approve = `/admin/peers/requests/${id}/approve`;
    expect((await bea.submit(approve, { code: 'ZZZZZ-ZZZZZ' })).text).toContain('This code does not fit');
    expect((await bea.submit(approve, { code: 'nonsense' })).text).toContain('A code has ten letters and digits');
    const done = await bea.submit(approve, { code });
    expect(done.text).toContain('Alder is a peer now. The connection works.');
    expect(done.text).toContain('Connected');
  });

  it('let a request be dismissed, withdrawn, and read again', async () => {
    const strangers = await openStrangers();
    const { alder, birch } = strangers;
    const { id, joinId } = await ask(alder, birch);
    const [ada, bea] = [await administrator(strangers, alder, 'ada'), await administrator(strangers, birch, 'bea')];
    expect(ada.page.text).toContain('Waiting for Birch');
    const withdrawn = await ada.submit(`/admin/peers/joins/${joinId}/cancel`);
    expect(withdrawn.text).not.toContain('Waiting for Birch');
    await birch.services.base.database.write((trx) => trx('join_requests').update({ document: null, read_at: 1 }));
    const unread = await bea.visit(`${birch.url}/admin/peers`);
    expect(unread.text).toContain('could not be read at this address');
    expect((await bea.submit(`/admin/peers/requests/${id}/read`)).text).toContain(
      'Code that the administrator of Alder',
    );
    expect((await bea.submit(`/admin/peers/requests/${id}/dismiss`)).text).not.toContain('asks to join');
  });

  it('lead from a cloud that cannot be asked to the page that adds it, with its address filled in', async () => {
    const strangers = await openStrangers();
    const { alder } = strangers;
    const ada = await administrator(strangers, alder, 'ada');
    const there = await OcmServer.open('nc32', () => alder.clock.now());
    onTestFinished(() => there.close());
    await ada.visit(`${alder.url}/admin/peers/join`);
    const refused = await ada.submit('/admin/peers/join', { url: there.url });
    expect(refused.text).toContain('speaks only Open Cloud Mesh, where no keys are exchanged: add it as a peer.');
    const add = refused.links.find(({ text }) => text === 'Add it');
    await ada.visit(add?.href ?? '');
    const found = await ada.submit('/admin/peers/discover');
    expect(found.text).toContain('This cloud speaks Open Cloud Mesh.');
    expect((await ada.submit('/admin/peers/add')).text).toContain('is trusted. The connection works.');
  });

  it('tell what is wrong with a peer, and that it is well again', async () => {
    const strangers = await openStrangers();
    const { alder, birch } = strangers;
    const at = { shareUrl: `${birch.url}/interop/share`, credentialsUrl: `${birch.url}/interop/credentials` };
    const { peer } = await alder.services.neighbours.peers.add({
      name: 'Birch',
      ...at,
      outbound: { key: 'k', secret: 's' },
    });
    const ada = await administrator(strangers, alder, 'ada');
    expect(ada.page.text).toContain('Not checked yet');
    const checked = await ada.submit(`/admin/peers/${peer.id}/check`);
    expect(checked.text).toContain('Does not work');
    expect(checked.text).toContain('It does not accept the key with which this cloud signs.');
    expect((await ada.visit(`${alder.url}/admin/peers/${peer.id}`)).text).toContain('Does not work');
    await ada.visit(`${alder.url}/admin/peers`);
    const { issued } = await birch.services.neighbours.peers.add({
      name: 'Alder',
      shareUrl: `${alder.url}/interop/share`,
      credentialsUrl: `${alder.url}/interop/credentials`,
      outbound: peer.inbound,
    });
    await alder.services.neighbours.peers.set('Birch', { outbound: issued });
    expect((await ada.submit(`/admin/peers/${peer.id}/check`)).text).toContain('Connected');
  });

  it('ADM-02 show no key of a peer, and hand out none', async () => {
    const strangers = await openStrangers();
    const { alder } = strangers;
    await alder.services.neighbours.peers.add({
      name: 'Oak',
      shareUrl: 'http://localhost:9/s',
      credentialsUrl: 'http://localhost:9/c',
    });
    const ada = await administrator(strangers, alder, 'ada');
    const peer = await alder.services.neighbours.peers.byName('Oak');
    for (const path of ['/admin/peers', `/admin/peers/${peer?.id ?? ''}`]) {
      expect((await ada.visit(`${alder.url}${path}`)).text).not.toContain(peer?.inbound.secret);
    }
  });
});
