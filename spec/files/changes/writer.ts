// A process of its own that changes a tree, several changes at a time, until it is killed. It says `writing` after the first.
import { addMember, removeMember } from '../../../src/files/index.js';
import { isFailure, ROOT_ID, type ItemId } from '../../../src/kernel/index.js';
import { openDatabase, troubleOf, type DatabaseLocation } from '../../../src/platform/index.js';
import { Dice } from '../../journeys/kills/dice.js';
import { openFilesBench, textContent } from '../files-bench.js';

const [, , place = '', seed = ''] = process.argv;
const files = await openFilesBench(await openDatabase(JSON.parse(place) as DatabaseLocation));
const { tree, ana, bo, database, clock } = files;

/** Writes for ever: each number of the dice is one change, or a refusal. */
async function write(dice: Dice): Promise<never> {
  const folders: ItemId[] = [ROOT_ID];
  let [file, shared] = [ROOT_ID, ROOT_ID];
  const folder = (): ItemId => folders[dice.between(0, folders.length - 1)] ?? ROOT_ID;
  const name = (): string => `n${String(dice.between(1, 400))}`;
  const acts = [
    async () => (file = (await tree.create(ana, folder(), name(), textContent(name()))).id),
    async () => folders.push((await tree.makeFolder(ana, folder(), name())).id),
    async () => tree.replace(ana, file, textContent(name())),
    async () => tree.move(ana, file, { name: name() }),
    async () => tree.move(ana, folder(), { parentId: folder() }),
    async () => tree.remove(ana, file),
    async () => {
      shared = folder();
      const member = { folderId: shared, accountId: bo.accountId, permission: 'read-write' as const };
      if (shared !== ROOT_ID)
        await database.write((trx) => addMember(trx, { ...member, joinedAt: 0, expiresAt: undefined }));
    },
    async () => database.write((trx) => removeMember(trx, shared, bo.accountId, clock.now())),
  ];
  for (;;) {
    await acts[dice.between(0, acts.length - 1)]?.().catch((error: unknown) => {
      // A door would say to try again, too.
      if (!isFailure(error) && troubleOf(error) === undefined) throw error;
    });
    process.stdout.write('writing\n');
  }
}

await Promise.all([0, 1, 2, 3].map((lane) => write(new Dice(`${seed} ${String(lane)}`))));
