import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { metadataOf } from '../../../src/doors/stacksync/wire/wire.js';
import { forgetChanges } from '../../../src/files/changes/forgetting.js';
import { DAY, isFailure, ROOT_ID, type GrantPrincipal, type ItemId } from '../../../src/kernel/index.js';
import { eachDatabase } from '../../support/each-database.js';
import { childrenOf, openFilesBench, textContent, type FilesBench } from '../files-bench.js';
import { Player } from './acts.js';

const SEED = String(process.env['FOOTBRIDGE_SPEC_SEED'] ?? randomInt(2 ** 31));
const ACTS = { 'better-sqlite3': 80, sqlite3: 20, postgres: 20 };

/** What another cloud is told of a folder: the state that it has, and the answer to the byte. */
interface Told {
  readonly state: string | undefined;
  readonly bytes: string;
}

async function told({ tree }: FilesBench, grant: GrantPrincipal, id: ItemId, includeDeleted = false): Promise<Told> {
  try {
    const listing = await tree.list(grant, id, { includeDeleted });
    const contents = (await childrenOf(listing)).map((item) => metadataOf(item, grant));
    return { state: listing.state, bytes: JSON.stringify({ ...metadataOf(listing.folder, grant), contents }) };
  } catch (error) {
    if (isFailure(error)) return { state: undefined, bytes: error.code };
    throw error;
  }
}

/** Changes what grants allow, which is no change of a tree, and kills some. */
function turnGrants({ grants, clock }: FilesBench, player: Player): void {
  for (const id of [...grants.keys()]) {
    if (player.dice.happens(0.02)) grants.delete(id);
    if (!player.dice.happens(0.1)) continue;
    const permission = player.pick(['read-only', 'read-write'] as const);
    grants.set(id, { permission, expiresAt: player.pick([undefined, clock.now() + DAY]) });
  }
}

async function foldersOf({ database }: FilesBench): Promise<ItemId[]> {
  const rows = await database.read('items').where({ is_folder: true }).orderBy('id').pluck('id');
  return rows.map((id) => String(id) as ItemId);
}

/** Grants for folders of Ana's that are there: dead ones are followed by others, so that something is always told. */
async function withGrants(
  files: FilesBench,
  player: Player,
  had: readonly GrantPrincipal[],
): Promise<GrantPrincipal[]> {
  const living = had.filter(({ grantId }) => files.grants.has(grantId)).slice(-4);
  const { accountId } = files.ana;
  const rows = await files.database
    .read('items')
    .where({ is_folder: true, owner_id: accountId, deleted_at: null })
    .orderBy('id')
    .pluck('id');
  const isOften = player.dice.happens(0.2);
  if (rows.length === 0 || (living.length > 2 && !isOften)) return living;
  return [...living, files.grant(String(player.pick(rows)) as ItemId)];
}

eachDatabase(({ engine, open }) => {
  it('no two answers of one state differ in a byte, whatever is done to trees, people and grants in between', async () => {
    console.info(`states on ${engine}: ${String(ACTS[engine])} acts, FOOTBRIDGE_SPEC_SEED=${SEED}`);
    const files = await openFilesBench(await open(), { defaultQuota: 400 });
    const player = new Player(files, SEED);
    /** By grant, folder and state: the answer, for ever. */
    const known = new Map<string, string>();
    const last = new Map<string, string | undefined>();
    let grants: GrantPrincipal[] = [];
    let [unchanged, changed] = [0, 0];
    await files.tree.makeFolder(files.ana, ROOT_ID, 'Plans');
    for (let count = 0; count < ACTS[engine]; count += 1) {
      const { name } = await player.act();
      turnGrants(files, player);
      const folders = await foldersOf(files);
      grants = await withGrants(files, player, grants);
      for (const grant of grants) {
        for (const id of [...folders.slice(-8), grant.folderId, ROOT_ID]) {
          const place = `${grant.grantId} ${id}`;
          const { state, bytes } = await told(files, grant, id);
          const before = known.get(`${place} ${String(state)}`);
          if (state !== undefined && before !== undefined) expect([name, place, bytes]).toEqual([name, place, before]);
          if (state !== undefined) {
            known.set(`${place} ${state}`, bytes);
            if (state === last.get(place)) unchanged += 1;
            else changed += 1;
          }
          last.set(place, state);
        }
      }
    }
    expect(Math.min(unchanged, changed)).toBeGreaterThan(1);
  });

  describe('a state', () => {
    const world = async () => {
      const files = await openFilesBench(await open());
      const { tree, ana } = files;
      const folder = await tree.makeFolder(ana, ROOT_ID, 'Plans');
      const { id } = await tree.create(ana, folder.id, 'a.txt', textContent('one'));
      const grant = files.grant(folder.id);
      const state = async (): Promise<string | undefined> => (await told(files, grant, folder.id)).state;
      return { files, tree, ana, folder, id, grant, state };
    };

    it('is another after a restored backup in which something else got the same number', async () => {
      const { files, tree, ana, folder, id, state } = await world();
      const backup = await files.database.read('changes').max({ number: 'number' }).first();
      const number = Number((backup as { number: number | string }).number);
      await tree.replace(ana, id, textContent('two'));
      const first = await state();
      await files.database.write(async (trx) => {
        await trx('changes').where('number', '>', number).delete();
        await trx('items').where({ id: folder.id }).update({ last_change: number });
      });
      await tree.replace(ana, id, textContent('six'));
      expect(await state()).not.toBe(first);
      expect(first).toBeDefined();
    });

    it('is there, and other than before, when the change that made it has been forgotten', async () => {
      const { files, tree, ana, state } = await world();
      const first = await state();
      files.clock.advance(31 * DAY);
      await tree.makeFolder(ana, ROOT_ID, 'Elsewhere');
      await forgetChanges(files.database, files.clock.now());
      const second = await state();
      expect(second).toBeDefined();
      expect(second).not.toBe(first);
      expect(await state()).toBe(second);
    });

    it('cannot be told of what nobody numbers: deleted children, what lies in the trash, files', async () => {
      const { files, tree, ana, folder, id, grant } = await world();
      expect((await told(files, grant, folder.id, true)).state).toBeUndefined();
      expect((await told(files, grant, id)).state).toBeUndefined();
      const inner = await tree.makeFolder(ana, folder.id, 'Inner');
      expect((await told(files, grant, inner.id)).state).toBeDefined();
      await tree.remove(ana, inner.id);
      expect((await told(files, grant, inner.id)).state).toBeUndefined();
    });

    it('is not asked for where a person lists: it would cost a question', async () => {
      const { tree, ana, folder } = await world();
      expect((await tree.list(ana, folder.id)).state).toBeUndefined();
    });
  });
});
