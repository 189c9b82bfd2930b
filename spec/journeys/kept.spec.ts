import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY, MINUTE, type ItemId, type PersonPrincipal } from '../../src/kernel/index.js';
import { activate, openStory, type Story } from './support/story.js';

const MEBI = 1024 * 1024;

describe('what a recipient in another cloud leaves in the owner’s space', () => {
  let story: Story;
  let bo: PersonPrincipal;

  beforeAll(async () => {
    story = await openStory();
    bo = { kind: 'person', accountId: story.bo.accountId };
  });
  afterAll(() => story.close());

  const kept = () => story.alder.services.files.trash.usage(story.ana.accountId);

  it('20 overwrites of 10 MiB count 200 MiB to the owner, and never more than the quota (F-04)', async () => {
    const { mount } = await activate(story);
    const { accounts } = story.alder.services.people;
    const bytes = Buffer.alloc(10 * MEBI, 'x');
    const before = await kept();
    const { id } = await story.bo.app.makeFile('big', bytes, mount);
    for (let n = 0; n < 20; n += 1) expect((await story.bo.app.replace(id, bytes)).status).toBe(200);
    const after = await kept();
    expect(after.current - before.current).toBe(10 * MEBI);
    expect(after.versions - before.versions).toBe(200 * MEBI);

    await accounts.set(story.ana.email, { quota: 55 * MEBI });
    for (let n = 0; n < 3; n += 1) {
      expect((await story.bo.app.replace(id, bytes)).status).toBe(200);
      const { current, versions, trash } = await kept();
      expect(current + versions + trash).toBeLessThanOrEqual(55 * MEBI);
    }
    const answer = await story.bo.app.call(`file/${String(id)}/versions`);
    expect(answer.json<{ versions: unknown[] }>().versions.length).toBeLessThanOrEqual(5);
    await accounts.set(story.ana.email, { quota: null });
  }, 120_000);

  it('what they delete lies in the owner’s trash; for apps it is DELETED, and not found once it is gone for good', async () => {
    const { folder, mount } = await activate(story);
    const { trash } = story.alder.services.files;
    const made = await story.bo.app.makeFile('doomed', 'doomed', mount);
    const there = (await story.ana.app.children(folder)).get('doomed');
    const path = `file/${String(there?.id)}`;
    expect((await story.bo.app.call(`file/${String(made.id)}`, { method: 'DELETE' })).status).toBe(200);
    const [entry] = await trash.list(story.ana.accountId, 1);
    expect(entry).toMatchObject({ name: 'doomed', kind: 'file', bytes: 6 });
    expect(entry?.deletedBy).toMatch(/^grant:/);
    expect((await story.ana.app.call(path)).json()).toMatchObject({ status: 'DELETED', version: 2 });
    await trash.restore(story.ana.accountId, String(there?.id) as ItemId);
    expect((await story.ana.app.call(path)).json()).toMatchObject({ status: 'NEW', version: 3, size: 6 });
    expect((await story.bo.app.read(made.id)).toString()).toBe('doomed');
    expect((await story.bo.app.call(`file/${String(made.id)}`, { method: 'DELETE' })).status).toBe(200);
    await trash.erase(story.ana.accountId, String(there?.id) as ItemId);
    for (const part of ['', '/versions', '/version/1/data']) {
      expect((await story.ana.app.call(path + part)).status).toBe(404);
    }
  });

  it('an older version is restored inside a received folder too, as a new version at its owner (F-04)', async () => {
    const { folder, mount } = await activate(story);
    const { tree } = story.birch.services.files;
    const { id } = await story.bo.app.makeFile('plan', 'first', mount);
    await story.bo.app.replace(id, 'second');
    const restored = await tree.restoreVersion(bo, String(id) as ItemId, 1);
    expect(restored).toMatchObject({ status: 'CHANGED', version: 3, size: 5 });
    const there = (await story.ana.app.children(folder)).get('plan');
    expect((await story.ana.app.read(there?.id ?? 0)).toString()).toBe('first');
    const { versions } = (await story.ana.app.call(`file/${String(there?.id)}/versions`)).json<{
      versions: unknown[];
    }>();
    expect(versions).toHaveLength(3);
    await expect(tree.restoreVersion(bo, String(id) as ItemId, 9)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('nothing from before a file came into the folder is told by the storage API (F-07, AUT-11)', async () => {
    const { folder, mount } = await activate(story);
    const { app } = story.ana;
    const inner = await app.makeFolder(`Inner ${String(folder)}`);
    const file = await app.makeFile('salaries', 'secret', inner.id);
    const gone = await app.makeFile('gone', 'gone', inner.id);
    story.advance(MINUTE);
    await app.replace(file.id, 'for all');
    await app.call(`file/${String(gone.id)}`, { method: 'DELETE' });
    story.advance(MINUTE);
    expect((await app.json(`folder/${String(inner.id)}`, 'PUT', { parent: folder })).status).toBe(200);
    const innerThere = (await story.bo.app.children(mount)).get(`Inner ${String(folder)}`);
    const listing = await story.bo.app.call(`folder/${String(innerThere?.id)}/contents?include_deleted=true`);
    const { contents } = listing.json<{ contents: { id: number; filename: string }[] }>();
    expect(contents.map(({ filename }) => filename)).toEqual(['salaries']);
    const path = `file/${String(contents[0]?.id)}`;
    const history = await story.bo.app.call(`${path}/versions`);
    expect(history.json<{ versions: { version: number }[] }>().versions.map(({ version }) => version)).toEqual([2]);
    expect((await story.bo.app.call(`${path}/version/2/data`)).text).toBe('for all');
    for (const part of ['version/1', 'version/1/data', 'versions/1/data']) {
      expect((await story.bo.app.call(`${path}/${part}`)).status).toBe(404);
    }
  });

  it('goes for good after 30 days in the trash, with its bytes counted no more', async () => {
    const { trash } = story.alder.services.files;
    story.advance(30 * DAY);
    await trash.tend();
    expect(await trash.list(story.ana.accountId, 1)).toEqual([]);
    expect((await kept()).trash).toBe(0);
  });
});
