import { describe, expect, it } from 'vitest';
import {
  Access,
  addMount,
  FolderNews,
  MemorySpace,
  removeMount,
  type Listing,
  type Mount,
  type News,
  type NewsPoint,
} from '../../src/files/index.js';
import { DAY, type ItemId } from '../../src/kernel/index.js';
import { forgetSnapshots } from '../../src/files/snapshots/snapshots.js';
import { codeOf } from '../contracts/file-space/harness.js';
import { eachDatabase, sqliteBench, type Bench } from '../support/each-database.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';
import { namesIn, openFilesBench, textContent, type FilesBench } from './files-bench.js';

/** A cloud that counts how often it is asked for a listing. */
class CountingSpace extends MemorySpace {
  asked = 0;

  override async list(...asked: Parameters<MemorySpace['list']>): Promise<Listing> {
    this.asked += 1;
    return super.list(...asked);
  }
}

/** Bo's mount, and the news of it. */
interface World extends FilesBench {
  readonly space: CountingSpace;
  readonly mount: Mount;
  readonly news: FolderNews;
  since(point?: NewsPoint, limit?: number, id?: ItemId): Promise<News>;
}

/** What was told: names that are there, then names that are gone with a minus; or the outcome. */
function told(news: News): string[] | string {
  if (news.outcome !== 'news') return news.outcome;
  return [...news.present.map(({ names }) => names.join('/')), ...news.gone.map(({ names }) => `-${names.join('/')}`)];
}

function pointOf(news: News): NewsPoint {
  if (news.outcome !== 'news') throw new Error(news.outcome);
  return news.point;
}

async function open(bench: Pick<Bench, 'open'>, mostChildren?: number): Promise<World> {
  const space = new CountingSpace({ clock: createHandClock(), random: createSeededRandom() });
  const files = await openFilesBench(await bench.open(), { openMount: async () => space });
  const { database, clock, tree, bo } = files;
  const place = { accountId: bo.accountId, incomingId: 'in', name: 'Abroad', rootKey: space.rootKey };
  const terms = { permission: 'read-write', expiresAt: undefined, createdAt: 0 } as const;
  const mount = await database.write((trx) => addMount(trx, { ...place, ...terms }));
  const access = new Access({ clock, grantTerms: async () => undefined });
  const random = createSeededRandom('abroad');
  const news = new FolderNews({ database, clock, random, access, tree, mostChildren });
  const since: World['since'] = (point, limit = 10_000, id = mount.id) =>
    news.since(bo, id, { point, isDeep: false, limit });
  return { ...files, space, mount, news, since };
}

describe('the news of a folder in another cloud', () => {
  const bench = sqliteBench();

  it('come in pieces that make the folder, whatever happens between them', async () => {
    const { tree, bo, mount, since } = await open(bench);
    const seen = new Set<string>();
    const random = createSeededRandom('pieces');
    const pick = (): string => `n${String((random.bytes(1)[0] ?? 0) % 12)}`;
    let point: NewsPoint | undefined;
    const act = async (): Promise<void> => {
      const found = await tree.find(bo, mount.id, [pick()]);
      if (found !== undefined) await tree.remove(bo, found.id);
      await tree.put(bo, mount.id, pick(), textContent(pick()));
    };
    for (let piece = 0; piece < 40; piece += 1) {
      if (piece < 25) await act();
      const news = await since(point, 2);
      if (news.outcome !== 'news') throw new Error(news.outcome);
      for (const name of told(news)) {
        if (name.startsWith('-')) seen.delete(name.slice(1));
        else seen.add(name);
      }
      ({ point } = news);
      if (!news.hasMore) expect([...seen].sort()).toEqual((await namesIn(tree, bo, mount.id)).sort());
      if (piece > 25 && !news.hasMore) return;
    }
    throw new Error('never whole');
  });

  it('are told to nobody with a point of another folder, a broken one, or one of a history that is lost', async () => {
    const world = await open(bench);
    const { tree, bo, mount, space, since, database } = world;
    const inner = await tree.makeFolder(bo, mount.id, 'Inner');
    const before = await database.read('foreign_snapshots');
    const point = pointOf(await since());
    const [row] = await database.read<{ content: string; number: number }>('foreign_snapshots');
    await tree.makeFolder(bo, mount.id, 'After');
    const later = pointOf(await since(point));
    // The backup knows nothing of what came later.
    await database.write((trx) => trx('foreign_snapshots').update({ content: row?.content, number: row?.number }));
    const asked = space.asked;
    for (const cursor of ['', 'abroad', '1:mark', 'abroad 1', 'abroad 1 2']) {
      expect(told(await since({ cursor }))).toBe('too-old');
    }
    expect([told(await since(later)), told(await since(point, 9, inner.id))]).toEqual(['too-old', 'too-old']);
    expect([before, space.asked]).toEqual([[], asked]);
    await tree.makeFolder(bo, mount.id, 'Other');
    expect(new Set(told(await since(point)))).toEqual(new Set(['After', 'Other']));
    expect(told(await since(later))).toBe('too-old');
  });

  it('are the direct members alone, of folders', async () => {
    const { tree, bo, ana, mount, news, since } = await open(bench);
    const file = await tree.put(bo, mount.id, 'file', textContent('a'));
    const deep = { point: undefined, isDeep: true, limit: 9 };
    expect(await codeOf(news.since(bo, mount.id, deep))).toBe('forbidden');
    expect(await codeOf(since(undefined, 9, file.id))).toBe('forbidden');
    expect(await codeOf(news.point(ana, mount.id))).toBe('not-found');
    expect(await news.point(bo, mount.id)).toEqual(pointOf(await since()));
  });

  it('of too much are not told, and not kept', async () => {
    const { tree, bo, mount, since, database, news } = await open(bench, 2);
    for (const name of ['a', 'b', 'c']) await tree.makeFolder(bo, mount.id, name);
    expect([told(await since()), await news.point(bo, mount.id)]).toEqual(['too-large', undefined]);
    expect(await database.read('foreign_snapshots')).toEqual([]);
  });
});

eachDatabase((bench) => {
  describe('the news of a folder in another cloud', () => {
    it('are what is new, other or gone since a listing, by one listing; the same point while nothing is', async () => {
      const { tree, bo, mount, space, since } = await open(bench);
      const put = (name: string, text: string) => tree.put(bo, mount.id, name, textContent(text));
      const [kept, changed, renamed, removed] = [
        await put('kept', 'a'),
        await put('changed', 'a'),
        await put('renamed', 'a'),
        await put('removed', 'a'),
      ];
      const first = await since();
      expect([told(first), space.asked]).toEqual([['kept', 'changed', 'renamed', 'removed'], 1]);
      expect(pointOf(await since())).toEqual(pointOf(first));
      const again = await since(pointOf(first));
      expect([told(again), pointOf(again)]).toEqual([[], pointOf(first)]);
      await put('changed', 'b');
      await tree.move(bo, renamed.id, { name: 'new' });
      await tree.remove(bo, removed.id);
      await tree.makeFolder(bo, mount.id, 'removed');
      await tree.makeFolder(bo, mount.id, 'made');
      const second = await since(pointOf(first));
      expect(new Set(told(second))).toEqual(new Set(['changed', 'new', '-renamed', 'removed', 'made']));
      // Who has seen less is told of all that they have not seen; who has seen more, of less.
      await tree.remove(bo, kept.id);
      await put('renamed', 'back');
      expect(new Set(told(await since(pointOf(second))))).toEqual(new Set(['renamed', '-kept']));
      expect(new Set(told(await since(pointOf(first))))).toEqual(
        new Set(['changed', 'new', 'renamed', 'removed', 'made', '-kept']),
      );
      expect(told(await since())).not.toContain('-kept');
      expect(changed.id).toBeDefined();
    });

    it('are the same for several who ask at once', async () => {
      const { tree, bo, mount, since } = await open(bench);
      const point = pointOf(await since());
      await tree.put(bo, mount.id, 'one', textContent('a'));
      const answers = await Promise.all([since(point), since(), since(point), since()]);
      expect(answers.map(told)).toEqual([['one'], ['one'], ['one'], ['one']]);
      expect(new Set(answers.map((news) => pointOf(news).cursor)).size).toBe(1);
    });

    it('are kept for a month after somebody asked, for as long as the mount, and no more of it than fits', async () => {
      const world = await open(bench);
      const { tree, bo, mount, since, database, clock } = world;
      const inner = await tree.makeFolder(bo, mount.id, 'Inner');
      const points = [pointOf(await since()), pointOf(await since(undefined, 9, inner.id))];
      clock.advance(29 * DAY);
      expect(told(await since(points[0]))).toEqual([]);
      clock.advance(2 * DAY);
      expect(await forgetSnapshots(database, clock.now())).toBe(1);
      expect([told(await since(points[0])), told(await since(points[1], 9, inner.id))]).toEqual([[], 'too-old']);
      expect(await forgetSnapshots(database, clock.now(), 10)).toBe(1);
      expect(told(await since(points[0]))).toBe('too-old');
      const row = { mount_id: mount.id, number: 1, content: '[]', used_at: clock.now() - DAY };
      const large = [9_000_001, 9_000_002].map((folder_id) => ({ ...row, folder_id, size: 5 * 1024 * 1024 }));
      await database.write((trx) => trx('foreign_snapshots').insert(large));
      await since();
      const left = await database
        .read('foreign_snapshots')
        .orderBy('folder_id')
        .pluck<(number | string)[]>('folder_id');
      expect(left.map(String)).toEqual([mount.id, '9000002']);
      await database.write((trx) => removeMount(trx, 'in', clock.now()));
      expect(await database.read('foreign_snapshots')).toEqual([]);
      expect(await codeOf(since(points[0]))).toBe('not-found');
    });
  });
});
