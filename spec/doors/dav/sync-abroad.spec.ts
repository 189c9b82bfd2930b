import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { atWork, meetToo } from '../../journeys/support/mesh.js';
import { activate } from '../../journeys/support/story.js';
import { openDavStory, propsOf, type DavProgram, type DavStory } from './dav-story.js';
import { bodyOf, limited, sync } from './sync-report.js';

let story: DavStory;
let ana: DavProgram;
let bo: DavProgram;
/** Bo's mounts, and the folders that Ana shows there, by the names that they begin with. */
const tops: Record<string, string> = {};
const theirs: Record<string, string> = {};

beforeAll(async () => {
  story = await openDavStory();
  await meetToo(story.alder, story.birch);
  await meetToo(story.birch, story.alder);
  await activate(story, { permission: 'read-write' });
  await atWork(story);
  ({ anaDav: ana, boDav: bo } = story);
  for (const name of ['Plans', 'Mesh']) {
    tops[name] = [...(await bo.find('/dav/', '1')).keys()].find((href) => href.includes(name)) ?? '';
    theirs[name] = [...(await ana.find('/dav/', '1')).keys()].find((href) => href.includes(name)) ?? '';
  }
});
afterAll(() => story.close());

/** What was told, with addresses below a folder. */
const below = (top: string, told: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries([...told].map(([href, what]) => [href.slice(top.length), what]));

const refusalOf = async (path: string, body: string): Promise<[number, string]> => {
  const { status, text } = await bo.call('REPORT', path, { body });
  return [status, /<d:error[^>]*><d:([\w-]+)\/>/.exec(text)?.[1] ?? ''];
};

describe.each([
  ['a cloud that speaks StackSync', 'Plans'],
  ['a cloud that speaks Open Cloud Mesh', 'Mesh'],
])('REPORT sync-collection in a folder of %s', (_kind, name) => {
  it('tells all members, then what is new, has another tag, or is gone, at the top and below it', async () => {
    const [top = '', there = ''] = [tops[name], theirs[name]];
    for (const folder of ['', 'Inner/']) {
      await ana.call('MKCOL', `${there}Inner`);
      for (const file of ['keep', 'change', 'rename', 'delete']) await ana.put(there + folder + file, file);
      const first = await sync(bo, top + folder, bodyOf('', '1'));
      const usual = { keep: 'tag', change: 'tag', rename: 'tag', delete: 'tag' };
      const whole = folder === '' ? { ...usual, 'budget.txt': 'tag', 'Inner/': 'tag' } : usual;
      expect(below(top + folder, first.told)).toEqual(whole);
      const same = await sync(bo, top + folder, bodyOf(first.token, '1'));
      expect([same.told.size, same.token]).toEqual([0, first.token]);
      await ana.put(`${there}${folder}change`, 'changed');
      await ana.put(`${there}${folder}new`, 'new');
      await ana.call('DELETE', `${there}${folder}delete`);
      await ana.call('MOVE', `${there}${folder}rename`, { headers: { destination: `${there}${folder}renamed` } });
      const second = await sync(bo, top + folder, bodyOf(first.token, '1'));
      const news = { change: 'tag', new: 'tag', renamed: 'tag', rename: '404', delete: '404' };
      expect(below(top + folder, second.told)).toEqual(news);
      expect((await sync(bo, top + folder, bodyOf(second.token, '1'))).told.size).toBe(0);
      // Who was away for longer is told all of it.
      await ana.call('DELETE', `${there}${folder}keep`);
      const third = await sync(bo, top + folder, bodyOf(first.token, '1'));
      expect(below(top + folder, third.told)).toEqual({ ...news, keep: '404' });
    }
  });

  it('goes on where it was cut', async () => {
    const top = `${tops[name] ?? ''}Cut/`;
    await bo.call('MKCOL', top);
    for (const file of ['a', 'b', 'c']) await bo.put(top + file, file);
    const first = await sync(bo, top, bodyOf('', '1', limited(2)));
    expect(below(top, first.told)).toMatchObject({ '': '507' });
    await bo.call('DELETE', `${top}c`);
    const second = await sync(bo, top, bodyOf(first.token, '1', limited(2)));
    expect(second.told.get(`${top}c`)).toBe('404');
    expect((await sync(bo, top, bodyOf(second.token, '1'))).token).toBe(second.token);
  });

  it('is offered there, for one folder at a time, and by tokens of that folder alone', async () => {
    const [top = '', other = ''] = [tops[name], tops[name === 'Mesh' ? 'Plans' : 'Mesh']];
    await bo.call('MKCOL', `${top}Inner`);
    const { token } = await sync(bo, top, bodyOf('', '1'));
    const last = token.slice(0, -2) + (token.endsWith('00') ? '11' : '00');
    for (const [path, shown] of [
      [`${top}Inner/`, token],
      [other, token],
      ['/dav/', token],
      [top, last],
      [top, 'urn:x:other'],
    ] as const) {
      expect([path, ...(await refusalOf(path, bodyOf(shown, '1')))]).toEqual([path, 403, 'valid-sync-token']);
    }
    expect(await refusalOf(top, bodyOf(''))).toEqual([403, 'sync-traversal-supported']);
    expect(await refusalOf(`${top}budget.txt`, bodyOf('', '1'))).toEqual([403, 'supported-report']);
    expect((await bo.property(top, 'supported-report-set'))?.element.children).toHaveLength(1);
    expect(await bo.property(top, 'sync-token')).toMatchObject({ status: 200, text: token });
    const listed = await bo.find(top, '1', propsOf('sync-token'));
    expect([listed.get(top), listed.get(`${top}Inner/`)].map((told) => told?.get('d:sync-token')?.status)).toEqual([
      ...[200, 404],
    ]);
    expect((await sync(bo, '/dav/', bodyOf('', '1'))).told.get(top)).toBe('tag');
    expect((await sync(bo, '/dav/', bodyOf(''))).told.get(top)).toBe('403');
    await story.birch.services.base.database.write((trx) => trx('foreign_snapshots').delete());
    expect(await refusalOf(top, bodyOf(token, '1'))).toEqual([403, 'valid-sync-token']);
  });

  it('lists a folder once, and leaves out whatever no address can name', async () => {
    const top = tops[name] ?? '';
    const { tree } = story.birch.services.files;
    const list = vi.spyOn(tree, 'list');
    const { token } = await sync(bo, top, bodyOf('', '1'));
    await sync(bo, top, bodyOf(token, '1'));
    expect(list.mock.calls).toHaveLength(2);
    await story.birch.services.base.database.write(async (trx) => {
      const rows = await trx('foreign_snapshots').select<{ folder_id: string; content: string }[]>();
      for (const { folder_id, content } of rows) {
        const named = content.replaceAll('"budget.txt"', '"a/b"');
        await trx('foreign_snapshots').where({ folder_id }).update({ content: named });
      }
    });
    const { told } = await sync(bo, top, bodyOf(token, '1'));
    expect(below(top, told)).toEqual({ 'budget.txt': 'tag' });
  });
});
