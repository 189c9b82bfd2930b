import type { AnyRow } from '../../../door/door.js';
import type { PageKit } from '../../frame/kit.js';
import type { PageServices } from '../../frame/services.js';
import { acceptRows } from './accept-page.js';
import { contactRows } from './contact-pages.js';
import { wayRows } from './way-page.js';

/** The pages by which people come to know each other across clouds (open-cloud-mesh.md 7). */
export function acquaintanceRows(kit: PageKit, services: Pick<PageServices, 'contacts' | 'limiter'>): AnyRow[] {
  return [...contactRows(kit, services), ...acceptRows(kit, services), ...wayRows(kit, services)];
}
