import { describe, expect, it } from 'vitest';
import { addMember, removeMember } from '../../src/files/index.js';
import { DAY, ROOT_ID, type ItemId, type Permission, type Principal } from '../../src/kernel/index.js';
import { codeOf } from '../contracts/file-space/harness.js';
import { eachDatabase, sqliteBench } from '../support/each-database.js';
import { addPerson, childrenOf, namesIn, openFilesBench, textContent, textOf, type FilesBench } from './files-bench.js';

/** Ana's tree: Plans/{budget, Drafts/{idea}}, Private/{diary}, gone (deleted). */
async function openTree(bench: FilesBench) {
  const { tree, ana } = bench;
  const plans = await tree.makeFolder(ana, ROOT_ID, 'Plans');
  const budget = await tree.create(ana, plans.id, 'budget', textContent('42'));
  const drafts = await tree.makeFolder(ana, plans.id, 'Drafts');
  const idea = await tree.create(ana, drafts.id, 'idea', textContent('walk'));
  const privat = await tree.makeFolder(ana, ROOT_ID, 'Private');
  const diary = await tree.create(ana, privat.id, 'diary', textContent('dear'));
  const gone = await tree.create(ana, ROOT_ID, 'gone', textContent('gone'));
  await tree.remove(ana, gone.id);
  return { plans, budget, drafts, idea, privat, diary, gone };
}

type Verb = (bench: FilesBench, principal: Principal, id: ItemId, inside: ItemId) => Promise<unknown>;

const READS: Record<string, Verb> = {
  stat: ({ tree }, principal, id) => tree.stat(principal, id),
  list: async ({ tree }, principal, id) => childrenOf(tree.list(principal, id)),
  'list deleted': async ({ tree }, principal, id) => childrenOf(tree.list(principal, id, { includeDeleted: true })),
  open: async ({ tree }, principal, id) => textOf(tree.open(principal, id)),
  'open version': async ({ tree }, principal, id) => textOf(tree.open(principal, id, { version: 1 })),
  versions: ({ tree }, principal, id) => tree.versions(principal, id),
  version: ({ tree }, principal, id) => tree.version(principal, id, 1),
};

const WRITES: Record<string, Verb> = {
  create: ({ tree }, principal, id) => tree.create(principal, id, 'new', textContent('1')),
  replace: ({ tree }, principal, id) => tree.replace(principal, id, textContent('1')),
  makeFolder: ({ tree }, principal, id) => tree.makeFolder(principal, id, 'New'),
  rename: ({ tree }, principal, id) => tree.move(principal, id, { name: 'renamed' }),
  move: ({ tree }, principal, id, inside) => tree.move(principal, id, { parentId: inside }),
  remove: ({ tree }, principal, id) => tree.remove(principal, id),
};

eachDatabase((bench) => {
  const open = async (): Promise<FilesBench> => openFilesBench(await bench.open());

  describe('a grant', () => {
    it('OAU-13 finds nothing outside its folder, by any verb, whatever the id', async () => {
      const files = await open();
      const { plans, privat, diary, gone, drafts } = await openTree(files);
      const stranger = await files.tree.create(files.bo, ROOT_ID, 'his', textContent('his'));
      const grant = files.grant(plans.id);
      const outside = [ROOT_ID, privat.id, diary.id, gone.id, stranger.id, '999999999' as ItemId];
      for (const [name, verb] of Object.entries({ ...READS, ...WRITES })) {
        for (const id of outside)
          expect(await codeOf(verb(files, grant, id, drafts.id)), `${name} ${id}`).toBe('not-found');
      }
      expect(await namesIn(files.tree, files.ana, privat.id)).toEqual(['diary']);
    });

    it('OAU-13 reaches everything in its folder', async () => {
      const files = await open();
      const { plans, drafts, idea, budget } = await openTree(files);
      const grant = files.grant(plans.id);
      expect(await namesIn(files.tree, grant, plans.id)).toEqual(['budget', 'Drafts']);
      expect(await namesIn(files.tree, grant, drafts.id)).toEqual(['idea']);
      expect(await textOf(files.tree.open(grant, idea.id))).toBe('walk');
      await files.tree.replace(grant, budget.id, textContent('43'));
      expect(await files.tree.versions(grant, budget.id)).toHaveLength(2);
    });

    it('shows its folder as a top with what it allows now', async () => {
      const files = await open();
      const { plans, budget } = await openTree(files);
      const grant = files.grant(plans.id);
      files.grants.set(grant.grantId, { permission: 'read-only', expiresAt: 5 });
      expect(await files.tree.stat(grant, plans.id)).toMatchObject({
        parentId: null,
        isShareTop: true,
        permission: 'read-only',
        shared: { permission: 'read-only', expiresAt: 5 },
      });
      expect(await files.tree.stat(grant, budget.id)).not.toHaveProperty('shared');
    });

    it('AUT-01 changes nothing by any verb while it is for reading only', async () => {
      const files = await open();
      const { plans, budget, drafts } = await openTree(files);
      const grant = files.grant(plans.id, 'read-only');
      for (const [name, verb] of Object.entries(WRITES)) {
        for (const id of [plans.id, budget.id, drafts.id]) {
          expect(await codeOf(verb(files, grant, id, drafts.id)), name).toBe('forbidden');
        }
      }
      expect(await namesIn(files.tree, files.ana, plans.id)).toEqual(['budget', 'Drafts']);
      expect(await textOf(files.tree.open(grant, budget.id))).toBe('42');
    });

    it('AUT-05 does nothing at all once it is dead', async () => {
      const files = await open();
      const { plans, drafts } = await openTree(files);
      const grant = files.grant(plans.id);
      files.grants.clear();
      for (const verb of Object.values({ ...READS, ...WRITES })) {
        expect(await codeOf(verb(files, grant, plans.id, drafts.id))).toBe('unauthenticated');
      }
    });

    it('PTH-06 moves nothing out of its folder and leaves its top alone', async () => {
      const files = await open();
      const { plans, budget, privat, drafts } = await openTree(files);
      const grant = files.grant(plans.id);
      for (const parentId of [ROOT_ID, privat.id]) {
        expect(await codeOf(files.tree.move(grant, budget.id, { parentId }))).toBe('not-found');
      }
      expect(await codeOf(files.tree.move(grant, plans.id, { name: 'Mine' }))).toBe('forbidden');
      expect(await codeOf(files.tree.move(grant, plans.id, { parentId: drafts.id }))).toBe('forbidden');
      expect(await codeOf(files.tree.remove(grant, plans.id))).toBe('forbidden');
      expect(await files.tree.move(grant, budget.id, { parentId: drafts.id })).toMatchObject({ parentId: drafts.id });
    });

    it('AUT-06 follows its folder wherever the owner moves it, and what is moved out of it is gone', async () => {
      const files = await open();
      const { plans, budget, privat, idea } = await openTree(files);
      const grant = files.grant(plans.id);
      await files.tree.move(files.ana, plans.id, { parentId: privat.id, name: 'Renamed' });
      expect(await files.tree.stat(grant, plans.id)).toMatchObject({ name: 'Renamed', parentId: null });
      await files.tree.move(files.ana, budget.id, { parentId: privat.id });
      expect(await codeOf(files.tree.stat(grant, budget.id))).toBe('not-found');
      expect(await textOf(files.tree.open(grant, idea.id))).toBe('walk');
    });

    it('AUT-06 of a child folder does not open its parent or its siblings', async () => {
      const files = await open();
      const { plans, drafts, budget, idea } = await openTree(files);
      const grant = files.grant(drafts.id);
      expect(await codeOf(files.tree.stat(grant, plans.id))).toBe('not-found');
      expect(await codeOf(files.tree.open(grant, budget.id))).toBe('not-found');
      expect(await textOf(files.tree.open(grant, idea.id))).toBe('walk');
    });

    it('AUT-05 finds nothing once its folder, or one above it, is deleted, and the shares end in that transaction', async () => {
      const files = await open();
      const { plans, drafts, idea } = await openTree(files);
      const grant = files.grant(drafts.id);
      await files.tree.remove(files.ana, plans.id);
      expect(files.removedFolders.sort()).toEqual([plans.id, drafts.id].sort());
      for (const id of [drafts.id, idea.id]) expect(await codeOf(files.tree.stat(grant, id))).toBe('not-found');
    });
  });

  describe('a person', () => {
    it('G8 cannot tell what belongs to somebody else from what never existed', async () => {
      const files = await open();
      const { plans, diary, drafts } = await openTree(files);
      for (const [name, verb] of Object.entries({ ...READS, ...WRITES })) {
        const refusals = [plans.id, diary.id, '999999999' as ItemId].map(async (id) =>
          verb(files, files.bo, id, drafts.id).catch((error: unknown) => String(error)),
        );
        expect(new Set(await Promise.all(refusals)).size, name).toBe(1);
      }
    });

    it('does nothing at all once the account is disabled or gone', async () => {
      const files = await open();
      const { plans } = await openTree(files);
      await files.database.write((trx) => trx('accounts').where({ id: 'ana' }).update({ disabled_at: 1 }));
      for (const id of [ROOT_ID, plans.id, '999999999' as ItemId]) {
        expect(await codeOf(files.tree.stat(files.ana, id))).toBe('unauthenticated');
      }
    });

    it('finds a folder shared with them in their root, under a name of their own', async () => {
      const files = await open();
      const { plans, budget, idea } = await openTree(files);
      await files.tree.makeFolder(files.bo, ROOT_ID, 'Plans');
      await join(files, plans.id, 'read-write');
      expect(await namesIn(files.tree, files.bo, ROOT_ID)).toEqual(['Plans (2)', 'Plans']);
      const top = { name: 'Plans (2)', parentId: null, place: 'member', isShareTop: true, ownerId: 'ana' };
      expect(await files.tree.stat(files.bo, plans.id)).toMatchObject(top);
      expect((await childrenOf(files.tree.list(files.bo, ROOT_ID)))[0]).toMatchObject(top);
      expect(await files.tree.stat(files.bo, budget.id)).toMatchObject({ parentId: plans.id, isShareTop: false });
      await files.tree.replace(files.bo, idea.id, textContent('run'));
      expect(await textOf(files.tree.open(files.ana, idea.id))).toBe('run');
    });

    it('AUT-01 changes nothing in a folder that is shared for reading only', async () => {
      const files = await open();
      const { plans, budget, drafts } = await openTree(files);
      await join(files, plans.id, 'read-only');
      for (const [name, verb] of Object.entries(WRITES)) {
        expect(await codeOf(verb(files, files.bo, budget.id, drafts.id)), name).toBe('forbidden');
      }
      expect(await textOf(files.tree.open(files.bo, budget.id))).toBe('42');
    });

    it('leaves the top of a shared folder alone, and moves nothing between it and their own files', async () => {
      const files = await open();
      const { plans, budget } = await openTree(files);
      const own = await files.tree.create(files.bo, ROOT_ID, 'own', textContent('own'));
      await join(files, plans.id, 'read-write');
      expect(await codeOf(files.tree.remove(files.bo, plans.id))).toBe('forbidden');
      expect(await codeOf(files.tree.move(files.bo, budget.id, { parentId: ROOT_ID }))).toBe('invalid');
      expect(await codeOf(files.tree.move(files.bo, own.id, { parentId: plans.id }))).toBe('invalid');
    });

    it('loses a shared folder when the membership ends, by removal, time or deletion', async () => {
      const files = await open();
      const { plans, budget, privat, drafts } = await openTree(files);
      await join(files, plans.id, 'read-write');
      await join(files, privat.id, 'read-write', files.clock.now() + DAY);
      await files.database.write((trx) => removeMember(trx, plans.id, files.bo.accountId, 0));
      expect(await codeOf(files.tree.stat(files.bo, budget.id))).toBe('not-found');
      files.clock.advance(DAY);
      expect(await codeOf(files.tree.stat(files.bo, privat.id))).toBe('not-found');
      await join(files, drafts.id, 'read-write');
      await files.tree.remove(files.ana, drafts.id);
      expect(await codeOf(files.tree.stat(files.bo, drafts.id))).toBe('not-found');
      expect(await namesIn(files.tree, files.bo, ROOT_ID)).toEqual([]);
    });

    it('has of nested shared folders the right that allows most', async () => {
      const files = await open();
      const { plans, budget, drafts, idea } = await openTree(files);
      await join(files, plans.id, 'read-only');
      await join(files, drafts.id, 'read-write');
      await files.tree.replace(files.bo, idea.id, textContent('run'));
      expect(await codeOf(files.tree.replace(files.bo, budget.id, textContent('0')))).toBe('forbidden');
      await join(files, plans.id, 'read-write');
      await files.tree.replace(files.bo, budget.id, textContent('0'));
      expect(await files.tree.move(files.bo, idea.id, { parentId: plans.id })).toMatchObject({ parentId: plans.id });
    });
  });
});

async function join(files: FilesBench, folderId: ItemId, permission: Permission, expiresAt?: number): Promise<void> {
  const membership = { folderId, accountId: files.bo.accountId, permission, joinedAt: files.clock.now(), expiresAt };
  await files.database.write((trx) => addMember(trx, membership));
}

describe('names in the root', () => {
  const bench = sqliteBench();

  it('PTH-04 are not taken twice: what is shared with a person counts like their own', async () => {
    const files = await openFilesBench(await bench.open());
    const { plans } = await openTree(files);
    await join(files, plans.id, 'read-only');
    expect(await codeOf(files.tree.makeFolder(files.bo, ROOT_ID, 'Plans'))).toBe('invalid');
    const own = await files.tree.makeFolder(files.bo, ROOT_ID, 'Other');
    expect(await codeOf(files.tree.move(files.bo, own.id, { name: 'Plans' }))).toBe('invalid');
  });

  it('PTH-09 ids beyond 2^53 do not meet their neighbours', async () => {
    const files = await openFilesBench(await bench.open());
    const carla = await addPerson(files.database, 'carla');
    const row = {
      owner_id: 'ana',
      name: 'big',
      is_folder: true,
      status: 'NEW',
      version: 1,
      mimetype: 'inode/directory',
    };
    await files.database.write((trx) =>
      trx('items').insert({ ...row, id: trx.raw('9007199254740992'), modified_at: 0 }),
    );
    for (const principal of [files.ana, carla]) {
      expect(await codeOf(files.tree.stat(principal, '9007199254740993' as ItemId))).toBe('not-found');
    }
    expect((await files.tree.stat(files.ana, '9007199254740992' as ItemId)).name).toBe('big');
  });
});
