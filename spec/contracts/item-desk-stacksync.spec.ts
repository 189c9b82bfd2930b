import { itemIdOf, type AccountId, type PersonPrincipal } from '../../src/kernel/index.js';
import { deskOf } from '../desk/item-desk-of.js';
import { enter, activate, openStory } from '../journeys/support/story.js';
import { CLEO } from '../support/seeds.js';
import { describeItemDesk, type ItemDeskHarness } from './item-desk.js';

// The real door of one cloud serves a grant; the other cloud's desk asks through it.
describeItemDesk({ name: 'stacksync-v2 item desk', open: openForeign });

/** Bo reaches Ana's file from another cloud, Cleo as a member of the folder in Ana's own. */
async function openForeign(): Promise<ItemDeskHarness> {
  const story = await openStory();
  const { ana, alder, birch, bo } = story;
  const cleo = await enter(story, CLEO, alder);
  const { folder, mount } = await activate(story);
  await ana.app.json(`folder/${String(folder)}/share`, 'POST', [CLEO.email]);
  const file = (await ana.app.children(folder)).get('budget.txt')?.id ?? 0;
  const person = (accountId: AccountId): PersonPrincipal => ({ kind: 'person', accountId });
  const { access } = birch.services.files.tree;
  const reached = await access.ask(birch.services.base.database.read, person(bo.accountId), itemIdOf(mount), 'read');
  if (reached.kind !== 'mount') throw new Error('not mounted');
  return {
    desk: () => birch.services.neighbours.foreign.desk(reached.mount, String(file)),
    other: () => Promise.resolve(deskOf(alder.services.desk.items, person(cleo.accountId), itemIdOf(file))),
    advance: (millis) => story.advance(millis),
    async remove() {
      await ana.app.call(`file/${String(file)}`, { method: 'DELETE' });
    },
    close: () => story.close(),
  };
}
