import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../src/kernel/index.js';
import type { NewTerms } from '../../src/shares/index.js';
import { CLEO } from '../support/seeds.js';
import { until } from '../support/until.js';
import {
  activate,
  carryDecision,
  choose,
  decideUnheard,
  enter,
  halvesOf,
  invite,
  mountOf,
  openStory,
  statesOf,
  type Invited,
  type Story,
} from './support/story.js';
import { endEverything } from './support/world.js';

const POSTED = { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: 'words' } as const;

/** Files of contents that are still arriving at the owner's cloud. */
async function filesUnderWay({ alder }: Story): Promise<number> {
  return (await readdir(path.join(alder.dataDir, 'contents', 'tmp'))).length;
}

describe('changing a share', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openStory();
  });
  beforeEach(() => story.forgetLimits());
  afterEach(() => endEverything(story));
  afterAll(() => story.close());

  async function change({ folder }: Pick<Invited, 'folder'>, terms: NewTerms): Promise<void> {
    const { changing } = story.alder.services.agreements;
    await changing.change(story.ana.accountId, (await halvesOf(story, folder)).outgoing.id, terms);
  }

  /** What each cloud believes that Bo may do. */
  async function believed({ folder }: Invited): Promise<readonly [string, string | undefined, string | undefined]> {
    const { outgoing, incoming } = await halvesOf(story, folder);
    const mount = await story.birch.services.base.database
      .read('mounts')
      .where({ incoming_id: incoming?.id ?? '' })
      .first<{ permission: string } | undefined>('permission');
    return [outgoing.permission, incoming?.permission, mount?.permission];
  }

  const write = async (mount: number, name: string): Promise<number> =>
    (await story.bo.app.call(`file?name=${encodeURIComponent(name)}&parent=${String(mount)}`, POSTED)).status;

  async function subjectsSince(count: number): Promise<string[]> {
    await story.settle();
    return story.mailbox.letters.slice(count).map(({ subject, to }) => `${subject} to ${to.join()}`);
  }

  it('AUT-03 a downgrade holds at once: the other cloud gets 403, its app 403 and not 401, and learns it by that', async () => {
    const shared = await activate(story, { permission: 'read-write' });
    story.advance(2 * MINUTE);
    await change(shared, { permission: 'read-only' });
    expect(await believed(shared)).toEqual(['read-only', 'read-write', 'read-write']);
    const before = story.mailbox.letters.length;
    expect(await write(shared.mount, 'late.txt')).toBe(403);
    const letters = await subjectsSince(before);
    expect(await believed(shared)).toEqual(['read-only', 'read-only', 'read-only']);
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatch(/^What you can do in “Plans \d+” has changed to bo@birch\.example$/);
    expect(story.mailbox.letters.at(-1)?.text).toContain('You can now look and download');
    expect(await write(shared.mount, 'later.txt')).toBe(403);
    expect((await story.bo.app.children(shared.mount)).has('budget.txt')).toBe(true);
    expect(await statesOf(story, shared.folder)).toEqual(['active', 'active']);
  });

  it('AUT-03 an upload that runs through both clouds when the owner changes it to reading only comes to nothing', async () => {
    const shared = await activate(story, { permission: 'read-write' });
    const budget = (await story.bo.app.children(shared.mount)).get('budget.txt');
    const body = new PassThrough();
    const replacing = story.bo.app.call(`file/${String(budget?.id)}/data`, { ...POSTED, method: 'PUT', body });
    // So much that it does not lie beside its row at the owner's cloud.
    body.write(Buffer.alloc(64 * 1024, 'thir'));
    await until('the first bytes at the owner’s cloud', async () => (await filesUnderWay(story)) > 0);
    await change(shared, { permission: 'read-only' });
    body.end('teen');
    expect((await replacing).status).toBe(403);
    const kept = (await story.ana.app.children(shared.folder)).get('budget.txt');
    expect([(await story.ana.app.read(kept?.id ?? 0)).toString(), kept?.version]).toEqual(['twelve', 1]);
    expect(await filesUnderWay(story)).toBe(0);
    story.advance(MINUTE);
    await story.settle();
    expect((await believed(shared))[2]).toBe('read-only');
  });

  it('an upgrade is learnt by the daily probe and told once', async () => {
    const shared = await activate(story, { permission: 'read-only' });
    await change(shared, { permission: 'read-write' });
    expect(await write(shared.mount, 'early.txt')).toBe(403);
    const before = story.mailbox.letters.length;
    story.advance(DAY);
    expect(await subjectsSince(before)).toHaveLength(1);
    expect(await believed(shared)).toEqual(['read-write', 'read-write', 'read-write']);
    expect(await write(shared.mount, 'now.txt')).toBe(201);
    story.advance(DAY);
    expect(await subjectsSince(before + 1)).toEqual([]);
  });

  it('an upgrade is learnt as soon as somebody looks into the folder, too', async () => {
    const shared = await activate(story, { permission: 'read-only' });
    story.advance(2 * MINUTE);
    await story.bo.app.children(shared.mount);
    await change(shared, { permission: 'read-write' });
    const before = story.mailbox.letters.length;
    for (let look = 0; look < 3; look += 1) await story.bo.app.children(shared.mount);
    expect(await subjectsSince(before)).toHaveLength(1);
    expect(await write(shared.mount, 'now.txt')).toBe(201);
  });

  it('refusals make the other cloud probe once a minute at most', async () => {
    const shared = await activate(story, { permission: 'read-write' });
    story.advance(2 * MINUTE);
    await change(shared, { permission: 'read-only' });
    await Promise.all(Array.from({ length: 5 }, (_each, index) => write(shared.mount, `a${String(index)}.txt`)));
    await story.settle();
    await change(shared, { permission: 'read-write' });
    const { incoming } = await halvesOf(story, shared.folder);
    const {
      shares: { mounting },
      deliveries: { outbox },
    } = story.birch.services;
    await mounting.doubted(incoming?.id ?? '');
    await story.settle();
    expect((await believed(shared))[1]).toBe('read-only');
    const [waiting] = await outbox.pending(`incoming:${incoming?.id ?? ''}`);
    expect(waiting?.runAt).toBe(story.birch.clock.now() + MINUTE);
    story.advance(MINUTE);
    await story.settle();
    expect((await believed(shared))[1]).toBe('read-write');
  });

  it('AUT-03 of fifty writers racing with a downgrade, none succeeds that asked after it', async () => {
    const shared = await activate(story, { permission: 'read-write' });
    const { alder, ana } = story;
    const done = { changed: false };
    const late: number[] = [];
    const writers = Array.from({ length: 50 }, async (_each, index) => {
      const begunAfter = await new Promise<boolean>((resolve) => {
        setTimeout(() => resolve(done.changed), index * 4);
      });
      const status = await write(shared.mount, `race ${String(index)}.txt`);
      expect([201, 403]).toContain(status);
      if (begunAfter) late.push(status);
      return status;
    });
    const { outgoing } = await halvesOf(story, shared.folder);
    await alder.services.agreements.changing.change(ana.accountId, outgoing.id, { permission: 'read-only' });
    done.changed = true;
    const statuses = await Promise.all(writers);
    expect(new Set(late)).toEqual(new Set([403]));
    const made = [...(await ana.app.children(shared.folder)).keys()].filter((name) => name.startsWith('race '));
    expect(made).toHaveLength(statuses.filter((status) => status === 201).length);
  });

  it('a shorter last day ends the share when it comes, and the recipient is told of both', async () => {
    const shared = await activate(story);
    const before = story.mailbox.letters.length;
    const expiresAt = story.alder.clock.now() + 3 * DAY;
    await change(shared, { expiresAt });
    story.advance(DAY);
    expect(await subjectsSince(before)).toHaveLength(1);
    expect(story.mailbox.letters.at(-1)?.text).toMatch(/, until \d+ Nov 2026, \d\d:\d\d UTC\./);
    expect((await halvesOf(story, shared.folder)).incoming?.expiresAt).toBe(expiresAt);
    story.advance(2 * DAY);
    expect((await story.bo.app.call(`folder/${String(shared.mount)}/contents`)).status).toBe(404);
    for (const { cloud } of story.stations) await cloud.tick();
    expect((await subjectsSince(before + 1)).map((line) => line.replace(/ \d+/, ''))).toEqual([
      'The share of “Plans” has ended to bo@birch.example',
    ]);
    expect(await statesOf(story, shared.folder)).toEqual(['expired', 'expired']);
  });

  it('what was offered and not answered may change: what is granted are the new terms, and the letter says so', async () => {
    const invited = await invite(story, { permission: 'read-write' });
    await change(invited, { permission: 'read-only' });
    await choose(story, invited);
    expect((await halvesOf(story, invited.folder)).incoming?.permission).toBe('read-only');
    await change(invited, { permission: 'read-write' });
    await decideUnheard(story, invited, true);
    await carryDecision(story, invited, true);
    await story.settle();
    const mount = await mountOf(story, invited);
    expect(await believed(invited)).toEqual(['read-write', 'read-write', 'read-write']);
    const told = story.mailbox.letters.findLast(({ to }) => to.includes('bo@birch.example'));
    expect(told?.text).toContain('You can look, add, change and delete.');
    expect(await write(mount, 'first.txt')).toBe(201);
  });

  it('an offer that changed since the cloud was chosen can be chosen again, under a new name', async () => {
    const invited = await invite(story, { permission: 'read-write' });
    await choose(story, invited);
    await change(invited, { permission: 'read-only' });
    await choose(story, invited);
    expect((await halvesOf(story, invited.folder)).incoming?.permission).toBe('read-only');
    expect(await statesOf(story, invited.folder)).toEqual(['sent', 'pending']);
  });

  it('is logged with who did it, and changes nothing when it says what is so already', async () => {
    const shared = await activate(story, { permission: 'read-only' });
    const { outgoing } = await halvesOf(story, shared.folder);
    const {
      shares: { events },
      base: { database },
    } = story.alder.services;
    await change(shared, { permission: 'read-write' });
    await change(shared, { permission: 'read-write' });
    const log = (await events.of(database.read, outgoing.id)).filter(({ event }) => event === 'change');
    expect(log).toMatchObject([{ actor: story.ana.accountId, note: 'read-only to read-write', from: 'active' }]);
  });

  it('is refused to everybody but the owner, for a day that is over, and after the end', async () => {
    const shared = await activate(story);
    const cleo = await enter(story, CLEO, story.alder);
    const { changing, sharing } = story.alder.services.agreements;
    const { outgoing } = await halvesOf(story, shared.folder);
    const refused = (actor: typeof cleo.accountId, terms: NewTerms) =>
      changing.change(actor, outgoing.id, terms).catch((error: unknown) => error);
    expect(await refused(cleo.accountId, { permission: 'read-only' })).toMatchObject({ code: 'not-found' });
    const now = story.alder.clock.now();
    expect(await refused(story.ana.accountId, { expiresAt: now })).toMatchObject({ code: 'invalid' });
    await sharing.withdraw(story.ana.accountId, outgoing.id);
    expect(await refused(story.ana.accountId, { permission: 'read-only' })).toMatchObject({ code: 'conflict' });
  });

  it('MAI-02 is told five times a day at most, and refused beyond sixty changes an hour', async () => {
    const shared = await activate(story, { permission: 'read-write' });
    const before = story.mailbox.letters.length;
    for (let turn = 0; turn < 7; turn += 1) {
      await change(shared, { permission: turn % 2 === 0 ? 'read-only' : 'read-write' });
      story.advance(2 * MINUTE);
      await story.bo.app.children(shared.mount);
      await story.settle();
    }
    expect(await believed(shared)).toEqual(['read-only', 'read-only', 'read-only']);
    expect(await subjectsSince(before)).toHaveLength(5);
    // What changes nothing, and what is refused, is not counted (F-10).
    for (let turn = 0; turn < 61; turn += 1) await change(shared, { permission: 'read-only' });
    for (let turn = 7; turn < 60; turn += 1) {
      await change(shared, { permission: turn % 2 === 0 ? 'read-only' : 'read-write' });
    }
    await expect(change(shared, { permission: 'read-only' })).rejects.toMatchObject({ code: 'too-many' });
  });

  it('holds for members of this cloud too, who are told', async () => {
    const cleo = await enter(story, { ...CLEO, email: 'cleo2@alder.example' as never }, story.alder);
    const { changing } = story.alder.services.agreements;
    const { id: folder } = await story.ana.app.makeFolder('House');
    await story.ana.app.json(`folder/${String(folder)}/share`, 'POST', [cleo.email]);
    await story.settle();
    const before = story.mailbox.letters.length;
    let count = 0;
    const make = () => cleo.app.call(`file?name=${String((count += 1))}.txt&parent=${String(folder)}`, POSTED);
    expect((await make()).status).toBe(201);
    await changing.changeMember(story.ana.accountId, String(folder) as never, cleo.accountId, {
      permission: 'read-only',
    });
    expect((await make()).status).toBe(403);
    expect(await subjectsSince(before)).toEqual([`What you can do in “House” has changed to ${cleo.email}`]);
    await expect(
      changing.changeMember(cleo.accountId, String(folder) as never, cleo.accountId, { permission: 'read-write' }),
    ).rejects.toMatchObject({ code: 'not-found' });
  });
});
