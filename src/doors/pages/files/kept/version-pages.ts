import type { Response } from 'express';
import type { Item } from '../../../../files/index.js';
import { notFound, type Failure } from '../../../../kernel/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../../door/door.js';
import type { Resident } from '../../frame/entries.js';
import { crumbsOf, folderHref, type Crumb } from '../files-model.js';
import { form } from '../../frame/form.js';
import { itemParam, param, versionNumber } from '../../frame/forms.js';
import type { PageKit } from '../../frame/kit.js';
import type { PageServices } from '../../frame/services.js';
import { sizeWords, timeWords } from '../../frame/words.js';

declare module '../../frame/templates.js' {
  interface Views {
    'files/versions': {
      readonly name: string;
      readonly crumbs: readonly Crumb[];
      readonly back: string;
      readonly versions: readonly ReturnType<typeof versionModel>[];
    };
  }
}

type Services = Pick<PageServices, 'tree'>;

/** The versions of a file, own or foreign, and the way back to an older one. */
export function versionRows(kit: PageKit, services: Services): AnyRow[] {
  return [versionsRow(kit, services), restoreRow(kit, services)];
}

function versionsRow(kit: PageKit, services: Services): AnyRow {
  return row<Resident>({
    method: 'GET',
    path: '/files/:id/versions',
    summary: 'Lists the versions of a file.',
    body: NO_BODY,
    enter: kit.entries.resident,
    handle: async (request, response) => showVersions(kit, services, request, response),
  });
}

async function showVersions(
  kit: PageKit,
  { tree }: Services,
  { caller, params, http }: DoorRequest<Resident>,
  response: Response,
  failure?: Failure,
): Promise<void> {
  const file = await tree.stat(caller.principal, itemParam(params));
  if (file.kind !== 'file') throw notFound();
  const versions = await tree.versions(caller.principal, file.id);
  const crumbs = await crumbsOf(tree, caller.principal, file);
  kit.show(http, response, caller.person, {
    template: 'files/versions',
    title: `Versions of ${file.name}`,
    section: 'files',
    failure,
    model: {
      name: file.name,
      crumbs,
      back: folderHref(file.parentId),
      versions: versions.map((each, index) => versionModel(each, versions[index + 1], file)),
    },
  });
}

const HAPPENINGS = { NEW: 'Added', CHANGED: 'New content', RENAMED: 'Renamed or moved', DELETED: 'Deleted' } as const;

function versionModel(version: Item, before: Item | undefined, file: Item) {
  const href = `/files/${file.id}/versions/${String(version.version)}`;
  const isCurrent = version.version === file.version;
  const isBack = version.status === 'NEW' && before?.status === 'DELETED';
  return {
    number: version.version,
    name: version.name,
    size: sizeWords(version.size),
    isCurrent,
    modified: timeWords(version.modifiedAt),
    happening: isBack ? 'Restored from the trash' : HAPPENINGS[version.status],
    href: `${href}/data`,
    restoreHref:
      isCurrent || file.permission !== 'read-write' || file.status === 'DELETED' ? undefined : `${href}/restore`,
  };
}

function restoreRow(kit: PageKit, services: Services): AnyRow {
  return form(kit, {
    path: '/files/:id/versions/:version/restore',
    summary: 'Makes an older version of a file the current one.',
    from: kit.entries.resident,
    about: async ({ params }) => ({ id: itemParam(params), version: versionNumber(param(params, 'version')) }),
    act: async (_typed, { request: { caller, signal }, about: { id, version } }) => {
      await services.tree.restoreVersion(caller.principal, id, version, { signal });
      return {
        to: `/files/${id}/versions`,
        say: `Version ${String(version)} is current again; the others are kept.`,
      };
    },
    again: ({ request, response }, failure) => showVersions(kit, services, request, response, failure),
  });
}
