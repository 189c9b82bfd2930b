import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enter, activate, halvesOf, openStory, type Story } from './support/story.js';
import { StorageClient } from './support/storage-client.js';
import type { Answer, Sent } from './support/wire.js';
import { withoutEffect } from './support/world.js';
import { DEV } from '../support/seeds.js';

/** A share with everything around it that its grant must not reach, and the grant in hand, as Birch's own calls use it. */
interface Stage {
  readonly story: Story;
  readonly grant: StorageClient;
  readonly folder: number;
  readonly file: number;
  readonly mount: number;
  /** Items of Ana's outside the folder, by what they are. */
  readonly outside: Readonly<Record<string, { readonly id: number; readonly isFolder: boolean }>>;
}

async function setStage(permission: 'read-only' | 'read-write'): Promise<Stage> {
  const story = await openStory();
  const { ana } = story;
  const parent = (await ana.app.makeFolder('Parent')).id;
  const { folder, mount } = await activate(story, { permission });
  await ana.app.json(`folder/${String(folder)}`, 'PUT', { parent });
  const sibling = (await ana.app.makeFolder('Sibling', parent)).id;
  const siblingFile = (await ana.app.makeFile('secret.txt', 'secret', sibling)).id;
  const rootFile = (await ana.app.makeFile('diary.txt', 'diary')).id;
  const other = await activate(story, { permission });
  const file = (await ana.app.children(folder)).get('budget.txt')?.id ?? 0;
  const otherFile = (await ana.app.children(other.folder)).get('budget.txt')?.id ?? 0;
  return {
    story,
    folder,
    file,
    mount,
    grant: await grantOf(story, folder),
    outside: {
      'the parent': { id: parent, isFolder: true },
      'a sibling': { id: sibling, isFolder: true },
      'a file of a sibling': { id: siblingFile, isFolder: false },
      'a file in the root': { id: rootFile, isFolder: false },
      'another share': { id: other.folder, isFolder: true },
      'a file of another share': { id: otherFile, isFolder: false },
      'the root': { id: 0, isFolder: true },
    },
  };
}

/** The grant as the destination uses it. */
async function grantOf(story: Story, folder: number): Promise<StorageClient> {
  const { grant } = await halvesOf(story, folder);
  const birch = await story.alder.services.neighbours.peers.byName('Birch');
  const { key, secret } = birch?.inbound ?? { key: '', secret: '' };
  const keys = { consumerKey: key, consumerSecret: secret, token: grant?.token, tokenSecret: grant?.secret };
  return new StorageClient(story.alder.url, keys, story.alder.clock);
}

const octets = { 'content-type': 'application/octet-stream' };
const json = (body: unknown): Sent => ({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** Every call of the storage API that reads an item. */
const READS: Readonly<Record<string, (id: number, isFolder: boolean) => string>> = {
  metadata: (id, isFolder) => (isFolder ? `folder/${String(id)}` : `file/${String(id)}`),
  listing: (id) => `folder/${String(id)}/contents`,
  'listing with deleted items': (id) => `folder/${String(id)}/contents?include_deleted=true`,
  members: (id) => `folder/${String(id)}/members`,
  content: (id) => `file/${String(id)}/data`,
  versions: (id) => `file/${String(id)}/versions`,
  'one version': (id) => `file/${String(id)}/version/1`,
  'the content of one version': (id) => `file/${String(id)}/version/1/data`,
};

type Write = (app: StorageClient, folder: number, file: number) => Promise<Answer>;

/** Every call of the storage API that writes, on a folder and a file. */
const WRITES: Readonly<Record<string, Write>> = {
  'makes a file': (app, folder) =>
    app.call(`file?name=new.txt&parent=${String(folder)}`, { method: 'POST', headers: octets, body: 'new' }),
  'makes a folder': (app, folder) => app.json('folder', 'POST', { name: 'New', parent: folder }),
  'replaces content': (app, _folder, file) => app.replace(file, 'replaced'),
  'renames a file': (app, _folder, file) => app.json(`file/${String(file)}`, 'PUT', { name: 'renamed.txt' }),
  'moves a file within the folder': (app, folder, file) => app.json(`file/${String(file)}`, 'PUT', { parent: folder }),
  'deletes a file': (app, _folder, file) => app.call(`file/${String(file)}`, { method: 'DELETE' }),
  'renames the folder': (app, folder) => app.json(`folder/${String(folder)}`, 'PUT', { name: 'Mine' }),
  'deletes the folder': (app, folder) => app.call(`folder/${String(folder)}`, { method: 'DELETE' }),
  'shares the folder on': (app, folder) =>
    app.json(`folder/${String(folder)}/share`, 'POST', ['eve@elsewhere.example']),
  'ends the share for somebody': (app, folder) =>
    app.json(`folder/${String(folder)}/unshare`, 'POST', ['eve@elsewhere.example']),
};

describe('a read-only grant', () => {
  let stage: Stage;
  beforeAll(async () => (stage = await setStage('read-only')));
  beforeEach(() => stage.story.forgetLimits());
  afterAll(() => stage.story.close());

  it.each(Object.keys(WRITES))('AUT-01 is refused when it %s, at the owner’s cloud', async (what) => {
    const { story, grant, folder, file } = stage;
    const answer = await withoutEffect(story, () => (WRITES[what] as Write)(grant, folder, file));
    expect(answer.status).toBe(403);
  });

  // What the folder is called among the recipient's own, and where it stands, is theirs to say.
  it.each(Object.keys(WRITES).filter((what) => what !== 'renames the folder'))(
    'AUT-01 is refused when the recipient %s, before the owner’s cloud is asked',
    async (what) => {
      const { story, mount } = stage;
      const file = (await story.bo.app.children(mount)).get('budget.txt')?.id ?? 0;
      // The mounts' own top belongs to nobody who could rename, delete or share it.
      const answer = await withoutEffect(story, () => (WRITES[what] as Write)(story.bo.app, mount, file), [
        '(connections)',
      ]);
      expect([400, 403]).toContain(answer.status);
    },
  );

  it('reads, also by range', async () => {
    const { grant, folder, file } = stage;
    expect([...(await grant.children(folder)).keys()]).toEqual(['budget.txt']);
    expect((await grant.read(file)).toString()).toBe('twelve');
    const part = await grant.call(`file/${String(file)}/data`, { headers: { range: 'bytes=0-1' } });
    expect([part.status, part.text]).toEqual([206, 'tw']);
  });
});

describe('a read-write grant', () => {
  let stage: Stage;
  beforeAll(async () => (stage = await setStage('read-write')));
  beforeEach(() => stage.story.forgetLimits());
  afterAll(() => stage.story.close());

  for (const [read, path] of Object.entries(READS)) {
    it(`OAU-13 sees nothing outside its folder: ${read}`, async () => {
      const { story, grant, outside } = stage;
      for (const [what, { id, isFolder }] of Object.entries(outside)) {
        const { status, text } = await withoutEffect(story, () => grant.call(path(id, isFolder)));
        expect([what, status, text]).toEqual([what, 404, expect.not.stringContaining('Parent')]);
      }
    });
  }

  it('OAU-13 finds its own folder and what is in it, and nothing else, under all ids there are', async () => {
    const { story, grant, folder, file } = stage;
    const last = (await story.ana.app.makeFolder('Last')).id;
    const found: number[] = [];
    for (let id = 0; id <= last; id += 1) {
      const answers = await Promise.all([
        grant.call(`folder/${String(id)}/contents`),
        grant.call(`file/${String(id)}/data`),
      ]);
      if (answers.some(({ status }) => status !== 404 && status !== 400)) found.push(id);
    }
    expect(found).toEqual([folder, file].sort((a, b) => a - b));
  });

  it('OAU-13 never means the owner’s root: no parent, an empty one, 0, null or root', async () => {
    const { story, grant } = stage;
    for (const parent of ['', '&parent=', '&parent=0', '&parent=null', '&parent=root']) {
      const sent: Sent = { method: 'POST', headers: octets, body: 'x' };
      expect([parent, (await withoutEffect(story, () => grant.call(`file?name=x${parent}`, sent))).status]).toEqual([
        parent,
        404,
      ]);
    }
    expect((await withoutEffect(story, () => grant.json('folder', 'POST', { name: 'x' }))).status).toBe(404);
  });

  for (const [what, write] of Object.entries(WRITES)) {
    it(`OAU-13 writes nothing outside its folder: ${what}`, async () => {
      const { story, grant, outside } = stage;
      for (const [place, { id, isFolder }] of Object.entries(outside)) {
        if (isFolder !== /folder|makes|ends/.test(what)) continue;
        const { status } = await withoutEffect(story, () => write(grant, id, id));
        expect([place, status]).toEqual([place, 404]);
      }
    });
  }

  it('PTH-06 moves nothing out of its folder or into it, and leaves its own top alone', async () => {
    const { story, grant, folder, file, outside } = stage;
    for (const [place, { id, isFolder }] of Object.entries(outside)) {
      if (!isFolder) continue;
      const out = await withoutEffect(story, () => grant.json(`file/${String(file)}`, 'PUT', { parent: id }));
      expect([place, out.status]).toEqual([place, 404]);
      const into = await withoutEffect(story, () => grant.json(`folder/${String(id)}`, 'PUT', { parent: folder }));
      expect([place, into.status]).toEqual([place, 404]);
    }
    const inner = (await grant.makeFolder('Inner', folder)).id;
    const child = (await grant.makeFolder('Child', inner)).id;
    const statusOf = async (act: () => Promise<Answer>): Promise<number> => (await withoutEffect(story, act)).status;
    expect(await statusOf(() => grant.json(`folder/${String(inner)}`, 'PUT', { parent: child }))).toBe(400);
    expect(await statusOf(() => grant.json(`folder/${String(folder)}`, 'PUT', { name: 'Mine' }))).toBe(403);
    expect(await statusOf(() => grant.call(`folder/${String(folder)}`, { method: 'DELETE' }))).toBe(403);
    expect(await statusOf(() => grant.json(`folder/${String(folder)}`, 'PUT', { parent: inner }))).toBe(403);
  });

  it('UNS-03 neither shares nor unshares, nor sees the members of another folder', async () => {
    const { story, grant, folder, outside } = stage;
    const ways = ['share', 'unshare'].flatMap((way) => [
      [way, folder, 403] as const,
      [way, outside['a sibling']?.id ?? 0, 404] as const,
    ]);
    for (const [way, id, expected] of ways) {
      const answer = await withoutEffect(story, () =>
        grant.call(`folder/${String(id)}/${way}`, { method: 'POST', ...json([story.bo.email]) }),
      );
      expect([way, id, answer.status]).toEqual([way, id, expected]);
    }
    expect((await grant.call(`folder/${String(outside['another share']?.id)}/members`)).status).toBe(404);
  });

  it('OAU-14 opens nothing with the keys of another cloud or app', async () => {
    const { story, folder } = stage;
    const { grant } = await halvesOf(story, folder);
    const { consumerKey, consumerSecret } = await story.alder.services.apps.clients.add('thief', {});
    const keys = { consumerKey, consumerSecret, token: grant?.token, tokenSecret: grant?.secret };
    const thief = new StorageClient(story.alder.url, keys, story.alder.clock);
    expect((await withoutEffect(story, () => thief.call(`folder/${String(folder)}/contents`))).status).toBe(401);
  });

  it('PTH-10 a foreign id is no local one: two people’s ids never open each other’s items', async () => {
    const { story, mount } = stage;
    const dev = await enter(story, DEV, story.birch);
    const mine = (await dev.app.makeFile('mine.txt', 'mine')).id;
    const foreign = (await story.bo.app.children(mount)).get('budget.txt')?.id ?? 0;
    expect(foreign).not.toBe(mine);
    for (const path of [
      `file/${String(foreign)}/data`,
      `folder/${String(mount)}/contents`,
      `file/${String(foreign)}`,
    ]) {
      expect([path, (await withoutEffect(story, () => dev.app.call(path))).status]).toEqual([path, 404]);
    }
    expect((await withoutEffect(story, () => story.bo.app.call(`file/${String(mine)}/data`))).status).toBe(404);
    // The ids that the owner's cloud gave mean nothing, or something else, at the recipient's.
    const there = (await story.ana.app.children(stage.folder)).get('budget.txt')?.id ?? 0;
    const answer = await story.bo.app.call(`file/${String(there)}/data`);
    expect(answer.status === 404 || there === foreign).toBe(true);
  });
});
