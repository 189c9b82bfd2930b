import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/kernel/index.js';
import { INCOMING_WAYS } from './support/states.js';
import { startStub } from './support/stub.js';
import { activate, halvesOf, openStory, statesOf, type Story } from './support/story.js';

describe('two clouds find together again', () => {
  let story: Story;

  beforeEach(async () => {
    // A silent cloud is waited for as little as the speed of this machine allows.
    story = await openStory(undefined, undefined, { outboundLimits: { headers: 300 } });
  });
  afterEach(() => story.close());

  /** Makes Birch look for Alder somewhere else, as a broken network would; call the result to mend it. */
  async function misdirect(to: string): Promise<() => Promise<void>> {
    const { database } = story.birch.services.base;
    const row = (await database.read('incoming_shares').first()) as { id: string; resource_url: string };
    const broken = new URL(new URL(row.resource_url).pathname, to).href;
    const origins = JSON.stringify([story.alder.url, new URL(to).origin]);
    const set = async (url: string): Promise<void> => {
      await database.write((trx) => trx('incoming_shares').where({ id: row.id }).update({ resource_url: url }));
      await database.write((trx) => trx('peers').where({ name: 'Alder' }).update({ origins }));
    };
    await set(broken);
    return () => set(row.resource_url);
  }

  it.each([500, 502, 503, 301, 429, 'silence', 'resets'] as const)(
    'CNV-03 an hour of %s at the owner’s cloud takes no folder away',
    async (kind) => {
      const { mount, folder } = await activate(story);
      const trouble = await startStub(troubling(kind));
      const mend = await misdirect(trouble.url);
      for (let minute = 0; minute < 60; minute += 10) {
        story.advance(10 * MINUTE);
        await story.settle();
        await story.bo.app.call(`folder/${String(mount)}/contents`);
      }
      story.advance(DAY + 3 * HOUR);
      await story.settle();
      expect(trouble.heard.length).toBeGreaterThan(0);
      expect(await statesOf(story, folder)).toEqual(['active', 'active']);
      expect([...(await story.bo.app.children()).keys()]).toContain(
        (await halvesOf(story, folder)).incoming?.folderName,
      );
      await mend();
      story.advance(HOUR);
      expect([...(await story.bo.app.children(mount)).keys()]).toEqual(['budget.txt']);
    },
  );

  it.each([401, 403, 404])(
    'CNV-03 an hour of %i at the owner’s cloud takes the folder away after ten minutes, not before, at both ends (F-06)',
    async (status) => {
      const { mount, folder } = await activate(story);
      const name = (await halvesOf(story, folder)).incoming?.folderName;
      const refusing = await startStub((response) => response.writeHead(status).end());
      await misdirect(refusing.url);
      const look = async () => (await story.bo.app.call(`folder/${String(mount)}/contents`)).status;
      expect(await look()).toBe(503);
      await story.pass(10 * MINUTE - SECOND);
      expect(await look()).toBe(503);
      expect(await statesOf(story, folder)).toEqual(['active', 'active']);
      expect([...(await story.bo.app.children()).keys()]).toContain(name);
      await story.pass(SECOND);
      expect(await statesOf(story, folder)).toEqual(['left', 'revoked']);
      expect([...(await story.bo.app.children()).keys()]).not.toContain(name);
      await story.pass(50 * MINUTE);
      expect(await look()).toBe(404);
      expect(await statesOf(story, folder)).toEqual(['left', 'revoked']);
    },
  );

  it.each([
    ['ahead', HOUR],
    ['behind', -HOUR],
  ])('CNV-03 OPS-06 a clock that is an hour %s takes no folder away, and the folder stays open', async (_how, step) => {
    const { mount, folder } = await activate(story);
    story.birch.clock.advance(step);
    const listed = await story.bo.app.children(mount);
    expect([...listed.keys()]).toEqual(['budget.txt']);
    const file = listed.get('budget.txt')?.id ?? 0;
    expect((await story.bo.app.read(file)).length).toBeGreaterThan(0);
    expect((await story.bo.app.replace(file, 'written by the wrong clock')).status).toBe(200);
    story.advance(DAY + 5 * HOUR);
    await story.settle();
    expect(await statesOf(story, folder)).toEqual(['active', 'active']);
    story.birch.clock.advance(-step);
    expect([...(await story.bo.app.children(mount)).keys()]).toEqual(['budget.txt']);
    expect((await story.bo.app.read(file)).toString()).toBe('written by the wrong clock');
  });

  it('CNV-03 OPS-06 a grant that is dead for ten minutes is dead whatever the clocks say (F-06)', async () => {
    const { mount, folder } = await activate(story);
    const {
      shares: { grants },
      base: { database },
    } = story.alder.services;
    const { outgoing } = await halvesOf(story, folder);
    story.birch.clock.advance(HOUR);
    await database.write((trx) => grants.kill(trx, outgoing.id));
    expect((await story.bo.app.call(`folder/${String(mount)}/contents`)).status).toBe(503);
    expect((await halvesOf(story, folder)).incoming?.state).toBe('active');
    await story.pass(10 * MINUTE);
    expect((await story.bo.app.call(`folder/${String(mount)}/contents`)).status).toBe(404);
    expect(await statesOf(story, folder)).toEqual(['left', 'revoked']);
  });

  it('CNV-03 a single 401 is no ending: only one that a fresh probe confirms', async () => {
    const { mount, folder } = await activate(story);
    let asked = 0;
    const once = await startStub((response, heard) => {
      asked += 1;
      if (asked === 1) response.writeHead(401).end();
      else
        void forward(heard.path).then((body) =>
          response.writeHead(200, { 'content-type': 'application/json' }).end(body),
        );
    });
    const { grant } = await halvesOf(story, folder);
    const forward = async (path: string): Promise<string> =>
      JSON.stringify({ ...METADATA, id: Number(/\d+/.exec(path.slice(3))?.[0]) });
    const mend = await misdirect(once.url);
    await story.bo.app.call(`folder/${String(mount)}/contents`);
    expect(asked).toBeGreaterThan(1);
    expect((await halvesOf(story, folder)).incoming?.state).toBe('active');
    await mend();
    expect([...(await story.bo.app.children(mount)).keys()]).toEqual(['budget.txt']);
    expect(grant).toBeDefined();
  });

  it('CNV-03 ten minutes of 401 end the share at the destination, which asks nobody any more (F-06)', async () => {
    const { mount, folder } = await activate(story);
    const dead = await startStub((response) => response.writeHead(401).end());
    await misdirect(dead.url);
    expect((await story.bo.app.call(`folder/${String(mount)}/contents`)).status).toBe(503);
    await story.pass(10 * MINUTE);
    expect((await story.bo.app.call(`folder/${String(mount)}/contents`)).status).toBe(404);
    const { incoming } = await halvesOf(story, folder);
    expect([incoming?.state, incoming?.grantSealed]).toEqual(['revoked', undefined]);
    const asked = dead.heard.length;
    expect((await story.bo.app.call(`folder/${String(mount)}/contents`)).status).toBe(404);
    expect(dead.heard).toHaveLength(asked);
  });

  it('CNV-04 a lost unshare heals: the daily probe finds the grant dead, and ten minutes later still (F-06)', async () => {
    const { folder } = await activate(story);
    await story.ana.app.json(`folder/${String(folder)}/unshare`, 'POST', [story.bo.email]);
    await story.alder.services.base.database.write((trx) => trx('deliveries').where({ kind: 'unshare' }).delete());
    await story.settle();
    expect(await statesOf(story, folder)).toEqual(['revoked', 'active']);
    story.advance(DAY + 6 * HOUR);
    await story.settle();
    expect(await statesOf(story, folder)).toEqual(['revoked', 'active']);
    await story.pass(10 * MINUTE);
    expect(await statesOf(story, folder)).toEqual(['revoked', 'revoked']);
  });

  it('CNV-04 the owner’s cloud ends its half whether or not the other ever answers', async () => {
    const { folder } = await activate(story);
    await story.alder.services.neighbours.peers.set('Birch', { unshareUrl: 'http://localhost:9/interop/unshare' });
    await story.ana.app.call(`folder/${String(folder)}`, { method: 'DELETE' });
    await story.settle();
    const { outgoing, grant } = await halvesOf(story, folder);
    expect([outgoing.state, grant]).toEqual(['revoked', undefined]);
  });

  it('CNV-01 a permission or expiry that the owner’s cloud knows better arrives with the next probe', async () => {
    const { folder, mount } = await activate(story, { permission: 'read-write' });
    const { outgoing } = await halvesOf(story, folder);
    const { database } = story.alder.services.base;
    await database.write((trx) =>
      trx('outgoing_shares').where({ id: outgoing.id }).update({ permission: 'read-only' }),
    );
    await database.write((trx) =>
      trx('grants').where({ outgoing_id: outgoing.id }).update({ permission: 'read-only' }),
    );
    story.advance(DAY + 6 * HOUR);
    await story.settle();
    expect((await halvesOf(story, folder)).incoming?.permission).toBe('read-only');
    const answer = await story.bo.app.json('folder', 'POST', { name: 'New', parent: mount });
    expect(answer.status).toBe(403);
  });

  it('DLV-01 what was queued before the process died is sent by its successor', async () => {
    const invited = await INCOMING_WAYS.accepted(story, {});
    const { outgoing, callback } = await halvesOf(story, invited.folder);
    await story.asBirch.decide(callback ?? '', outgoing.shareId, true);
    const rows = (await story.alder.services.base.database
      .read('deliveries')
      .where({ kind: 'credentials' })) as unknown[];
    expect(rows).toHaveLength(1);
    // As if a worker had claimed it and died.
    await story.alder.services.base.database.write((trx) =>
      trx('deliveries').update({ claimed_by: 'dead', claimed_until: story.alder.clock.now() + 30_000 }),
    );
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['accepted', 'accepted']);
    story.advance(61_000);
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['active', 'active']);
  });

  it('CNV-01 a destination that was down for days takes everything when it is back, in order', async () => {
    const first = await activate(story);
    const { peers } = story.alder.services.neighbours;
    const birch = await peers.byName('Birch');
    await peers.set('Birch', { unshareUrl: 'http://localhost:9/interop/unshare' });
    await story.ana.app.json(`folder/${String(first.folder)}/unshare`, 'POST', [story.bo.email]);
    for (let hour = 0; hour < 48; hour += 6) {
      story.advance(6 * HOUR);
      await story.alder.cloud.drain();
    }
    expect((await halvesOf(story, first.folder)).outgoing.state).toBe('revoked');
    await peers.set('Birch', { unshareUrl: birch?.unshareUrl });
    story.advance(8 * HOUR);
    await story.settle();
    expect(await statesOf(story, first.folder)).toEqual(['revoked', 'revoked']);
  });
});

/** How a cloud in trouble answers: a status, nothing at all, or the end of the connection. */
const troubling =
  (kind: number | 'silence' | 'resets') =>
  (response: ServerResponse): void => {
    if (kind === 'resets') response.socket?.resetAndDestroy();
    else if (kind !== 'silence') response.writeHead(kind, { location: '/elsewhere' }).end();
  };

/** The metadata of a folder at the owner's cloud. */
const METADATA = {
  parent_id: null,
  filename: 'Plans',
  is_folder: true,
  status: 'NEW',
  modified_at: '2026-11-02 09:00:00.0',
  version: 1,
  checksum: 0,
  size: 0,
  mimetype: 'inode/directory',
  is_root: false,
  contents: [],
  permission: 'read-write',
};
