import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Item, Tree } from '../../src/files/index.js';
import { MINUTE, SECOND, type ItemId, type Principal } from '../../src/kernel/index.js';
import type { Offer } from '../../src/shares/index.js';
import { codeOf, textOf, words } from '../contracts/file-space/harness.js';
import { basic, DavProgram } from '../doors/dav/dav-story.js';
import { openTown, type Citizen, type Town } from '../support/open-pair.js';
import { BO } from '../support/seeds.js';
import { PROFILES, ScriptedDav } from '../support/scripted-peers/webdav/index.js';

const BASIC = `Basic ${Buffer.from('hush:').toString('base64')}`;

/** Bo's cloud, and a server of WebDAV that is a peer of it. */
interface Stage {
  readonly town: Town;
  readonly bo: Citizen;
  readonly server: ScriptedDav;
}

let stage: Stage;
beforeAll(async () => {
  const town = await openTown();
  const birch = await town.found('Birch');
  const bo = await town.settleIn(BO, birch);
  const now = (): number => birch.clock.now();
  const server = await ScriptedDav.open({ quirks: PROFILES.nextcloud, now, opens: [BASIC] });
  server.disk.write('/hello.txt', Buffer.from('hello from the sea'));
  const interop = `${server.origin}/interop`;
  await birch.services.neighbours.peers.add({
    name: 'Seaside',
    shareUrl: `${interop}/share`,
    unshareUrl: `${interop}/unshare`,
    credentialsUrl: `${interop}/credentials`,
    emailDomains: ['sea.example'],
    outbound: { key: 'birch-at-the-sea', secret: 'birch-secret-at-the-sea' },
  });
  stage = { town, bo, server };
});
afterAll(async () => {
  await stage.town.close();
  await stage.server.close();
});

const principal = ({ bo }: Stage): Principal => ({ kind: 'person', accountId: bo.accountId });
const treeOf = ({ bo }: Stage): Tree => bo.at.services.files.tree;

/** The share as the maker of such shares will bring it: proposed, accepted, with a bearer token for its credentials. */
async function receive(shareId: string): Promise<void> {
  const { bo, server, town } = stage;
  const { agreements, shares, neighbours, base } = bo.at.services;
  const peer = await neighbours.peers.byName('Seaside');
  if (peer === undefined) throw new Error('no such peer');
  const offer: Offer = {
    shareId,
    kind: 'folder',
    storageApi: 'webdav',
    resourceUrl: server.url,
    folderName: 'Harbour',
    ownerName: 'Una Olsen',
    ownerEmail: 'una@sea.example',
    permission: 'read-write',
    recipient: bo.email,
    callback: `${server.origin}/interop/result/${shareId}`,
    expiresAt: undefined,
  };
  const { id } = await agreements.proposals.receive(peer, offer);
  const pending = await shares.incoming.byId(base.database.read, id);
  await agreements.proposals.decide(bo.accountId, id, pending?.digest ?? '', true);
  await shares.receiving.grant(peer, { shareId, credentials: { kind: 'bearer', token: 'hush' } });
  await town.settle();
}

async function childrenOf(id: ItemId): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of (await treeOf(stage).list(principal(stage), id)).children) items.push(item);
  return items;
}

describe('a share that is opened by WebDAV', () => {
  it('stands among the folders of its recipient, is read and written, and ends when its server no longer takes the key', async () => {
    await receive('one');
    const tree = treeOf(stage);
    const who = principal(stage);
    const mount = (await childrenOf('0' as ItemId)).find(({ name }) => name === 'Harbour');
    if (mount === undefined) throw new Error('it is not mounted');
    expect(mount).toMatchObject({ kind: 'folder', isShareTop: true, permission: 'read-write' });

    const [hello] = await childrenOf(mount.id);
    expect(hello).toMatchObject({ name: 'hello.txt', version: 1, mimetype: 'text/plain' });
    expect(await textOf(tree.open(who, hello?.id ?? ('' as ItemId)))).toBe('hello from the sea');

    const made = await tree.create(who, mount.id, 'mine.txt', words('from Bo'));
    expect(stage.server.disk.find('/mine.txt')?.content?.toString()).toBe('from Bo');
    const moved = await tree.move(who, made.id, { name: 'ours.txt' });
    expect(moved.id).toBe(made.id);
    stage.server.disk.move('/ours.txt', '/theirs.txt');
    const names = (await childrenOf(mount.id)).map(({ name, id }) => [name, id]);
    expect(names).toContainEqual(['theirs.txt', made.id]);

    stage.server.opens = ['nothing'];
    expect(await codeOf(tree.list(who, mount.id))).toBe('unavailable');
    await stage.town.pass(30 * MINUTE);
    expect((await childrenOf('0' as ItemId)).find(({ name }) => name === 'Harbour')).toBeUndefined();
    stage.server.opens = [BASIC];
  });

  it('is listed to a program of its recipient by one request to its server, and what is deleted there is gone', async () => {
    await receive('two');
    const { bo, server } = stage;
    const { password } = await bo.at.services.apps.appPasswords.add(bo.accountId, 'WebDAV');
    const authorization = `Basic ${Buffer.from(`${bo.email}:${password}`).toString('base64')}`;
    const ask = async (method: string, path = '', depth = '1'): Promise<number> => {
      const headers = { authorization, ...(method === 'PROPFIND' && { depth }) };
      return (await fetch(`${bo.at.url}/dav/Harbour/${path}`, { method, headers })).status;
    };
    expect(await ask('PROPFIND')).toBe(207);
    const before = server.heard.length;
    expect(await ask('PROPFIND')).toBe(207);
    expect(server.heard.slice(before).map(({ method, path }) => `${method} ${path}`)).toEqual(['PROPFIND /']);
    for (const path of ['/a', '/a/b', '/a/b/c']) server.disk.makeFolder(path);
    server.disk.write('/a/b/c/deep.txt', Buffer.from('deep'));
    for (const path of ['', 'a', 'a/b/c/', 'a/b/c/deep.txt']) {
      for (const depth of ['0', '1']) {
        const from = server.heard.length;
        expect(await ask('PROPFIND', path, depth)).toBe(207);
        // What is known of the top answers for it.
        expect(server.heard.slice(from).length, `${path} ${depth}`).toBe(path === '' && depth === '0' ? 0 : 1);
      }
    }
    expect([await ask('MKCOL', 'Sub'), await ask('DELETE', 'Sub/'), await ask('DELETE', 'Sub/')]).toEqual([
      201, 204, 404,
    ]);
    expect([await ask('DELETE', 'theirs.txt'), server.disk.find('/theirs.txt')]).toEqual([204, undefined]);
  });

  it('has another tag whenever the tag of its server is another, and is asked for it while somebody looks', async () => {
    await receive('three');
    const { bo, server, town } = stage;
    const { tree } = bo.at.services.files;
    const { password } = await bo.at.services.apps.appPasswords.add(bo.accountId, 'WebDAV');
    const program = new DavProgram(bo.at.url, basic(bo.email, password));
    const tops = [...(await program.find('/dav/', '1')).keys()].filter((href) => href.includes('Harbour'));
    const top = tops.at(-1) ?? '';
    await program.find(top, '1');
    const tags = async () => [await program.tag('/dav/'), await program.tag(top)];
    const polled = async (): Promise<number> => {
      const from = server.heard.length;
      await tree.pollMounts();
      return server.heard.slice(from).length;
    };
    town.advance(10 * SECOND);
    expect(await polled()).toBe(tops.length);
    const before = await tags();
    town.advance(10 * SECOND);
    expect([await polled(), await tags()]).toEqual([tops.length, before]);
    expect(await polled()).toBe(0);
    server.disk.write('/a/b/c/news.txt', Buffer.from('news'));
    town.advance(10 * SECOND);
    await tree.pollMounts();
    const after = await tags();
    expect(after.map((tag, at) => tag === before[at])).toEqual([false, false]);
    expect(await program.tag(`${top}a/b/`)).toMatch(/^"/);
    town.advance(31 * MINUTE);
    expect([await polled(), await polled()]).toEqual([0, 0]);
  });
});
