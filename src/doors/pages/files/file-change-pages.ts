import type { Response } from 'express';
import { ROOT_ID, firstField, parseItemId, type AccountId, type Failure, type ItemId } from '../../../kernel/index.js';
import type { Item, Tree } from '../../../files/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../door/door.js';
import type { Resident } from '../frame/entries.js';
import { crumbsOf, entriesOf, folderHref, folderWishOf } from './files-model.js';
import { form } from '../frame/form.js';
import { itemNameField, itemParam, requiredField, textField } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import { BY_ORDER, pagerOf } from '../frame/pager.js';
import type { PageServices } from '../frame/services.js';
import type { Views } from '../frame/templates.js';
import { countWords } from '../frame/words.js';

declare module '../frame/templates.js' {
  interface Views {
    'files/rename': Pick<ItemModel, 'id' | 'name' | 'isReceived' | 'back'> & { readonly wanted: string };
    'files/move': Pick<ItemModel, 'id' | 'name' | 'isReceived' | 'back'> & Awaited<ReturnType<typeof destinationModel>>;
    'files/delete': Pick<ItemModel, 'id' | 'name' | 'isFolder' | 'isForeign' | 'back'> & {
      readonly isOwn: boolean;
      readonly days: string;
    };
    'files/leave': Pick<ItemModel, 'id' | 'name' | 'isFolder' | 'back'>;
  }
}

type Services = Pick<PageServices, 'tree' | 'leaving' | 'trash'>;

type Changed = Pick<Tree, 'stat' | 'trail' | 'page' | 'move' | 'remove'>;

type ChangeName = 'rename' | 'move' | 'delete' | 'leave';

/** One change of an item: a page that asks, and the form that does it. */
interface Change<Name extends ChangeName> {
  readonly name: Name;
  readonly title: (item: Item) => string;
  readonly model: (request: DoorRequest<Resident>, item: Item) => Promise<Views[`files/${Name}`]>;
  /** Does it; answers what to say and which folder to show. */
  readonly act: (request: DoorRequest<Resident>, item: Item) => Promise<{ done: string; folder: ItemId | null }>;
}

/** Renaming, moving, deleting and leaving: each on a page of its own that works without script. */
export function fileChangeRows(kit: PageKit, { tree, leaving, trash }: Services): AnyRow[] {
  return [
    ...changeRows(kit, tree, renaming(tree)),
    ...changeRows(kit, tree, moving(tree)),
    ...changeRows(kit, tree, deleting(tree, trash)),
    ...changeRows(kit, tree, leave(leaving)),
  ];
}

function changeRows<Name extends ChangeName>(kit: PageKit, tree: Changed, change: Change<Name>): AnyRow[] {
  const { entries } = kit;
  const path = `/files/:id/${change.name}`;
  return [
    row<Resident>({
      method: 'GET',
      path,
      summary: `Asks before the item changes: ${change.name}.`,
      body: NO_BODY,
      enter: entries.resident,
      handle: async (request, response) => showChange(kit, tree, change, request, response),
    }),
    form(kit, {
      path,
      summary: `Does the change: ${change.name}.`,
      from: entries.resident,
      about: ({ caller, params }) => tree.stat(caller.principal, itemParam(params)),
      act: async (_typed, { request, about: item }) => {
        const { done, folder } = await change.act(request, item);
        return { to: folderHref(folder), say: done };
      },
      again: ({ request, response }, failure) => showChange(kit, tree, change, request, response, failure),
    }),
  ];
}

async function showChange<Name extends ChangeName>(
  kit: PageKit,
  tree: Changed,
  change: Change<Name>,
  request: DoorRequest<Resident>,
  response: Response,
  failure?: Failure,
): Promise<void> {
  const { caller, params, http } = request;
  const item = await tree.stat(caller.principal, itemParam(params));
  kit.show<`files/${Name}`>(http, response, caller.person, {
    template: `files/${change.name}`,
    title: change.title(item),
    section: 'files',
    failure,
    model: await change.model(request, item),
  });
}

/** What each of these pages shows of the item. */
function itemModel(item: Item) {
  return {
    id: item.id,
    name: item.name,
    isFolder: item.kind === 'folder',
    isForeign: item.incomingId !== undefined,
    isReceived: item.isShareTop,
    back: folderHref(item.parentId),
  };
}

type ItemModel = ReturnType<typeof itemModel>;

function renaming(tree: Changed): Change<'rename'> {
  return {
    name: 'rename',
    title: (item) => `Rename ${item.name}`,
    model: async ({ form: sent }, item) => ({ ...itemModel(item), wanted: firstField(sent, 'name') ?? '' }),
    act: async ({ caller, form }, item) => {
      const name = itemNameField(form, 'name');
      await tree.move(caller.principal, item.id, { name });
      return { done: `“${item.name}” is now called “${name}”.`, folder: item.parentId };
    },
  };
}

function moving(tree: Changed): Change<'move'> {
  return {
    name: 'move',
    title: (item) => `Move ${item.name}`,
    model: async (request, item) => ({ ...itemModel(item), ...(await destinationModel(tree, request, item)) }),
    act: async ({ caller, form }, item) => {
      const parentId = parseItemId(requiredField(form, 'to', 'The folder'));
      await tree.move(caller.principal, item.id, { parentId });
      return { done: `“${item.name}” is moved.`, folder: parentId };
    },
  };
}

/** The folder that is looked at as a destination, and a page of the folders in it, which stand before all files. */
async function destinationModel(tree: Changed, request: DoorRequest<Resident>, item: Item) {
  const { caller, query, signal } = request;
  const wanted = textField(query, 'to');
  const at = wanted === '' ? (item.parentId ?? ROOT_ID) : parseItemId(wanted);
  const page = await tree.page(caller.principal, at, folderWishOf(query), { signal });
  const crumbs = await crumbsOf(tree, caller.principal, page.folder);
  const path = `/files/${item.id}/move`;
  const here = `${path}?to=`;
  const after = page.items.at(-1)?.kind === 'folder' ? page.after : undefined;
  return {
    to: at,
    toName: at === ROOT_ID ? 'Files' : page.folder.name,
    isHere: at === (item.parentId ?? ROOT_ID),
    canMoveHere: canTake(page.folder, item, caller.person.id),
    crumbs: crumbs.map(({ name, href }) => ({ name, href: here + (href.split('/folder/')[1] ?? ROOT_ID) })),
    pager: pagerOf({ ...page, after }, path, BY_ORDER, { kept: { to: at } }),
    folders: entriesOf(page)
      .filter((entry) => entry.isFolder && entry.id !== item.id)
      .map(({ id, name }) => ({ name, href: here + id })),
  };
}

/** A received item can be moved into the person's own folders only. */
function canTake(folder: Item, item: Item, personId: AccountId): boolean {
  return item.isShareTop ? folder.ownerId === personId : folder.permission === 'read-write';
}

function deleting(tree: Changed, trash: Services['trash']): Change<'delete'> {
  return {
    name: 'delete',
    title: (item) => `Delete ${item.name}`,
    model: async ({ caller }, item) => ({
      ...itemModel(item),
      isOwn: item.ownerId === caller.person.id,
      days: countWords(trash.keeping.trashDays, 'day'),
    }),
    act: async ({ caller }, item) => {
      await tree.remove(caller.principal, item.id);
      const where = item.ownerId === caller.person.id ? 'in the trash' : 'deleted';
      return { done: `“${item.name}” is ${where}.`, folder: item.parentId };
    },
  };
}

function leave(leaving: Services['leaving']): Change<'leave'> {
  return {
    name: 'leave',
    title: (item) => `Leave ${item.name}`,
    model: async (_request, item) => itemModel(item),
    act: async ({ caller }, item) => {
      await leaving.leave(caller.person.id, item.id);
      return { done: `You left “${item.name}”. It is no longer among your files.`, folder: item.parentId };
    },
  };
}
