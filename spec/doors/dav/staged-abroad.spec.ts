import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { stagedName } from '../../../src/files/index.js';
import { DAY, Failure } from '../../../src/kernel/index.js';
import { atWork, meetToo } from '../../journeys/support/mesh.js';
import { activate } from '../../journeys/support/story.js';
import { openDavStory, type DavStory } from './dav-story.js';

const OWN = stagedName('0'.repeat(32));

/** A share of Ana's with Bo, by either protocol. */
const KINDS = [
  {
    kind: 'StackSync',
    share: (story: DavStory) => activate(story, { permission: 'read-write' }),
  },
  {
    kind: 'WebDAV',
    share: async (story: DavStory) => {
      await meetToo(story.alder, story.birch);
      await meetToo(story.birch, story.alder);
      return atWork(story);
    },
  },
] as const;

describe.each(KINDS)('what a crash leaves on its way in a folder received by $kind', ({ share }) => {
  let story: DavStory;
  let top: string;
  let mount: number;
  /** The folder as its owner sees it. */
  let folder: number;

  beforeAll(async () => {
    story = await openDavStory();
    ({ folder } = await share(story));
    ({ id: mount } = await story.birch.services.base.database.read('mounts').first<{ id: number }>('id'));
    top = [...(await story.boDav.find('/dav/', '1')).keys()].find((href) => /Plans|Mesh/.test(href)) ?? '';
    await story.boDav.call('MKCOL', '/dav/Mine');
    await story.boDav.put('/dav/Mine/a.txt', 'a');
    await story.bo.browser.signIn(story.birch.url);
  });
  afterAll(() => story.close());

  /** Copies, and dies before the copy has come to its place. */
  async function dieWhileCopying(method: 'COPY' | 'MOVE', to: string): Promise<void> {
    const { tree } = story.birch.services.files;
    const dead = new Failure('internal', 'The process has ended.');
    const spies = [vi.spyOn(tree, 'move'), vi.spyOn(tree, 'remove')].map((spy) => spy.mockRejectedValue(dead));
    const { status } = await story.boDav.call(method, '/dav/Mine', { headers: { destination: to } });
    spies.forEach((spy) => {
      spy.mockRestore();
    });
    expect(status).toBe(500);
  }

  const atTheOwner = async (): Promise<string[]> => [...(await story.ana.app.children(folder)).keys()];
  const isLeft = (name: string): boolean => name.startsWith('.fb-part-') && name !== OWN;

  /** What each door tells of the folder. */
  async function told(): Promise<string[]> {
    const { bo, boDav, birch } = story;
    const page = await bo.browser.visit(new URL(`/files/folder/${String(mount)}`, birch.url));
    return [
      page.text,
      [...(await bo.app.children(mount)).keys()].join(' '),
      [...(await boDav.find(top, '1')).keys()].join(' '),
    ];
  }

  it('is shown at no door, and deleted after a day; an ordinary file of such a name stays', async () => {
    const { boDav, birch } = story;
    expect((await boDav.put(`${top}${OWN}`, 'mine')).status).toBe(201);
    await dieWhileCopying('COPY', `${top}Copy`);
    const left = (await atTheOwner()).filter(isLeft);
    expect(left).toHaveLength(1);
    for (const text of await told()) {
      expect(text).not.toContain(left[0]);
      expect(text).toContain(OWN);
    }
    for (const path of [`${top}${left.join()}/`, `${top}${left.join()}/a.txt`]) {
      expect((await boDav.call('PROPFIND', path, { headers: { depth: '0' } })).status).toBe(404);
      expect((await boDav.call('PROPFIND', path, { headers: { depth: '1' } })).status).toBe(404);
    }
    expect(await birch.services.files.tree.clearStaged()).toBe(0);
    story.advance(DAY + 1);
    expect(await birch.services.files.tree.clearStaged()).toBe(1);
    expect((await atTheOwner()).filter((name) => name.startsWith('.fb-part-'))).toEqual([OWN]);
    expect((await boDav.call('GET', `${top}${OWN}`)).text).toBe('mine');
    expect((await boDav.call('DELETE', `${top}${OWN}`)).status).toBe(204);
  });

  it('is not what stands there already, which stays until the new is whole', async () => {
    const { boDav } = story;
    await boDav.call('MKCOL', `${top}Old`);
    await boDav.put(`${top}Old/old.txt`, 'old');
    await dieWhileCopying('MOVE', `${top}Old`);
    expect((await boDav.call('GET', `${top}Old/old.txt`)).text).toBe('old');
    expect((await boDav.call('GET', '/dav/Mine/a.txt')).text).toBe('a');
    const moved = await boDav.call('MOVE', '/dav/Mine', { headers: { destination: `${top}Old` } });
    expect([moved.status, (await boDav.call('GET', `${top}Old/a.txt`)).text]).toEqual([204, 'a']);
    // One record is left: of the move that died.
    expect(await story.birch.services.base.database.read('staged_abroad').select()).toHaveLength(1);
    expect((await atTheOwner()).filter(isLeft)).toHaveLength(1);
  });
});
