import type { Response } from 'express';
import type { EntryCursor, Restoration, TrashEntry } from '../../../../files/index.js';
import { DAY, parseItemId, type AccountId } from '../../../../kernel/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../../door/door.js';
import type { Resident } from '../../frame/entries.js';
import { form } from '../../frame/form.js';
import { itemParam, textField } from '../../frame/forms.js';
import type { PageKit } from '../../frame/kit.js';
import type { PageServices } from '../../frame/services.js';
import { countWords, timeWords, sizeWords } from '../../frame/words.js';
import { usageWords, type UsageWords } from '../usage-words.js';

declare module '../../frame/templates.js' {
  interface Views {
    'kept/trash': {
      readonly days: string;
      readonly entries: readonly ReturnType<typeof entryModel>[];
      readonly usage: UsageWords;
      readonly nextHref: string | undefined;
    };
    'kept/empty': { readonly usage: UsageWords };
  }
}

type Services = Pick<PageServices, 'trash' | 'accounts'>;

/** Most entries that one page shows. */
const PAGE_SIZE = 100;

/** What somebody deleted: looked at, brought back, taken away for good. */
export function trashRows(kit: PageKit, services: Services): AnyRow[] {
  return [trashRow(kit, services), restoreRow(kit, services), eraseRow(kit, services), ...emptyRows(kit, services)];
}

function trashRow(kit: PageKit, services: Services): AnyRow {
  return row<Resident>({
    method: 'GET',
    path: '/trash',
    summary: 'Shows what was deleted and can be restored.',
    body: NO_BODY,
    enter: kit.entries.resident,
    handle: async (request, response) => showTrash(kit, services, request, response),
  });
}

async function showTrash(
  kit: PageKit,
  { trash, accounts }: Services,
  { caller, query, http }: DoorRequest<Resident>,
  response: Response,
): Promise<void> {
  const { id } = caller.person;
  const page = await trash.list(id, PAGE_SIZE, cursorOf(textField(query, 'after')));
  const names = await namesOf(page, caller, async (accountId) => (await accounts.byId(accountId))?.name);
  const last = page[PAGE_SIZE - 1];
  const { trashDays: days } = trash.keeping;
  kit.show(http, response, caller.person, {
    template: 'kept/trash',
    title: 'Trash',
    section: 'files',
    model: {
      days: countWords(days, 'day'),
      entries: page.map((entry) => entryModel(entry, names.get(entry.deletedBy) ?? '', days)),
      usage: usageWords(await trash.usage(id)),
      nextHref: last && `/trash?after=${String(last.deletedAt)}-${last.id}`,
    },
  });
}

/** The position at which the page before ended, `time-id`; anything else gives the first page. */
function cursorOf(text: string): EntryCursor | undefined {
  const match = /^(\d{1,15})-(\d{1,18})$/.exec(text);
  return match === null ? undefined : { deletedAt: Number(match[1]), id: parseItemId(String(match[2])) };
}

/** Who deleted the entries of a page, in words. */
async function namesOf(
  page: readonly TrashEntry[],
  { person }: Resident,
  nameOf: (id: AccountId) => Promise<string | undefined>,
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const actor of new Set(page.map(({ deletedBy }) => deletedBy))) {
    const [kind, id = ''] = actor.split(':', 2);
    if (kind === 'grant') names.set(actor, 'a recipient in another cloud');
    else if (id === person.id) names.set(actor, 'you');
    else names.set(actor, (await nameOf(id as AccountId)) ?? 'somebody who is no longer here');
  }
  return names;
}

function entryModel({ id, name, kind, place, deletedAt, bytes }: TrashEntry, by: string, days: number) {
  return {
    id,
    name,
    by,
    isFolder: kind === 'folder',
    place: ['Files', ...place].join(' / '),
    size: sizeWords(bytes),
    deleted: timeWords(deletedAt),
    goes: timeWords(deletedAt + days * DAY),
  };
}

function restoreRow(kit: PageKit, { trash }: Services): AnyRow {
  return form(kit, {
    path: '/trash/:id/restore',
    summary: 'Brings something back from the trash.',
    from: kit.entries.resident,
    act: async (_typed, { request: { caller, params } }) => {
      const restored = await trash.restore(caller.person.id, itemParam(params));
      return { to: '/trash', say: restoredWords(restored) };
    },
  });
}

function restoredWords(restored: Restoration): string {
  if (restored === 'under-way') return 'The folder is coming back. It is large: give it a moment.';
  const { name, isWhereItWas } = restored;
  if (isWhereItWas) return `“${name}” is back where it was.`;
  return `“${name}” is back among your files, at the top: the folder that it was in is no longer there.`;
}

function eraseRow(kit: PageKit, { trash }: Services): AnyRow {
  return form(kit, {
    path: '/trash/:id/erase',
    summary: 'Takes something out of the trash for good.',
    from: kit.entries.resident,
    act: async (_typed, { request: { caller, params } }) => {
      await trash.erase(caller.person.id, itemParam(params));
      return { to: '/trash', say: 'It is gone for good.' };
    },
  });
}

/** Acts that cannot be undone are confirmed first. */
function emptyRows(kit: PageKit, { trash }: Services): AnyRow[] {
  return [
    row<Resident>({
      method: 'GET',
      path: '/trash/empty',
      summary: 'Asks before everything in the trash goes for good.',
      body: NO_BODY,
      enter: kit.entries.resident,
      handle: async ({ caller, http }, response) => {
        const usage = usageWords(await trash.usage(caller.person.id));
        kit.show(http, response, caller.person, {
          template: 'kept/empty',
          title: 'Empty the trash',
          section: 'files',
          model: { usage },
        });
      },
    }),
    form(kit, {
      path: '/trash/empty',
      summary: 'Takes everything in the trash away for good.',
      from: kit.entries.resident,
      act: async (_typed, { request: { caller } }) => {
        const count = await trash.empty(caller.person.id);
        return { to: '/trash', say: `The trash is empty: ${countWords(count, 'thing')} gone for good.` };
      },
    }),
  ];
}
