import type { AnyRow } from '../../../door/door.js';
import type { PageKit } from '../../frame/kit.js';
import type { PageServices } from '../../frame/services.js';
import { trashRows } from './trash-pages.js';
import { versionRows } from './version-pages.js';

/** What is kept beside the files as they are: the trash, and older versions. */
export function keptRows(kit: PageKit, services: PageServices): AnyRow[] {
  return [...trashRows(kit, services), ...versionRows(kit, services)];
}
