import type { Response } from 'express';
import { ROOT_ID, parseItemId, parseName, statusOf, type Failure, type ItemId } from '../../kernel/index.js';
import type { Item } from '../../files/index.js';
import { row, type AnyRow, type DoorRequest } from '../door.js';
import type { Resident } from './entries.js';
import { crumbsOf, entriesOf, folderHref } from './files-model.js';
import { FORM, NO_BODY, attempt, itemParam, leadTo, requiredField, textField } from './forms.js';
import type { PageKit } from './kit.js';
import type { FileTree, PageServices } from './services.js';
import { leaveNotice } from './sessions.js';

type Services = Pick<PageServices, 'tree' | 'sharing'>;

/** One change of an item: a page that asks, and the form that does it. */
interface Change {
  readonly name: 'rename' | 'move' | 'delete' | 'leave';
  readonly title: (item: Item) => string;
  /** What the page shows beside the item. */
  readonly model?: (request: DoorRequest<Resident>, item: Item) => Promise<object>;
  /** Does it; answers what to say and which folder to show. */
  readonly act: (request: DoorRequest<Resident>, item: Item) => Promise<{ done: string; folder: ItemId | null }>;
}

/** Renaming, moving, deleting and leaving: each on a page of its own that works without script. */
export function fileChangeRows(kit: PageKit, { tree, sharing }: Services): AnyRow[] {
  return [renaming(tree), moving(tree), deleting(tree), leaving(sharing)].flatMap((change) =>
    changeRows(kit, tree, change),
  );
}

function changeRows(kit: PageKit, tree: FileTree, change: Change): AnyRow[] {
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
    row<Resident>({
      method: 'POST',
      path,
      summary: `Does the change: ${change.name}.`,
      body: FORM,
      enter: entries.posted(entries.resident),
      handle: async (request, response) => {
        const item = await tree.stat(request.caller.principal, itemParam(request.params));
        const outcome = await attempt(() => change.act(request, item));
        if (outcome.kind === 'refused') {
          await showChange(kit, tree, change, request, response, outcome.failure);
          return;
        }
        leaveNotice(request.http, { kind: 'done', text: outcome.result.done });
        leadTo(response, folderHref(outcome.result.folder));
      },
    }),
  ];
}

async function showChange(
  kit: PageKit,
  tree: FileTree,
  change: Change,
  request: DoorRequest<Resident>,
  response: Response,
  failure?: Failure,
): Promise<void> {
  const { caller, params, http } = request;
  const item = await tree.stat(caller.principal, itemParam(params));
  const model = {
    ...(await change.model?.(request, item)),
    id: item.id,
    name: item.name,
    isFolder: item.kind === 'folder',
    isForeign: item.incomingId !== undefined,
    back: folderHref(item.parentId),
    message: failure?.message,
  };
  kit.show(http, response, caller.person, {
    ...{ template: `files/${change.name}`, title: change.title(item), section: 'files', model },
    ...(failure && { status: statusOf(failure.code) }),
  });
}

function renaming(tree: FileTree): Change {
  return {
    name: 'rename',
    title: (item) => `Rename ${item.name}`,
    model: async ({ form }) => ({ wanted: textField(form, 'name') }),
    act: async ({ caller, form }, item) => {
      const name = parseName(requiredField(form, 'name', 'The name'));
      await tree.move(caller.principal, item.id, { name });
      return { done: `“${item.name}” is now called “${name}”.`, folder: item.parentId };
    },
  };
}

function moving(tree: FileTree): Change {
  return {
    name: 'move',
    title: (item) => `Move ${item.name}`,
    model: async (request, item) => destinationModel(tree, request, item),
    act: async ({ caller, form }, item) => {
      const parentId = parseItemId(requiredField(form, 'to', 'The folder'));
      await tree.move(caller.principal, item.id, { parentId });
      return { done: `“${item.name}” is moved.`, folder: parentId };
    },
  };
}

/** The folder that is looked at as a destination, and the folders in it. */
async function destinationModel(tree: FileTree, request: DoorRequest<Resident>, item: Item): Promise<object> {
  const { caller, query, signal } = request;
  const wanted = textField(query, 'to');
  const at = wanted === '' ? (item.parentId ?? ROOT_ID) : parseItemId(wanted);
  const listing = await tree.list(caller.principal, at, { signal });
  const [{ entries }, crumbs] = await Promise.all([
    entriesOf(listing, 0),
    crumbsOf(tree, caller.principal, listing.folder),
  ]);
  const here = `/files/${item.id}/move?to=`;
  return {
    to: at,
    toName: at === ROOT_ID ? 'Files' : listing.folder.name,
    isHere: at === (item.parentId ?? ROOT_ID),
    canMoveHere: listing.folder.permission === 'read-write',
    crumbs: crumbs.map(({ name, href }) => ({ name, href: here + (href.split('/folder/')[1] ?? ROOT_ID) })),
    folders: entries
      .filter((entry) => entry.isFolder && entry.id !== item.id)
      .map(({ id, name }) => ({ name, href: here + id })),
  };
}

function deleting(tree: FileTree): Change {
  return {
    name: 'delete',
    title: (item) => `Delete ${item.name}`,
    act: async ({ caller }, item) => {
      await tree.remove(caller.principal, item.id);
      return { done: `“${item.name}” is deleted.`, folder: item.parentId };
    },
  };
}

function leaving(sharing: Services['sharing']): Change {
  return {
    name: 'leave',
    title: (item) => `Leave ${item.name}`,
    act: async ({ caller }, item) => {
      await sharing.leave(caller.person.id, item.id);
      return { done: `You left “${item.name}”. It is no longer among your files.`, folder: null };
    },
  };
}
