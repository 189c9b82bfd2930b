import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { halfOf, offer, openOutpost, type Foreigner, type Outpost } from '../doors/interop/support/outpost.js';
import { DEV } from '../support/seeds.js';
import { until } from '../support/until.js';
import { FileKeeper } from './support/file-keeper.js';
import { credentialFields } from './support/peer-voice.js';
import { StorageClient, type Entry } from './support/storage-client.js';
import { enter, type Actor } from './support/story.js';

const TOKEN = 'TokenOfTheLetter';

/** What an app in delegated mode is told beside the metadata. */
interface Delegation {
  readonly access_token_key: string;
  readonly access_token_secret: string;
}

describe('a file that another cloud shares', () => {
  let outpost: Outpost;
  let quill: Foreigner;
  let dev: Actor;
  let keeper: FileKeeper;
  let shareId: string;
  let consentPage: string;

  beforeAll(async () => {
    outpost = await openOutpost();
    ({ quill } = outpost);
    dev = await enter(outpost, DEV, outpost.birch);
    await dev.browser.signIn(outpost.birch.url);
  });
  beforeEach(() => outpost.forgetLimits());
  afterAll(() => outpost.close());

  /** Quill offers the letter; Dev accepts it on the page; the credentials come. */
  const share = async (permission: 'read-only' | 'read-write', name: string): Promise<Entry> => {
    keeper = new FileKeeper(TOKEN, 'twelve');
    quill.reply = (request) => keeper.answer(request) ?? { status: 200, body: '{}' };
    const resource_url = `${quill.url}/v1/file/${String(keeper.id)}`;
    const offered = await offer(quill, { recipient: DEV.email, permission, resource_url, folder_name: name });
    shareId = offered.shareId;
    await dev.browser.visit(String(offered.answer.headers.location));
    consentPage = dev.browser.page.text;
    await dev.browser.accept({ follow: () => false });
    await quill.voice.post('/interop/credentials', credentialFields(shareId, TOKEN, 'secret'));
    await outpost.settle();
    const entry = (await dev.app.children()).get(name);
    if (entry === undefined) throw new Error(`${name} is not mounted`);
    return entry;
  };
  const listed = async (name: string): Promise<Entry | undefined> => (await dev.app.children()).get(name);

  it('is offered as a file, accepted, tried, and then stands in the root as a file', async () => {
    const entry = await share('read-write', 'letter.txt');
    expect(consentPage).toContain('Somebody shares a file with you');
    expect(consentPage).toContain('Can download and replace it');
    expect((await halfOf(outpost, quill, shareId)).state).toBe('active');
    expect(entry).toMatchObject({ parent_id: null, is_folder: false, status: 'NEW', version: 1, size: 6 });
    expect(entry).toMatchObject({ mimetype: 'text/plain', checksum: 1 });
  });

  it('is read whole and in ranges, and its metadata is the other cloud’s', async () => {
    const { id } = await share('read-only', 'read.txt');
    expect((await dev.app.read(id)).toString()).toBe('twelve');
    const part = await dev.app.call(`file/${String(id)}/data`, { headers: { range: 'bytes=2-3' } });
    expect([part.status, part.text, part.headers['content-range']]).toEqual([206, 'el', 'bytes 2-3/6']);
    keeper.write('thirteen');
    const metadata = (await dev.app.call(`file/${String(id)}`)).json<Entry>();
    expect(metadata).toMatchObject({ id, filename: 'read.txt', parent_id: null, version: 2, size: 8 });
    const contents = (await dev.app.call(`folder/${String(id)}/contents`)).json<Entry>();
    expect(contents).toMatchObject({ id, is_folder: false, contents: [] });
    expect((await dev.app.call(`folder/${String(id)}`)).status).toBe(404);
  });

  it('shows its news in the root soon after they were made', async () => {
    await share('read-only', 'news.txt');
    keeper.write('thirteen');
    await until('the news', async () => (await listed('news.txt'))?.version === 2, { every: 20 });
    expect(await listed('news.txt')).toMatchObject({ size: 8, status: 'CHANGED' });
  });

  it('stays in the root while its cloud is away', async () => {
    const { id } = await share('read-only', 'away.txt');
    quill.reply = () => ({ status: 500 });
    expect(await listed('away.txt')).toMatchObject({ id, version: 1 });
    expect((await dev.app.call(`file/${String(id)}`)).json<Entry>()).toMatchObject({ id, size: 6 });
    expect((await dev.app.call(`file/${String(id)}/data`)).status).toBeGreaterThanOrEqual(502);
    expect((await halfOf(outpost, quill, shareId)).state).toBe('active');
    outpost.advance(3_600_000);
  });

  it('is replaced when it may be, and lists its versions', async () => {
    const { id } = await share('read-write', 'written.txt');
    expect((await dev.app.replace(id, 'by Dev')).status).toBe(200);
    expect(keeper.content).toBe('by Dev');
    const history = (await dev.app.call(`file/${String(id)}/versions`)).json<{ versions: readonly Entry[] }>();
    expect(history.versions.map((each) => [each.id, each.version, each.filename])).toEqual([
      [id, 2, 'written.txt'],
      [id, 1, 'written.txt'],
    ]);
  });

  it('AUT-01 is not replaced when it may only be read; its cloud is not even asked', async () => {
    const { id } = await share('read-only', 'locked.txt');
    quill.forget();
    expect((await dev.app.replace(id, 'by Dev')).status).toBe(403);
    expect(quill.received.filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  it('PTH-06 is not deleted, shared on or put anything into', async () => {
    const { id } = await share('read-write', 'fixed.txt');
    quill.forget();
    const refusals = await Promise.all([
      dev.app.call(`file/${String(id)}`, { method: 'DELETE' }),
      dev.app.json('folder', 'POST', { name: 'Inside', parent: id }),
      dev.app.call(`file?name=inside.txt&parent=${String(id)}`, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: 'x',
      }),
      dev.app.json(`folder/${String(id)}/share`, 'POST', { share_to: ['cleo@alder.example'] }),
    ]);
    expect(refusals.map(({ status }) => status)).toEqual([403, 400, 400, 400]);
    expect(quill.received.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(await listed('fixed.txt')).toMatchObject({ id, version: 1 });
  });

  it('is renamed and moved among the recipient’s own folders, and the origin is not told', async () => {
    const { id } = await share('read-write', 'placed.txt');
    const drawer = await dev.app.makeFolder('Drawer');
    quill.forget();
    expect((await dev.app.json(`file/${String(id)}`, 'PUT', { name: 'mine.txt', parent: drawer.id })).status).toBe(200);
    expect(quill.received.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect((await dev.app.children(drawer.id)).get('mine.txt')).toMatchObject({ id, parent_id: drawer.id });
    expect((await dev.app.read(id)).toString()).not.toBe('');
  });

  it('has comments and a lock of its own for desktops', async () => {
    const { id } = await share('read-write', 'discussed.txt');
    const comment = { id: String(id), user: 'dev', cloud: 'Birch', text: 'Nice' };
    expect((await dev.app.json('comment', 'POST', comment)).status).toBe(200);
    const comments = await dev.app.call(`comment/${String(id)}/Birch`);
    expect(comments.json<{ text: string }[]>().map(({ text }) => text)).toEqual(['Nice']);
    const lock = { id: String(id), user: 'dev', ipserver: 'desk', datetime: '2026-11-02 09:00:00', timelimit: '10' };
    expect((await dev.app.json('lockFile', 'POST', { ...lock, cloud: 'Birch' })).status).toBe(200);
  });

  it('stands on the pages as a file: downloaded, its versions looked at, replaced by an upload, left', async () => {
    await share('read-write', 'paper.txt');
    const { files } = dev.browser;
    const item = await files.must('paper.txt');
    expect(item).toMatchObject({ isFolder: false, badge: 'From another cloud, read and write' });
    expect(item.actions).toEqual(['Download', 'Versions', 'Rename', 'Move', 'Leave']);
    const read = await files.read('paper.txt');
    expect([read.text, read.headers['content-disposition']]).toEqual([
      'twelve',
      expect.stringContaining('filename="paper.txt"'),
    ]);
    await files.write('paper.txt', 'by upload');
    expect(keeper.content).toBe('by upload');
    await dev.browser.visit(new URL(`/files/${item.id}/versions`, outpost.birch.url));
    expect(dev.browser.page.text).toContain('New content');
    const shares = await dev.browser.shares();
    expect(shares.text).toContain('paper.txt');
    expect(shares.links.some(({ href }) => href.pathname === `/files/folder/${item.id}`)).toBe(false);
    const page = await dev.browser.leave('paper.txt');
    expect(page.text).toContain('You left');
    expect(await listed('paper.txt')).toBeUndefined();
    await outpost.settle();
    const ends = quill.received.filter(({ target }) => target === '/interop/unshare');
    expect(ends.map(({ body }) => new URLSearchParams(body).get('share_id'))).toEqual([shareId]);
  });

  it('AUT-10 comes to an app in delegated mode with a token of this cloud that opens it alone', async () => {
    const { id } = await share('read-only', 'delegated.txt');
    const { clients, tokens } = outpost.birch.services.apps;
    await clients.add('Desktop', { delegated: true });
    const { token, tokenSecret, ...consumer } = await tokens.add(dev.accountId, 'Desktop');
    const appOf = (access: { token: string; tokenSecret: string }): StorageClient =>
      new StorageClient(outpost.birch.url, { ...consumer, ...access }, outpost.birch.clock);
    const entry = (await appOf({ token, tokenSecret }).children()).get('delegated.txt') as Entry & Delegation;
    expect(entry).toMatchObject({ id, is_folder: false, resource_url: `${outpost.birch.url}/v1/` });
    expect(JSON.stringify(entry)).not.toContain(TOKEN);
    const app = appOf({ token: entry.access_token_key, tokenSecret: entry.access_token_secret });
    expect((await app.read(id)).toString()).toBe('twelve');
    expect((await app.call('folder/0/contents')).status).toBe(404);
  });

  it('CRD-09 is not mounted when its cloud has a folder there, and the reason is told', async () => {
    const resource_url = `${quill.url}/v1/file/77`;
    quill.reply = ({ target }) => {
      const folder = { id: 77, parent_id: null, filename: 'Not a file', is_folder: true, status: 'NEW', version: 1 };
      return { status: 200, body: JSON.stringify(target.startsWith('/v1/') ? { ...folder, contents: [] } : {}) };
    };
    const offered = await offer(quill, { recipient: DEV.email, resource_url, folder_name: 'odd.txt' });
    const { id, digest } = await halfOf(outpost, quill, offered.shareId);
    await outpost.birch.services.agreements.proposals.decide(dev.accountId, id, digest, true);
    await quill.voice.post('/interop/credentials', credentialFields(offered.shareId, TOKEN, 'secret'));
    await outpost.settle();
    const half = await halfOf(outpost, quill, offered.shareId);
    expect(half.state).toBe('accepted');
    expect(half.problem).toContain('another item');
    expect(await listed('odd.txt')).toBeUndefined();
  });
});
