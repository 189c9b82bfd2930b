import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../../src/kernel/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { ADA, ANA, BO } from '../../support/seeds.js';
import { incomingView, MOSS, outgoingView, REFUSED } from './agreements.js';
import { openBrowserAt, openPopulatedPages, PASSWORD, signIn, submit, tokenOf } from './pages-app.js';

const bench = sqliteBench();

async function open() {
  const pages = await openPopulatedPages(await bench.open());
  return { ...pages, browser: await signIn(pages, ADA) };
}

const DRAFT = {
  name: 'Birch',
  dialect: 'spec',
  transport: 'server-post',
  storageApi: 'stacksync-v2',
  shareUrl: 'https://birch.example/interop/share',
  credentialsUrl: 'https://birch.example/interop/credentials',
};

describe('the administrator’s pages', () => {
  it('ADM-01 do not exist for anybody else', async () => {
    const pages = await open();
    const [ana, paths] = [
      await signIn(pages, ANA),
      ['/admin', '/admin/people', '/admin/peers', '/admin/shares', '/admin/peers/add'],
    ];
    for (const path of paths) expect((await ana.get(path)).status, path).toBe(404);
    expect((await ana.get('/files')).text).not.toContain('/admin');
    expect((await openBrowserAt(pages).get('/admin')).headers['location']).toBe('/login?back=%2Fadmin');
  });

  it('ADM-01 ask for the password again after ten minutes, then come back', async () => {
    const { browser, room } = await open();
    expect((await browser.get('/admin/people')).status).toBe(200);
    room.clock.advance(10 * MINUTE);
    const stale = await browser.get('/admin/people');
    expect(stale.headers['location']).toBe('/login/confirm?back=%2Fadmin%2Fpeople');
    const confirm = String(stale.headers['location']);
    const wrong = await submit(browser, confirm, '/login/confirm', { password: 'something else entirely' });
    expect(wrong.status).toBe(401);
    const right = await submit(browser, confirm, '/login/confirm', { password: PASSWORD });
    expect(right.headers['location']).toBe('/admin/people');
    expect((await browser.get('/admin/people')).status).toBe(200);
  });

  it('ADM-01 change nothing with a stale password', async () => {
    const { browser, room, peers } = await open();
    const page = await browser.get('/admin/peers/add');
    room.clock.advance(16 * MINUTE);
    const answer = await browser
      .post('/admin/peers/add')
      .type('form')
      .send({ token: tokenOf(page.text, '/admin/peers/add'), ...DRAFT });
    expect(answer.headers['location']).toBe('/login/confirm?back=%2Fadmin%2Fpeers%2Fadd');
    expect(await peers.list()).toEqual([]);
  });

  it('add a person and show the one-time link once', async () => {
    const { browser, room } = await open();
    const answer = await submit(browser, '/admin/people', '/admin/people', {
      name: 'Cleo Costa',
      email: 'cleo@alder.example',
    });
    const link = /http:\/\/localhost:4000(\/account\/password\/\w+)/.exec(answer.text)?.[1];
    expect((await browser.get(link ?? '/nowhere')).status).toBe(200);
    expect((await browser.get('/admin/people')).text).not.toContain('/account/password/');
    expect((await room.accounts.list()).map(({ name }) => name)).toContain('Cleo Costa');
    const again = await submit(browser, '/admin/people', '/admin/people', {
      name: 'Cleo',
      email: 'CLEO@alder.example',
    });
    expect(again.status).toBe(409);
    expect(again.text).toContain('exists already');
  });

  it('disable and enable people, but not oneself', async () => {
    const { browser, room, bo, ada } = await open();
    await submit(browser, '/admin/people', '/admin/people/disable', { email: BO.email });
    expect((await room.accounts.byId(bo.id))?.disabled).toBe(true);
    await submit(browser, '/admin/people', '/admin/people/enable', { email: BO.email });
    expect((await room.accounts.byId(bo.id))?.disabled).toBe(false);
    await submit(browser, '/admin/people', '/admin/people/disable', { email: ADA.email });
    expect((await room.accounts.byId(ada.id))?.disabled).toBe(false);
  });

  it('never say that a refusal was done, however the address is written (F-08)', async () => {
    const { browser, room, ada } = await open();
    for (const email of [ADA.email, ADA.email.replace(/^[^@]+/, (local) => local.toUpperCase())]) {
      const answer = await submit(browser, '/admin/people', '/admin/people/disable', { email });
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('cannot disable your own account');
      expect(answer.text).not.toContain('; their shares have ended');
    }
    const unknown = await submit(browser, '/admin/people', '/admin/people/disable', { email: 'nobody@alder.example' });
    expect(unknown.status).toBe(404);
    expect((await room.accounts.byId(ada.id))?.disabled).toBe(false);
    expect((await browser.get('/admin/people')).status).toBe(200);
  });

  it('ADM-02 add a peer, show the issued secret once and never again', async () => {
    const { browser, peers } = await open();
    const answer = await submit(browser, '/admin/peers/add', '/admin/peers/add', {
      ...DRAFT,
      outboundKey: 'their-key',
      outboundSecret: 'their-secret',
    });
    const [peer] = await peers.list();
    expect(answer.text).toContain(peer?.inbound.secret);
    expect(answer.text).not.toContain('their-secret');
    for (const path of ['/admin/peers', `/admin/peers/${String(peer?.id)}`]) {
      const { text } = await browser.get(path);
      expect(text).toContain('Birch');
      expect(text).not.toContain(peer?.inbound.secret);
      expect(text).not.toContain('their-secret');
    }
  });

  it('bring a removed person back, under another address if need be, and show the link once (F-05)', async () => {
    const { browser, room } = await open();
    const bo = await room.accounts.byEmail(BO.email);
    await room.accounts.remove(BO.email);
    const page = await browser.get('/admin/people/removed');
    expect(page.text).toContain(BO.email);
    await room.accounts.add(BO.email, 'Another');
    const fields = { person: bo?.id ?? '' };
    const refused = await submit(browser, '/admin/people/removed', '/admin/people/removed', fields);
    expect([refused.status, refused.text.includes('belongs to another account')]).toEqual([409, true]);
    const as = { ...fields, as: 'bo.again@alder.example' };
    const { text } = await submit(browser, '/admin/people/removed', '/admin/people/removed', as);
    expect(text).toMatch(/\/account\/password\/[\w-]{20,}/);
    expect(await room.accounts.byEmail('bo.again@alder.example' as never)).toMatchObject({
      id: bo?.id,
      disabled: false,
    });
    const after = await browser.get('/admin/people/removed');
    expect(after.text).not.toContain('/account/password/');
    expect(after.text).toContain('Nobody can be brought back.');
  });

  it('let new keys be entered for a peer whose secrets cannot be read, and nothing else is lost (F-83)', async () => {
    const { browser, peers, room } = await open();
    const ours = { outboundKey: 'our-key', outboundSecret: 'a-secret-of-theirs' };
    await submit(browser, '/admin/peers/add', '/admin/peers/add', { ...DRAFT, ...ours });
    const [before] = await peers.list();
    const path = `/admin/peers/${String(before?.id)}`;
    const broken = { inbound_secret: 'v1.AAAA', outbound_secret: 'v1.AAAA' };
    await room.database.write((trx) => trx('peers').update(broken));

    const page = await browser.get(path);
    expect(page.status).toBe(200);
    expect(page.text).toContain('cannot be read');
    expect(page.text).toContain('Secret it issued to us');
    expect((await submit(browser, path, `${path}/keys`, {})).status).toBe(400);
    const renewed = await submit(browser, path, `${path}/keys`, {
      outboundKey: 'k2',
      outboundSecret: 'another-secret',
    });
    const after = await peers.byName('Birch');
    expect(after).toMatchObject({ id: before?.id, outbound: { key: 'k2', secret: 'another-secret' } });
    expect(after?.inbound.secret).not.toBe(before?.inbound.secret);
    expect(renewed.text).toContain(after?.inbound.secret);
    expect(renewed.text).not.toContain('another-secret');
    expect((await browser.get(path)).text).toContain('Settings');

    await room.database.write((trx) => trx('peers').update({ outbound_secret: 'v1.AAAA' }));
    expect((await submit(browser, '/admin/peers', `${path}/block`, {})).status).toBe(303);
    expect((await browser.get(path)).text).toContain('This peer is blocked');
    expect((await submit(browser, path, `${path}/keys`, ours)).headers['location']).toBe('/admin/peers');
    expect(await peers.byName('Birch')).toMatchObject({ inbound: after?.inbound, outbound: { key: 'our-key' } });
  });

  it('show what a peer sent in vain, on its page (F-25)', async () => {
    const { browser, peers } = await open();
    await submit(browser, '/admin/peers/add', '/admin/peers/add', DRAFT);
    const [peer] = await peers.list();
    const { text } = await browser.get(`/admin/peers/${String(peer?.id)}`);
    expect(text).toContain(REFUSED.call);
    expect(text).toContain(`was answered ${String(REFUSED.status)}: ${REFUSED.reason}`);
  });

  it('ADM-02 show what a discovered document says, name other hosts, and store nothing before it is confirmed', async () => {
    const { browser, peers } = await open();
    const answer = await submit(browser, '/admin/peers/add', '/admin/peers/discover', { url: 'https://birch.example' });
    expect(answer.text).toContain('names addresses at files.elsewhere.example');
    expect(answer.text).toContain('value="https://birch.example/interop/share"');
    expect(await peers.list()).toEqual([]);
  });

  it('add a server of Open Cloud Mesh without keys, change what is asked of it, and ask nothing else', async () => {
    const { browser, peers } = await open();
    const found = await submit(browser, '/admin/peers/add', '/admin/peers/discover', { url: MOSS.url });
    expect(found.text).toContain('This cloud speaks Open Cloud Mesh.');
    expect(found.text).toMatch(/id="ocmUrl"[^>]* value="https:\/\/moss\.example"/);
    const { name, dialect, storageApi, shareUrl, unshareUrl, credentialsUrl } = MOSS.found;
    const draft = { ...DRAFT, name, dialect, storageApi, shareUrl, unshareUrl, credentialsUrl, ocmUrl: MOSS.url };
    const added = await submit(browser, '/admin/peers/add', '/admin/peers/add', draft);
    const [peer] = await peers.list();
    const page = `/admin/peers/${String(peer?.id)}`;
    expect(added.headers['location']).toBe(page);
    const { text } = await browser.get(page);
    expect(text).toContain('It speaks Open Cloud Mesh.');
    expect(text).not.toContain(peer?.inbound.key);
    expect(text).not.toContain('New keys');
    const terms = { ocmSignatures: 'required', ocmShape: 'multi', ocmAcceptsAlone: 'yes' };
    expect((await submit(browser, page, page, { ...draft, ...terms })).headers['location']).toBe('/admin/peers');
    const expected = { signatures: 'required', manner: { shape: 'multi' }, acceptsAlone: true, exchangesTokens: false };
    expect((await peers.byName('Moss'))?.ocm).toMatchObject(expected);
    const list = (await browser.get('/admin/peers')).text;
    expect(list).toContain('Open Cloud Mesh');
    expect(list).not.toContain('keys for us are missing');
    expect((await submit(browser, page, page, { ...draft, ocmUrl: '' })).status).toBe(400);
  });

  it('ADM-02 refuse an origin that another peer has until that is confirmed', async () => {
    const { browser, peers } = await open();
    await submit(browser, '/admin/peers/add', '/admin/peers/add', DRAFT);
    const twin = { ...DRAFT, name: 'Twin' };
    const refused = await submit(browser, '/admin/peers/add', '/admin/peers/add', twin);
    expect(refused.status).toBe(409);
    expect(refused.text).toContain('belongs to the peer Birch already');
    expect(refused.text).toContain('value="Twin"');
    await submit(browser, '/admin/peers/add', '/admin/peers/add', { ...twin, sharedOrigins: 'yes' });
    expect((await peers.list()).map(({ name }) => name)).toEqual(['Birch', 'Twin']);
  });

  it('change, block and unblock a peer, and name what is insecure about it', async () => {
    const { browser, peers } = await open();
    const { peer } = await peers.add({
      ...DRAFT,
      dialect: 'spec',
      transport: 'server-post',
      outbound: { key: 'k', secret: 'kept' },
    });
    const page = `/admin/peers/${peer.id}`;
    await submit(browser, page, page, {
      ...DRAFT,
      outboundKey: 'k',
      origins: 'https://birch.example',
      allowUnsigned: 'yes',
      returnUrl: 'https://birch.example/shares',
    });
    const changed = await peers.byId(peer.id);
    expect(changed).toMatchObject({
      allowUnsigned: true,
      returnUrl: 'https://birch.example/shares',
      outbound: { secret: 'kept' },
    });
    expect((await browser.get('/admin/peers')).text).toContain('Insecure: Messages are not signed');
    await submit(browser, '/admin/peers', `${page}/block`, {});
    expect((await peers.byId(peer.id))?.blocked).toBe(true);
    await submit(browser, '/admin/peers', `${page}/unblock`, {});
    expect((await peers.byId(peer.id))?.blocked).toBe(false);
  });

  it('list shares of both directions and end one', async () => {
    const { browser, agreements } = await open();
    agreements.outgoing.push(outgoingView());
    agreements.incoming.push(incomingView({ state: 'left' }));
    const { text } = await browser.get('/admin/shares');
    expect(text).toContain('Ana Alvarez → bo@birch.example');
    expect(text).toContain('Bo Bergman → ana@alder.example');
    await submit(browser, '/admin/shares', '/admin/shares/outgoing/out-1/end', {});
    expect(agreements.calls).toEqual([['endShare', 'outgoing', 'out-1', expect.any(String)]]);
  });
});
