import type { Response } from 'express';
import { ROOT_ID, notFound, parseName, type ItemId } from '../../kernel/index.js';
import type { Item } from '../../files/index.js';
import { row, type AnyRow, type DoorRequest } from '../door.js';
import type { Resident } from './entries.js';
import { crumbsOf, entriesOf, folderHref } from './files-model.js';
import { FORM, NO_BODY, attempt, itemParam, leadTo, requiredField, textField } from './forms.js';
import type { PageKit } from './kit.js';
import type { PageServices } from './services.js';
import { leaveNotice } from './sessions.js';
import { timeWords, sizeWords } from './words.js';

type Services = Pick<PageServices, 'tree'>;

/** Browsing one's tree, own and foreign folders alike, and the versions of a file. */
export function filesRows(kit: PageKit, services: Services): AnyRow[] {
  return [
    folderRow(kit, services, '/files', () => ROOT_ID),
    folderRow(kit, services, '/files/folder/:id', ({ params }) => itemParam(params)),
    newFolderRow(kit, services),
    versionsRow(kit, services),
  ];
}

function folderRow(
  kit: PageKit,
  { tree }: Services,
  path: string,
  idOf: (request: DoorRequest<Resident>) => ItemId,
): AnyRow {
  return row<Resident>({
    method: 'GET',
    path,
    summary: 'Shows a folder.',
    body: NO_BODY,
    enter: kit.entries.resident,
    handle: async (request, response) => showFolder(kit, tree, request, response, idOf(request)),
  });
}

async function showFolder(
  kit: PageKit,
  tree: Services['tree'],
  { caller, query, http, signal }: DoorRequest<Resident>,
  response: Response,
  id: ItemId,
): Promise<void> {
  const listing = await tree.list(caller.principal, id, { signal });
  if (listing.folder.kind !== 'folder' || listing.folder.status === 'DELETED') throw notFound();
  const skip = Math.max(0, Math.trunc(Number(textField(query, 'skip'))) || 0);
  const [{ entries, next }, crumbs] = await Promise.all([
    entriesOf(listing, skip),
    crumbsOf(tree, caller.principal, listing.folder),
  ]);
  const { folder } = listing;
  kit.show(http, response, caller.person, {
    template: 'files/folder',
    title: folder.id === ROOT_ID ? 'Files' : folder.name,
    section: 'files',
    model: {
      ...{ entries, crumbs, skip },
      id: folder.id,
      isRoot: folder.id === ROOT_ID,
      canWrite: folder.permission === 'read-write',
      canShare: folder.place === 'own',
      nextHref: next === undefined ? undefined : `${folderHref(id)}?skip=${String(next)}`,
    },
  });
}

function newFolderRow(kit: PageKit, { tree }: Services): AnyRow {
  return row<Resident>({
    method: 'POST',
    path: '/files/folder/:id/new-folder',
    summary: 'Makes a folder.',
    body: FORM,
    enter: kit.entries.posted(kit.entries.resident),
    handle: async ({ caller, params, form, http }, response) => {
      const parent = itemParam(params);
      const outcome = await attempt(() =>
        tree.makeFolder(caller.principal, parent, parseName(requiredField(form, 'name', 'The name'))),
      );
      if (outcome.kind === 'refused') leaveNotice(http, { kind: 'trouble', text: outcome.failure.message });
      else leaveNotice(http, { kind: 'done', text: `The folder “${outcome.result.name}” is ready.` });
      leadTo(response, folderHref(parent));
    },
  });
}

function versionsRow(kit: PageKit, { tree }: Services): AnyRow {
  return row<Resident>({
    method: 'GET',
    path: '/files/:id/versions',
    summary: 'Lists the versions of a file.',
    body: NO_BODY,
    enter: kit.entries.resident,
    handle: async ({ caller, params, http }, response) => {
      const file = await tree.stat(caller.principal, itemParam(params));
      if (file.kind !== 'file') throw notFound();
      const versions = await tree.versions(caller.principal, file.id);
      const crumbs = await crumbsOf(tree, caller.principal, file);
      kit.show(http, response, caller.person, {
        ...{ template: 'files/versions', title: `Versions of ${file.name}`, section: 'files' },
        model: {
          name: file.name,
          crumbs,
          back: folderHref(file.parentId),
          versions: versions.map((each) => versionModel(each, file)),
        },
      });
    },
  });
}

const HAPPENINGS = { NEW: 'Added', CHANGED: 'New content', RENAMED: 'Renamed or moved', DELETED: 'Deleted' } as const;

function versionModel(version: Item, file: Item): object {
  return {
    number: version.version,
    name: version.name,
    size: sizeWords(version.size),
    modified: timeWords(version.modifiedAt),
    happening: HAPPENINGS[version.status],
    isCurrent: version.version === file.version,
    href: `/files/${file.id}/versions/${String(version.version)}/data`,
  };
}
