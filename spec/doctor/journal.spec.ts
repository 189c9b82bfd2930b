import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itemIdOf } from '../../src/kernel/index.js';
import type { JournalEntry, JournalQuestion } from '../../src/doctor/index.js';
import { activate, halvesOf, openStory, type Invited, type Story } from '../journeys/support/story.js';

describe('the audit log', () => {
  let story: Story;
  let invited: Invited;
  beforeAll(async () => {
    story = await openStory();
    invited = await activate(story);
    const {
      neighbours: { peers },
      care: { doctor },
    } = story.alder.services;
    await peers.set('Birch', { description: 'Files of the Birch' }, {}, story.ana.accountId);
    await peers.block('Birch', story.ana.accountId);
    const birch = await peers.byName('Birch');
    await doctor.retryPeer(birch?.id, story.ana.accountId);
    await peers.unblock('Birch');
  });
  afterAll(() => story.close());

  const page = (question: Partial<JournalQuestion> = {}) =>
    story.alder.services.care.journal.page({ limit: 100, ...question });

  const words = ({ event, actor, note, share, peer }: JournalEntry): string =>
    [event, share === undefined ? '' : `${share.folderName}: ${share.to}`, actor, peer ?? '', note].join(' | ');

  it('ADM-03 tells who did what to which share and which cloud, newest first, with names and no ids', async () => {
    const { lines } = await page();
    const {
      files: { folderName },
      base: { database },
    } = story.alder.services;
    const folder = (await folderName(database.read, itemIdOf(invited.folder))) ?? '';
    expect(lines.map(words).slice(0, 9)).toEqual([
      `end | ${folder}: revoked | Ana Alvarez | Birch | peer blocked`,
      `delivered | ${folder}: active | Birch | Birch | `,
      `accept | ${folder}: accepted | Birch | Birch | `,
      `choose | ${folder}: sent | whoever holds the invitation link | Birch | Birch`,
      `share | ${folder}: created | Ana Alvarez | Birch | `,
      'unblocked |  | an administrator, on the command line | Birch | ',
      'retried |  | Ana Alvarez | Birch | 0 messages',
      'blocked |  | Ana Alvarez | Birch | 1 share ended',
      'changed |  | Ana Alvarez | Birch | description',
    ]);
    expect(lines.at(-1)?.event).toBe('added');
  });

  it('is read page by page without a line lost or twice, also within one moment', async () => {
    const all = (await page()).lines.map(words);
    const turned: string[] = [];
    for (let before: string | undefined; ;) {
      const { lines, next } = await page({ limit: 3, before });
      turned.push(...lines.map(words));
      if (next === undefined) break;
      before = next;
    }
    expect(turned).toEqual(all);
  });

  it('can be asked about one share, one person, one cloud', async () => {
    const { outgoing } = await halvesOf(story, invited.folder);
    const events = async (question: Partial<JournalQuestion>): Promise<string[]> =>
      (await page(question)).lines.map(({ event }) => event);
    const ofShare = ['end', 'delivered', 'accept', 'choose', 'share'];
    expect(await events({ share: outgoing.shareId })).toEqual(ofShare);
    expect(await events({ share: outgoing.id })).toEqual(ofShare);
    const byAna = ['end', 'share', 'retried', 'blocked', 'changed'];
    expect(await events({ person: 'ANA@alder.example' })).toEqual(byAna);
    expect(await events({ person: 'Ana Alvarez' })).toEqual(byAna);
    expect(await events({ peer: 'Birch', person: 'Ana Alvarez' })).toEqual(byAna);
    expect(await events({ peer: 'Cedar' })).toEqual([]);
    expect(await events({ person: 'Nobody' })).toEqual([]);
  });

  it('SEC-02 names what changed of a cloud, never the value', async () => {
    const {
      neighbours: { peers },
      care: { journal },
    } = story.alder.services;
    await peers.set('Birch', { outbound: { key: 'newKey', secret: 'marker-secret' } });
    const { lines } = await journal.page({ limit: 1, peer: 'Birch', person: undefined });
    expect(JSON.stringify((await page()).lines)).not.toContain('marker-secret');
    expect(lines).toHaveLength(1);
    expect((await page()).lines.find(({ event, note }) => event === 'changed' && note === 'keys')).toBeDefined();
  });

  it('keeps the lines of a cloud that was removed', async () => {
    await story.alder.services.neighbours.peers.remove('Birch', story.ana.accountId);
    const { lines } = await page({ person: story.ana.email });
    expect(lines.some(({ event, peer }) => event === 'removed' && peer === 'Birch')).toBe(true);
  });
});
