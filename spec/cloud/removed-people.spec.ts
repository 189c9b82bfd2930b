import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { DAY, ROOT_ID } from '../../src/kernel/index.js';
import { openPair, type Pair } from '../support/open-pair.js';

let pair: Pair | undefined;

afterEach(async () => {
  await pair?.close();
});

const bytes = (text: string) => ({ body: Readable.from([Buffer.from(text)], { objectMode: false }) });

describe('a removed person (F-05)', () => {
  it('leaves files that an administrator can restore for 30 days, and that are gone for good afterwards', async () => {
    pair = await openPair();
    const { ana, alder } = pair;
    const {
      people: { accounts, removedPeople },
      files: { tree, trash, eraseRemovedPeople, sweeper },
      base: { database },
    } = alder.services;
    const me = { kind: 'person', accountId: ana.accountId } as const;
    const folder = await tree.makeFolder(me, ROOT_ID, 'Work');
    const file = await tree.create(me, folder.id, 'plan', bytes('first'));
    await tree.replace(me, file.id, bytes('second'));
    const gone = await tree.create(me, folder.id, 'gone', bytes('gone'));
    await tree.remove(me, gone.id);

    await accounts.remove(ana.email);
    pair.advance(30 * DAY - 1);
    await eraseRemovedPeople();
    await expect(tree.stat(me, file.id)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await removedPeople.restore(ana.email)).toBe(ana.accountId);
    expect(await tree.stat(me, file.id)).toMatchObject({ name: 'plan', size: 6, status: 'CHANGED' });
    expect(await trash.list(ana.accountId, 10)).toHaveLength(1);

    await accounts.remove(ana.email);
    pair.advance(30 * DAY);
    await eraseRemovedPeople();
    for (const table of ['items', 'item_versions', 'trash', 'arrivals']) {
      expect(await database.read(table), table).toEqual([]);
    }
    const row: unknown = await database.read('accounts').where({ id: ana.accountId }).first();
    expect(JSON.stringify(row)).not.toMatch(/Alvarez|example/);
    expect(row).toMatchObject({ used_bytes: 0, version_bytes: 0, trash_bytes: 0 });
    await expect(removedPeople.restore(ana.email)).rejects.toMatchObject({ code: 'not-found' });
    expect((await sweeper.verifyContents()).contents).toBe(0);
  });

  it('is either brought back or erased when both happen at once, never brought back without files', async () => {
    pair = await openPair();
    const { ana, alder } = pair;
    const {
      people: { accounts, removedPeople },
      files: { tree, eraseRemovedPeople },
      base: { database },
    } = alder.services;
    const me = { kind: 'person', accountId: ana.accountId } as const;
    const { id } = await tree.create(me, ROOT_ID, 'plan', bytes('first'));
    await accounts.remove(ana.email);
    pair.advance(30 * DAY);
    const time = alder.clock.now() - 30 * DAY;
    expect(await removedPeople.removedBefore(time)).toEqual([ana.accountId]);
    await removedPeople.restore(ana.email);
    expect(await removedPeople.giveUp(ana.accountId, time)).toBe(false);
    await eraseRemovedPeople();
    expect(await tree.stat(me, id)).toMatchObject({ name: 'plan' });

    await accounts.remove(ana.email);
    pair.advance(30 * DAY);
    expect(await removedPeople.giveUp(ana.accountId, alder.clock.now() - 30 * DAY)).toBe(true);
    await expect(removedPeople.restore(ana.email)).rejects.toMatchObject({ code: 'not-found' });
    await expect(removedPeople.bringBack(ana.accountId)).rejects.toMatchObject({ code: 'not-found' });
    expect((await removedPeople.page({ limit: 10 })).items).toEqual([]);
    // A process that ended here has given up nobody by halves: the next one goes on.
    await eraseRemovedPeople();
    expect(await database.read('items')).toEqual([]);
  });

  it('who was brought back gets a link for a new password at once, though the one that was printed is over', async () => {
    pair = await openPair();
    const { ana, alder, mailbox } = pair;
    const { accounts, removedPeople, passwordLinks, passwords } = alder.services.people;
    await accounts.remove(ana.email);
    pair.advance(10 * DAY);
    await removedPeople.restore(ana.email);
    pair.advance(2 * DAY);
    await passwordLinks.mail(ana.email, { address: '198.51.100.7' });
    await pair.settle();
    const token = /\/account\/password\/([\w-]+)/.exec(mailbox.letters.at(-1)?.text ?? '')?.[1] ?? '';
    expect(await passwordLinks.redeem(token, 'three quiet wooden bridges')).toMatchObject({ kind: 'ok' });
    const back = await passwords.signIn(ana.email, 'three quiet wooden bridges', { address: '198.51.100.7' });
    expect(back.kind).toBe('ok');
  });
});
