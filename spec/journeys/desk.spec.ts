import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PeerId } from '../../src/kernel/index.js';
import { Desktop, desktopOf, hex } from '../doors/desk/desktop.js';
import { activate, halvesOf, openStory, type Invited, type Story } from './support/story.js';
import { withoutEffect } from './support/world.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe('what people say about a shared file, and who has it open', () => {
  let story: Story;
  let ana: Desktop;
  let bo: Desktop;
  let share: Invited & { readonly mount: number };
  /** The same file, as each of them calls it. */
  let anas: string;
  let bos: string;

  beforeAll(async () => {
    story = await openStory();
    ana = await desktopOf(story.ana.accountId, story.alder);
    bo = await desktopOf(story.bo.accountId, story.birch);
  });
  beforeEach(async () => {
    await story.forgetLimits();
    share = await activate(story);
    [anas, bos] = await fileIn(share);
  });
  afterAll(() => story.close());

  async function fileIn({ folder, mount }: { folder: number; mount: number }): Promise<[string, string]> {
    const [there, here] = await Promise.all([story.ana.app.children(folder), story.bo.app.children(mount)]);
    return [String(there.get('budget.txt')?.id), String(here.get('budget.txt')?.id)];
  }

  const says = (id: string, user: string, text: string, cloud = 'Stacksync') => ({ id, user, text: hex(text), cloud });
  const claims = (id: string, user: string) => ({
    id,
    user,
    cloud: 'Stacksync',
    ipserver: '192.0.2.7',
    datetime: hex('2015-05-12 10:50:00'),
    timelimit: '10',
  });

  /** Who said what, as a desktop lists it. */
  async function heard(desktop: Desktop, path: string): Promise<string[]> {
    const answer = await desktop.call('GET', path);
    expect([path, answer.status]).toEqual([path, 200]);
    return answer.json<Record<string, string>[]>().map(({ user = '', text = '' }) => `${user}: ${text}`);
  }

  /** Birch's grant, used for arbitrary requests. */
  async function grantOf({ folder }: { folder: number }): Promise<Desktop> {
    const { grant } = await halvesOf(story, folder);
    const birch = await story.alder.services.neighbours.peers.byName('Birch');
    const { key, secret } = birch?.inbound ?? { key: '', secret: '' };
    const keys = { consumerKey: key, consumerSecret: secret, token: grant?.token, tokenSecret: grant?.secret };
    return new Desktop(story.alder, keys);
  }

  it('is kept at the owner’s cloud and seen in both, with people of the other cloud told apart', async () => {
    expect((await ana.mislabelled('POST', 'comment', says(anas, 'eye', 'from Ana'))).status).toBe(200);
    const made = await bo.mislabelled('POST', 'comment', says(bos, 'eye', 'de Bo: ¿qué?', 'Birch'));
    expect(made.json()).toMatchObject({ id: bos, user: 'eye', text: 'de Bo: ¿qué?', cloud: 'Birch', status: 'NEW' });
    expect(await heard(ana, `comment/${anas}/Stacksync`)).toEqual(['eye: from Ana', 'eye@Birch: de Bo: ¿qué?']);
    expect(await heard(bo, `comment/${bos}/Birch`)).toEqual(['eye@Alder: from Ana', 'eye: de Bo: ¿qué?']);
    expect(await heard(bo, `comment/${bos}/Another/true`)).toHaveLength(2);
    expect(await story.birch.services.base.database.read('comments').select('*')).toEqual([]);
    expect(await story.alder.services.base.database.read('comments').pluck('actor')).toContain(
      `person:${story.ana.accountId}`,
    );
  });

  it('on the shared folder itself is heard too', async () => {
    await bo.mislabelled('POST', 'comment', says(String(share.mount), 'eyebo', 'the whole folder'));
    expect(await heard(ana, `comment/${String(share.folder)}/Stacksync`)).toEqual(['eyebo@Birch: the whole folder']);
  });

  it('AUT-10 is deleted by who said it in their own cloud, and by the owner of the file', async () => {
    const said = (await ana.mislabelled('POST', 'comment', says(anas, 'eye', 'mine'))).json<{ time_created: string }>();
    const stolen = await bo.call('DELETE', `comment/${bos}/eye@Alder/Stacksync/${said.time_created}`);
    expect([stolen.status, stolen.json()]).toEqual([
      400,
      { error: 400, descripcion: 'There is no such comment of yours.' },
    ]);
    const times: string[] = [];
    for (const text of ['one', 'two']) {
      const answer = await bo.mislabelled('POST', 'comment', says(bos, 'eyebo', text));
      times.push(answer.json<{ time_created: string }>().time_created);
    }
    const own = await bo.call('DELETE', `comment/${bos}/eyebo/Stacksync/${String(times[0])}`);
    expect([own.status, own.json()]).toMatchObject([200, { id: bos, text: 'one', status: 'DELETED' }]);
    const owners = await ana.call('DELETE', `comment/${anas}/eyebo@Birch/Stacksync/${String(times[1])}`);
    expect([owners.status, owners.json()]).toMatchObject([200, { id: anas, text: 'two', status: 'DELETED' }]);
    expect(await heard(bo, `comment/${bos}/Stacksync`)).toEqual(['eye@Alder: mine']);
  });

  it('is one lock for both clouds', async () => {
    expect((await bo.mislabelled('POST', 'lockFile', claims(bos, 'eye'))).text).toBe('{"lockFile":true}');
    const [seen] = (await ana.call('GET', `lockFile/${anas}/Stacksync`)).json<object[]>();
    expect(seen).toMatchObject({ id: anas, user: 'eye@Birch', datetime: '2015-05-12 10:50:00', status: 'open' });
    const refused = await ana.mislabelled('POST', 'lockFile', claims(anas, 'eye'));
    expect([refused.status, refused.json()]).toEqual([
      400,
      { error: 400, descripcion: 'eye@Birch has this file open.' },
    ]);
    expect((await bo.mislabelled('PUT', 'updateTime', claims(bos, 'eye'))).text).toBe('{"updateFile":true}');
    expect((await bo.mislabelled('PUT', 'unLockFile', claims(bos, 'eye'))).text).toBe('{"unLockFile":true}');
    expect((await ana.mislabelled('POST', 'lockFile', claims(anas, 'eye'))).status).toBe(200);
    const turned = await bo.mislabelled('POST', 'lockFile', claims(bos, 'eye'));
    expect([turned.status, turned.json()]).toEqual([
      400,
      { error: 400, descripcion: 'Somebody else has this file open.' },
    ]);
    story.advance(10 * MINUTE + 1);
    expect((await bo.mislabelled('POST', 'lockFile', claims(bos, 'eye'))).status).toBe(200);
  });

  it('AUT-01 is only read in a folder that is shared for reading', async () => {
    const readable = await activate(story, { permission: 'read-only' });
    const [there, here] = await fileIn(readable);
    await ana.mislabelled('POST', 'comment', says(there, 'eyeana', 'look'));
    expect(await heard(bo, `comment/${here}/Stacksync`)).toEqual(['eyeana@Alder: look']);
    expect((await bo.call('GET', `lockFile/${here}/Stacksync`)).text).toBe('[]');
    const grant = await grantOf(readable);
    for (const [desktop, id] of [
      [bo, here],
      [grant, there],
    ] as const) {
      const said = await withoutEffect(story, () => desktop.mislabelled('POST', 'comment', says(id, 'eyebo', 'no')));
      expect([said.status, said.json()]).toMatchObject([400, { error: 400 }]);
      const held = await withoutEffect(story, () => desktop.mislabelled('POST', 'lockFile', claims(id, 'eyebo')));
      expect(held.status).toBe(400);
    }
  });

  it('OAU-13 leads a grant to nothing outside its folder, and never to a calendar', async () => {
    const diary = String((await story.ana.app.makeFile(`diary ${anas}`, 'dear')).id);
    await ana.mislabelled('POST', 'comment', says(diary, 'eyeana', 'secret'));
    const grant = await grantOf(share);
    const calendar = { user: 'eyeana', name: 'home', cloud: 'Stacksync', description: '', timezone: '0' };
    const refused = [
      () => grant.call('GET', `comment/${diary}/Stacksync/true`),
      () => grant.mislabelled('POST', 'comment', says(diary, 'eyeana', 'hello')),
      () => grant.call('GET', `lockFile/${diary}/Stacksync/true`),
      () => grant.mislabelled('POST', 'lockFile', claims(diary, 'eyeana')),
      () => grant.form('POST', 'calendar', calendar),
      () => grant.call('GET', 'calendar/eyeana/Stacksync'),
      () => grant.call('GET', 'calEvents/eyeana/Stacksync'),
      () => grant.call('GET', 'event/eyeana/home/Stacksync'),
      () => grant.call('DELETE', 'calUser/eyeana/Stacksync'),
    ];
    for (const ask of refused) {
      const answer = await withoutEffect(story, ask);
      expect([answer.status, answer.json()]).toEqual([400, { error: 400, descripcion: 'Not found.' }]);
    }
  });

  it('CNV-02 is gone for the recipient with the share, and stays with its owner', async () => {
    await bo.mislabelled('POST', 'comment', says(bos, 'eyebo', 'mine'));
    const grant = await grantOf(share);
    await story.ana.app.json(`folder/${String(share.folder)}/unshare`, 'POST', [story.bo.email]);
    expect((await grant.call('GET', `comment/${anas}/Stacksync/true`)).status).toBe(401);
    // Until the end is told, all that Birch knows is that its key is refused (F-06).
    const early = await bo.call('GET', `comment/${bos}/Stacksync`);
    expect([early.status, early.json<{ descripcion: string }>().descripcion]).toEqual([
      503,
      expect.stringContaining('refuses our key'),
    ]);
    await story.settle();
    const late = await bo.call('GET', `comment/${bos}/Stacksync`);
    expect([late.status, late.json()]).toEqual([400, { error: 400, descripcion: 'Not found.' }]);
    expect((await bo.mislabelled('POST', 'comment', says(bos, 'eyebo', 'late'))).status).toBe(400);
    expect(await heard(ana, `comment/${anas}/Stacksync`)).toEqual(['eyebo@Birch: mine']);
  });

  it('goes with the file', async () => {
    await bo.mislabelled('POST', 'comment', says(bos, 'eyebo', 'mine'));
    await story.ana.app.call(`file/${anas}`, { method: 'DELETE' });
    for (const [desktop, id] of [
      [ana, anas],
      [bo, bos],
    ] as const) {
      expect((await desktop.call('GET', `comment/${id}/Stacksync/true`)).status).toBe(400);
    }
  });

  it('is kept at the recipient’s as long as the owner’s cloud does not say that it keeps it', async () => {
    const { database } = story.birch.services.base;
    // As with a cloud of another make, or an older one.
    await database.write((trx) => trx('mounts').where({ id: share.mount }).update({ keeps_desk: false }));
    await bo.mislabelled('POST', 'comment', says(bos, 'eyebo', 'to myself'));
    await bo.mislabelled('POST', 'lockFile', claims(bos, 'eyebo'));
    expect(await heard(bo, `comment/${bos}/Stacksync`)).toEqual(['eyebo: to myself']);
    expect(await heard(ana, `comment/${anas}/Stacksync`)).toEqual([]);
    // The daily probe learns better.
    story.advance(DAY);
    await story.settle();
    expect(await heard(bo, `comment/${bos}/Stacksync`)).toEqual([]);
    await bo.mislabelled('POST', 'comment', says(bos, 'eyebo', 'to all'));
    expect(await heard(ana, `comment/${anas}/Stacksync`)).toEqual(['eyebo@Birch: to all']);
    // What was kept here goes with the mount.
    await story.ana.app.json(`folder/${String(share.folder)}/unshare`, 'POST', [story.bo.email]);
    await story.settle();
    for (const table of ['comments', 'comment_threads', 'locks']) {
      expect([table, await database.read(table).select('*')]).toEqual([table, []]);
    }
  });

  it('CNV-03 is trouble, never a lost login, while the owner’s cloud does not answer', async () => {
    const alder = await story.birch.services.neighbours.peers.byName('Alder');
    const breaker = story.birch.services.neighbours.breakers.of(alder?.id as PeerId);
    for (let failures = 0; failures < 5; failures += 1) breaker.failed();
    for (const ask of [
      () => bo.call('GET', `comment/${bos}/Stacksync`),
      () => bo.mislabelled('POST', 'lockFile', claims(bos, 'eyebo')),
    ]) {
      const answer = await ask();
      expect([answer.status, answer.json()]).toMatchObject([503, { error: 503 }]);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
  });
});
