import type { AnyRow } from '../door/door.js';
import { accountRows } from './people/account/index.js';
import { adminRows } from './administration/admin-pages.js';
import { appRows } from './administration/app-pages.js';
import { auditRows } from './administration/audit-pages.js';
import { acquaintanceRows } from './people/contacts/index.js';
import { authorizeRows } from './people/authorize-pages.js';
import { deliveryRows } from './administration/delivery-pages.js';
import { doctorRows } from './administration/doctor-pages.js';
import { downloadRows } from './files/downloads.js';
import { fileChangeRows } from './files/file-change-pages.js';
import { lockRows } from './files/lock-pages.js';
import { filesRows } from './files/files-pages.js';
import { homeRows } from './people/home-pages.js';
import { invitationRows } from './sharing/invitation-pages.js';
import { keptRows } from './files/kept/index.js';
import type { PageKit } from './frame/kit.js';
import { letterRows } from './people/letter-pages.js';
import { logoRow } from './sharing/logo-row.js';
import { peerRows } from './administration/peer-pages.js';
import { removedPeopleRows } from './administration/removed-people-pages.js';
import { proposalRows } from './sharing/proposal-pages.js';
import type { PageServices } from './frame/services.js';
import { loginRows } from './people/sign-in/index.js';
import { shareChangeRows } from './sharing/share-change-pages.js';
import { shareDialogRows } from './sharing/share-dialog-pages.js';
import { sharesRows } from './sharing/shares-pages.js';
import { uploadRows } from './files/upload-pages.js';

export { createPageKit, nothingHere, type PageKit } from './frame/kit.js';
export type { PageServices } from './frame/services.js';

/** Every page of a cloud, as rows for {@link PageKit.mount}. */
export function pageRows(kit: PageKit, services: PageServices): readonly AnyRow[] {
  return [
    kit.assets.row,
    logoRow(services.logos),
    ...homeRows(kit),
    ...loginRows(kit, services),
    ...accountRows(kit, services),
    ...acquaintanceRows(kit, services),
    ...letterRows(kit, services),
    ...authorizeRows(kit, services),
    ...filesRows(kit, services),
    ...fileChangeRows(kit, services),
    ...lockRows(kit, services),
    ...keptRows(kit, services),
    ...uploadRows(kit, services),
    ...downloadRows(kit, services),
    ...shareDialogRows(kit, services),
    ...shareChangeRows(kit, services),
    ...sharesRows(kit, services),
    ...invitationRows(kit, services),
    ...proposalRows(kit, services),
    ...doctorRows(kit, services),
    ...adminRows(kit, services),
    ...removedPeopleRows(kit, services),
    ...deliveryRows(kit, services),
    ...auditRows(kit, services),
    ...peerRows(kit, services),
    ...appRows(kit, services),
  ];
}
