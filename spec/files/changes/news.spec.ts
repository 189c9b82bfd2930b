import { describe, expect, it } from 'vitest';
import { Access, FolderNews, type Item, type NewsPoint } from '../../../src/files/index.js';
import { ROOT_ID, type ItemId, type Principal } from '../../../src/kernel/index.js';
import { eachDatabase } from '../../support/each-database.js';
import { createSeededRandom } from '../../support/seeds.js';
import { openFilesBench, textContent, type FilesBench } from '../files-bench.js';

function newsOver({ database, clock, tree, grants }: FilesBench): FolderNews {
  const access = new Access({ clock, grantTerms: async (_q, { grantId }) => grants.get(grantId) });
  return new FolderNews({ database, clock, random: createSeededRandom('folder-news'), access, tree });
}

/** A copy of what lies in a folder, names and tags, that is kept by news alone. */
class Copy {
  readonly seen = new Map<string, string>();
  point: NewsPoint | undefined;
  begun = 0;

  async follow(news: FolderNews, principal: Principal, id: ItemId, limit: number): Promise<Map<string, string>> {
    for (;;) {
      const told = await news.since(principal, id, { point: this.point, isDeep: true, limit });
      if (told.outcome === 'too-old') {
        this.seen.clear();
        this.point = undefined;
        this.begun += 1;
        continue;
      }
      if (told.outcome === 'too-large') throw new Error('there is too much');
      for (const { names } of told.gone) {
        const path = names.join('/');
        for (const at of [...this.seen.keys()]) if (at === path || at.startsWith(`${path}/`)) this.seen.delete(at);
      }
      for (const { item, names } of told.present) this.seen.set(names.join('/'), stateOf(item));
      this.point = told.point;
      if (!told.hasMore) return this.seen;
    }
  }
}

function stateOf({ id, kind, version }: Item): string {
  return [id, kind, kind === 'file' ? version : ''].join(' ');
}

async function walk({ tree }: FilesBench, principal: Principal, id: ItemId, above = ''): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const item of (await tree.list(principal, id)).children) {
    found.push([above + item.name, stateOf(item)]);
    if (item.kind === 'folder')
      found.push(...(await walk({ tree } as FilesBench, principal, item.id, `${above}${item.name}/`)));
  }
  return found;
}

eachDatabase((bench) => {
  describe('what has changed in a folder', () => {
    it('makes a copy of what is listed, whatever is done and however little is told at once', async () => {
      const files = await openFilesBench(await bench.open());
      const { tree, ana } = files;
      const news = newsOver(files);
      const top = await tree.makeFolder(ana, ROOT_ID, 'Top');
      const random = createSeededRandom('news');
      const pick = (most: number) => (random.bytes(1)[0] ?? 0) % most;
      const copies = [2, 10_000].map((limit) => ({ limit, copy: new Copy(), of: top.id }));
      copies.push({ limit: 10_000, copy: new Copy(), of: ROOT_ID });
      const living: Item[] = [top];
      for (let act = 0; act < 36; act += 1) {
        const folders = living.filter(({ kind }) => kind === 'folder');
        const one = living[pick(living.length)] ?? top;
        const parent = folders[pick(folders.length)]?.id ?? top.id;
        const name = `n${String(pick(9))}`;
        await [
          async () => void living.push(await tree.makeFolder(ana, parent, name)),
          async () => void living.push(await tree.put(ana, parent, name, textContent(String(act)))),
          async () => void living.push(await tree.copy(ana, one.id, { parentId: parent, name })),
          () => tree.move(ana, one.id, { parentId: parent, name }, { overwrite: true }),
          () => tree.move(ana, one.id, { name }),
          async () => (one.id === top.id ? undefined : tree.remove(ana, one.id)),
        ]
          [pick(6)]?.()
          .catch(() => undefined);
        if (act % 3 > 0) continue;
        for (const { copy, limit, of } of copies) {
          const listed = await walk(files, ana, of);
          expect([act, limit, [...(await copy.follow(news, ana, of, limit))].sort()]).toEqual([
            act,
            limit,
            listed.sort(),
          ]);
        }
      }
      // Who takes little at a time begins anew now and then, others never.
      expect(copies.filter(({ limit }) => limit > 40).map(({ copy }) => copy.begun)).toEqual([0, 0]);
    });

    it('a grant hears of its folder alone, and nobody of a folder that is not theirs', async () => {
      const files = await openFilesBench(await bench.open());
      const { tree, ana, bo, grant } = files;
      const news = newsOver(files);
      const shared = await tree.makeFolder(ana, ROOT_ID, 'Shared');
      const cloud = grant(shared.id);
      const copy = new Copy();
      await tree.put(ana, shared.id, 'a', textContent('a'));
      await tree.put(ana, ROOT_ID, 'private', textContent('p'));
      expect([...(await copy.follow(news, cloud, shared.id, 10)).keys()]).toEqual(['a']);
      await expect(news.since(cloud, ROOT_ID, { point: undefined, isDeep: true, limit: 9 })).rejects.toThrow();
      await expect(news.point(bo, shared.id)).rejects.toThrow(expect.objectContaining({ code: 'not-found' }));
    });

    it('begins anew where a release before has not kept what something was called', async () => {
      const files = await openFilesBench(await bench.open());
      const { tree, ana, database } = files;
      const news = newsOver(files);
      const file = await tree.put(ana, ROOT_ID, 'a', textContent('a'));
      const copy = new Copy();
      await copy.follow(news, ana, ROOT_ID, 10);
      await tree.move(ana, file.id, { name: 'b' });
      await database.write((trx) => trx('changes').update({ was_name: null, was_parent: null, was_folder: null }));
      expect([...(await copy.follow(news, ana, ROOT_ID, 10)).keys()]).toEqual(['b']);
      expect(copy.begun).toBe(1);
    });
  });
});
