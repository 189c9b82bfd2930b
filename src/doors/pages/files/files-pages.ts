import type { Response } from 'express';
import { unusableCount } from '../../../files/index.js';
import { ROOT_ID, notFound, type ItemId } from '../../../kernel/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../door/door.js';
import type { Resident } from '../frame/entries.js';
import { crumbsOf, entriesOf, folderHref, folderWishOf, type Crumb, type FolderEntry } from './files-model.js';
import { button } from '../frame/form.js';
import { itemNameField, itemParam } from '../frame/forms.js';
import { BY_ORDER, pagerOf, type Pager } from '../frame/pager.js';
import { usageWords, type UsageWords } from './usage-words.js';
import type { PageKit } from '../frame/kit.js';
import type { PageServices } from '../frame/services.js';

declare module '../frame/templates.js' {
  interface Views {
    'files/folder': {
      readonly id: ItemId;
      readonly entries: readonly FolderEntry[];
      readonly crumbs: readonly Crumb[];
      readonly unusable: number;
      readonly isRoot: boolean;
      readonly usage: UsageWords | undefined;
      readonly canWrite: boolean;
      readonly canShare: boolean;
      readonly pager: Pager;
    };
  }
}

type Services = Pick<PageServices, 'tree' | 'trash' | 'locks'>;

/** Browsing one's tree, own and foreign folders alike. */
export function filesRows(kit: PageKit, services: Services): AnyRow[] {
  return [
    folderRow(kit, services, '/files', () => ROOT_ID),
    folderRow(kit, services, '/files/folder/:id', ({ params }) => itemParam(params)),
    newFolderRow(kit, services),
  ];
}

function folderRow(
  kit: PageKit,
  services: Services,
  path: string,
  idOf: (request: DoorRequest<Resident>) => ItemId,
): AnyRow {
  return row<Resident>({
    method: 'GET',
    path,
    summary: 'Shows a folder.',
    body: NO_BODY,
    enter: kit.entries.resident,
    handle: async (request, response) => showFolder(kit, services, request, response, idOf(request)),
  });
}

async function showFolder(
  kit: PageKit,
  { tree, trash, locks }: Services,
  { caller, query, http, signal }: DoorRequest<Resident>,
  response: Response,
  id: ItemId,
): Promise<void> {
  const page = await tree.page(caller.principal, id, folderWishOf(query), { signal });
  const { folder } = page;
  if (folder.kind !== 'folder' || folder.status === 'DELETED') throw notFound();
  const ids = page.items.map((item) => item.id);
  const locked = await locks.among(caller.principal, folder.id, ids);
  kit.show(http, response, caller.person, {
    template: 'files/folder',
    title: folder.id === ROOT_ID ? 'Files' : folder.name,
    section: 'files',
    model: {
      entries: entriesOf(page, locked),
      crumbs: await crumbsOf(tree, caller.principal, folder),
      pager: pagerOf(page, folderHref(id), BY_ORDER),
      unusable: unusableCount(page.unusable),
      id: folder.id,
      isRoot: folder.id === ROOT_ID,
      usage: folder.id === ROOT_ID ? usageWords(await trash.usage(caller.person.id)) : undefined,
      canWrite: folder.permission === 'read-write',
      canShare: folder.place === 'own',
    },
  });
}

function newFolderRow(kit: PageKit, { tree }: Services): AnyRow {
  return button(kit, {
    path: '/files/folder/:id/new-folder',
    summary: 'Makes a folder.',
    from: kit.entries.resident,
    fields: { name: itemNameField },
    act: async ({ name }, { request: { caller, params } }) => {
      const folder = await tree.makeFolder(caller.principal, itemParam(params), name);
      return `The folder “${folder.name}” is ready.`;
    },
    back: ({ params }) => folderHref(itemParam(params)),
  });
}
