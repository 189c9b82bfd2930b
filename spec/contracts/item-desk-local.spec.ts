import type { ItemDesk } from '../../src/desk/index.js';
import type { PersonPrincipal } from '../../src/kernel/index.js';
import { addPerson } from '../files/files-bench.js';
import { addMember } from '../../src/files/index.js';
import { openDeskBench } from '../desk/desk-bench.js';
import { deskOf } from '../desk/item-desk-of.js';
import { sqliteBench } from '../support/each-database.js';
import { describeItemDesk, type ItemDeskHarness } from './item-desk.js';

const bench = sqliteBench();

describeItemDesk({ name: 'local item desk', open: openLocal });

/** Bo and Cleo are members of Ana's folder. */
async function openLocal(): Promise<ItemDeskHarness> {
  const opened = await openDeskBench(await bench.open());
  const { ana, bo, budget, clock, database, desk, plans, tree } = opened;
  await opened.shareWithBo();
  const cleo = await addPerson(database, 'cleo');
  const member = { folderId: plans.id, accountId: cleo.accountId, permission: 'read-write', joinedAt: 0 } as const;
  await database.write((trx) => addMember(trx, { ...member, expiresAt: undefined }));
  const of = (person: PersonPrincipal): Promise<ItemDesk> => Promise.resolve(deskOf(desk, person, budget.id));
  return {
    desk: () => of(bo),
    other: () => of(cleo),
    advance: (millis) => clock.advance(millis),
    async remove() {
      await tree.remove(ana, budget.id);
    },
    close: () => Promise.resolve(),
  };
}
