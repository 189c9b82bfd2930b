import { describe, expect, it } from 'vitest';
import { copyProperties, Properties, type PropertyStep } from '../../../src/files/index.js';
import { ROOT_ID, type ItemId } from '../../../src/kernel/index.js';
import { codeOf } from '../../contracts/file-space/harness.js';
import { eachDatabase } from '../../support/each-database.js';
import { childrenOf, textContent } from '../files-bench.js';
import { openLockBench, tokenOf, wish } from '../locks/lock-bench.js';

function set(name: string, value: string, namespace = 'urn:x'): PropertyStep {
  const xml = `<n:${name} xmlns:n="${namespace}">${value}</n:${name}>`;
  return { kind: 'set', property: { namespace, name, xml } };
}

function remove(name: string, namespace = 'urn:x'): PropertyStep {
  return { kind: 'remove', name: { namespace, name } };
}

eachDatabase((bench) => {
  const open = async () => {
    const files = await openLockBench(await bench.open());
    const properties = new Properties({ ...files, access: files.tree.access });
    const names = async (id: ItemId): Promise<string[]> =>
      (await properties.of(files.ana, id)).map(({ namespace, name }) => `${namespace} ${name}`);
    return { ...files, properties, names };
  };

  describe('dead properties', () => {
    it('are kept as they were given, told apart by namespace and letter, for all who see the item', async () => {
      const { properties, ana, bo, grant, plans, budget } = await open();
      const value = ' <i xml:lang="de">Ü 𐐷 &amp; </i>\n';
      await properties.change(ana, budget.id, [
        set('a', value),
        set('A', '1'),
        set('a', '2', 'urn:y'),
        set('a', '3', ''),
      ]);
      const kept = [
        ['', 'a', '3'],
        ['urn:x', 'A', '1'],
        ['urn:x', 'a', value],
        ['urn:y', 'a', '2'],
      ];
      for (const reader of [ana, bo, grant(plans.id, 'read-only')]) {
        const found = await properties.of(reader, budget.id);
        const told = found.map(({ namespace, name, xml }) => [
          namespace,
          name,
          xml.slice(xml.indexOf('>') + 1, xml.lastIndexOf('<')),
        ]);
        expect(told.sort()).toEqual([...kept].sort());
      }
      expect(await properties.of(ana, plans.id)).toEqual([]);
    });

    it('change in the order of the steps, all or none', async () => {
      const { properties, ana, budget, names } = await open();
      await properties.change(ana, budget.id, [set('a', '1'), remove('a'), set('b', '1'), remove('c'), set('b', '2')]);
      expect(await properties.of(ana, budget.id)).toMatchObject([{ name: 'b', xml: expect.stringContaining('2') }]);
      const steps = [remove('b'), set('d', 'x'.repeat(8 * 1024))];
      expect(await codeOf(properties.change(ana, budget.id, steps))).toBe('quota');
      expect(await names(budget.id)).toEqual(['urn:x b']);
    });

    it('are a hundred of an item at most, 8 KiB each and 64 KiB together', async () => {
      const { properties, ana, budget, notes, names } = await open();
      const many = Array.from({ length: 100 }, (_, at) => set(`p${String(at)}`, ''));
      await properties.change(ana, budget.id, many);
      expect(await codeOf(properties.change(ana, budget.id, [set('more', '')]))).toBe('quota');
      await properties.change(ana, budget.id, [remove('p0'), set('more', '')]);
      expect(await names(budget.id)).toHaveLength(100);
      const large = Array.from({ length: 8 }, (_, at) => set(`p${String(at)}`, 'x'.repeat(8_100)));
      await properties.change(ana, notes.id, large);
      expect(await codeOf(properties.change(ana, notes.id, [set('more', 'x'.repeat(1_000))]))).toBe('quota');
    });

    it('stay with new content, another name and another place, come back from the trash, and go for good with the item', async () => {
      const { properties, tree, trash, ana, plans, budget, database, names } = await open();
      await properties.change(ana, budget.id, [set('a', '1')]);
      await tree.replace(ana, budget.id, textContent('2'));
      await tree.move(ana, budget.id, { name: 'other', parentId: plans.id });
      await tree.remove(ana, budget.id);
      expect(await codeOf(properties.of(ana, budget.id))).toBe('not-found');
      await trash.restore(ana.accountId, budget.id);
      expect(await names(budget.id)).toEqual(['urn:x a']);
      await tree.remove(ana, budget.id);
      await trash.erase(ana.accountId, budget.id);
      expect(await database.read('properties').select('*')).toEqual([]);
    });

    it('are copied whole in the transaction of whoever copies the item', async () => {
      const { properties, ana, budget, notes, database, names } = await open();
      await properties.change(ana, budget.id, [set('a', '1'), set('b', '2', '')]);
      await properties.change(ana, notes.id, [set('old', '1')]);
      await database.write((trx) => copyProperties(trx, budget.id, notes.id));
      expect(await properties.of(ana, notes.id)).toEqual(await properties.of(ana, budget.id));
      await properties.change(ana, notes.id, [remove('a')]);
      expect(await names(budget.id)).toHaveLength(2);
    });

    it('go with a copy, of everything in a folder too', async () => {
      const { properties, tree, ana, plans, budget, deep, names } = await open();
      await properties.change(ana, plans.id, [set('a', '1')]);
      await properties.change(ana, budget.id, [set('b', '1')]);
      const one = await tree.copy(ana, budget.id, { parentId: deep.id, name: 'again' });
      expect(await names(one.id)).toEqual(['urn:x b']);
      const all = await tree.copy(ana, plans.id, { parentId: ROOT_ID, name: 'plans again' });
      const inner = (await childrenOf(tree.list(ana, all.id))).find(({ name }) => name === 'deep');
      const files = await childrenOf(tree.list(ana, inner?.id ?? all.id));
      expect(await names(all.id)).toEqual(['urn:x a']);
      for (const { id } of files) expect(await names(id)).toEqual(['urn:x b']);
      expect(files).toHaveLength(2);
    });

    it('AUT-01 change for those who may change the item, with the token of a lock on it', async () => {
      const { properties, locks, ana, bo, grant, plans, deep, budget, diary } = await open();
      const change = [set('a', '1')];
      expect(await codeOf(properties.change(grant(plans.id, 'read-only'), budget.id, change))).toBe('forbidden');
      expect(await codeOf(properties.change(bo, diary.id, change))).toBe('not-found');
      expect(await codeOf(properties.change(ana, ROOT_ID, change))).toBe('forbidden');
      const lockTokens = [tokenOf(await locks.take(ana, deep.id, wish('Ana', { isDeep: true })))];
      expect(await codeOf(properties.change(bo, budget.id, change))).toBe('locked');
      expect(await codeOf(properties.change(ana, budget.id, change, { lockTokens: [] }))).toBe('locked');
      await properties.change(ana, budget.id, change, { lockTokens });
      expect(await properties.of(bo, budget.id)).toHaveLength(1);
    });

    it('of several who write at once are all there', async () => {
      const { properties, ana, bo, budget, names } = await open();
      const writing = [ana, bo, ana, bo].map((who, at) =>
        properties.change(who, budget.id, [set(`p${String(at)}`, '')]),
      );
      await Promise.all(writing);
      expect(await names(budget.id)).toEqual(['urn:x p0', 'urn:x p1', 'urn:x p2', 'urn:x p3']);
    });
  });
});
