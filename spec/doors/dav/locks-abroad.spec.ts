import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { atWork, meetToo } from '../../journeys/support/mesh.js';
import { activate } from '../../journeys/support/story.js';
import { hex, desktopOf, type Desktop } from '../desk/desktop.js';
import { openDavStory, type DavAnswer, type DavProgram, type DavStory } from './dav-story.js';

const LOCK =
  '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>';
const THERE = 'Somebody has this file open in the other cloud.';

/** Locks that are passed on to the cloud that has the file (webdav.md 1.9): Bo’s, at Birch, on files of Ana’s at Alder. */
describe('a lock on a file of another cloud', () => {
  let story: DavStory;
  let ana: DavProgram;
  let bo: DavProgram;

  beforeAll(async () => {
    story = await openDavStory();
    await meetToo(story.alder, story.birch);
    await meetToo(story.birch, story.alder);
    [ana, bo] = [story.anaDav, story.boDav];
  });
  afterAll(() => story.close());

  const folderOf = async (program: DavProgram, name: string): Promise<string> =>
    [...(await program.find('/dav/', '1')).keys()].find((href) => decodeURIComponent(href).includes(name)) ?? '';
  const lock = (program: DavProgram, at: string, headers = {}) => program.call('LOCK', at, { headers, body: LOCK });
  const unlock = (program: DavProgram, at: string, token: string) =>
    program.call('UNLOCK', at, { headers: { 'lock-token': `<${token}>` } });
  const tokenIn = ({ headers }: DavAnswer): string => String(headers['lock-token']).slice(1, -1);

  describe('shared by Open Cloud Mesh', () => {
    let [there, here] = ['', ''];
    let mount = 0;

    beforeAll(async () => {
      const { name } = await atWork(story);
      [there, here] = [await folderOf(ana, name), await folderOf(bo, name)];
      mount = [...(await story.bo.app.children()).values()].find((item) => item.filename === name)?.id ?? 0;
    });

    it('keeps the people there from it until it is given back, and its holder from nothing, by whatever door', async () => {
      const token = tokenIn(await lock(bo, `${here}budget.txt`, { timeout: 'Second-120' }));
      const refused = await ana.put(`${there}budget.txt`, 'Ana’s');
      expect([refused.status, refused.text]).toEqual([423, expect.stringContaining('Birch has this file open.')]);
      expect((await ana.call('DELETE', there)).status).toBe(423);
      expect((await bo.put(`${here}budget.txt`, 'by another program')).status).toBe(423);
      expect((await bo.put(`${here}budget.txt`, 'by its program', { if: `(<${token}>)` })).status).toBe(204);
      const { id = 0 } = (await story.bo.app.children(mount)).get('budget.txt') ?? {};
      expect((await story.bo.app.replace(id, 'by an app')).status).toBe(200);
      expect((await ana.call('GET', `${there}budget.txt`)).text).toBe('by an app');
      expect((await unlock(bo, `${here}budget.txt`, token)).status).toBe(204);
      expect((await ana.put(`${there}budget.txt`, 'Ana’s')).status).toBe(204);
    });

    it('lasts there as long as here, and is started anew there with ours', async () => {
      const token = tokenIn(await lock(bo, `${here}budget.txt`, { timeout: 'Second-60' }));
      story.advance(50_000);
      const again = await bo.call('LOCK', `${here}budget.txt`, {
        headers: { if: `(<${token}>)`, timeout: 'Second-60' },
      });
      expect(again.status).toBe(200);
      story.advance(50_000);
      expect((await ana.put(`${there}budget.txt`, 'x')).status).toBe(423);
      story.advance(11_000);
      expect((await ana.put(`${there}budget.txt`, 'x')).status).toBe(204);
    });

    it('moves and goes with its file, and leaves nothing locked there', async () => {
      await bo.put(`${here}a.txt`, 'x');
      const token = tokenIn(await lock(bo, `${here}a.txt`));
      const headers = { if: `(<${token}>)`, destination: `${here}b.txt` };
      expect((await bo.call('MOVE', `${here}a.txt`, { headers })).status).toBe(201);
      expect((await ana.put(`${there}b.txt`, 'y')).status).toBe(204);
      const next = tokenIn(await lock(bo, `${here}b.txt`));
      expect((await bo.call('DELETE', `${here}b.txt`, { headers: { if: `(<${next}>)` } })).status).toBe(204);
      const { database, clock } = story.alder.services.base;
      const held = database.read('locks').whereNotNull('bound_id').where('ends_at', '>=', clock.now());
      expect(await held).toEqual([]);
    });

    it('is refused when somebody there has the file open, and what was made for it goes again', async () => {
      const token = tokenIn(await lock(ana, `${there}budget.txt`));
      const refused = await lock(bo, `${here}budget.txt`);
      expect([refused.status, refused.text]).toEqual([423, expect.stringContaining(THERE)]);
      expect(refused.text).toContain(`<d:no-conflicting-lock><d:href>${here}budget.txt</d:href>`);
      const written = await bo.put(`${here}budget.txt`, 'x');
      expect(written.status).toBe(423);
      expect(written.text).toContain(`<d:lock-token-submitted><d:href>${here}budget.txt</d:href>`);
      expect((await unlock(ana, `${there}budget.txt`, token)).status).toBe(204);
      expect((await lock(bo, `${here}budget.txt`)).status).toBe(200);
    });
  });

  describe('shared by the storage API', () => {
    let [there, here, anas] = ['', '', ''];
    let desktop: Desktop;

    beforeAll(async () => {
      const { folder } = await activate(story, { permission: 'read-write' });
      [there, here] = [await folderOf(ana, 'Plans'), await folderOf(bo, 'Plans')];
      anas = String((await story.ana.app.children(folder)).get('budget.txt')?.id);
      desktop = await desktopOf(story.ana.accountId, story.alder);
    });

    const claims = () => ({ id: anas, user: 'ana', cloud: 'Stacksync', ipserver: '192.0.2.7' });
    const times = { datetime: hex('2015-05-12 10:50:00'), timelimit: '10' };
    const seen = async () =>
      (await desktop.call('GET', `lockFile/${anas}/Stacksync/true`)).json<{ user: string; status: string }[]>();

    it('is a desktop’s there: its people see it and lock nothing beside it, but may write', async () => {
      const token = tokenIn(await lock(bo, `${here}budget.txt`));
      expect(await seen()).toMatchObject([{ user: `${story.bo.name}@Birch`, status: 'open' }]);
      expect((await lock(ana, `${there}budget.txt`)).status).toBe(423);
      expect((await desktop.mislabelled('POST', 'lockFile', { ...claims(), ...times })).status).toBe(400);
      expect((await ana.put(`${there}budget.txt`, 'Ana’s')).status).toBe(204);
      expect((await unlock(bo, `${here}budget.txt`, token)).status).toBe(204);
      expect(await seen()).toMatchObject([{ status: 'close' }]);
    });

    it('is refused while a desktop there has the file open', async () => {
      expect((await desktop.mislabelled('POST', 'lockFile', { ...claims(), ...times })).status).toBe(200);
      const refused = await lock(bo, `${here}budget.txt`);
      expect([refused.status, refused.text]).toEqual([423, expect.stringContaining(THERE)]);
      expect((await desktop.mislabelled('PUT', 'unLockFile', { ...claims(), ...times })).status).toBe(200);
      const token = tokenIn(await lock(bo, `${here}budget.txt`));
      const headers = { if: `(<${token}>)`, destination: `${here}moved.txt` };
      expect((await bo.call('MOVE', `${here}budget.txt`, { headers })).status).toBe(201);
      expect(await seen()).toMatchObject([{ status: 'close' }]);
    });
  });
});
