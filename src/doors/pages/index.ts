import type { AnyRow } from '../door.js';
import { accountRows } from './account-pages.js';
import { adminRows } from './admin-pages.js';
import { appRows } from './app-pages.js';
import { auditRows } from './audit-pages.js';
import { authorizeRows } from './authorize-pages.js';
import { deliveryRows } from './delivery-pages.js';
import { doctorRows } from './doctor-pages.js';
import { downloadRows } from './downloads.js';
import { fileChangeRows } from './file-change-pages.js';
import { filesRows } from './files-pages.js';
import { homeRows } from './home-pages.js';
import { invitationRows } from './invitation-pages.js';
import type { PageKit } from './kit.js';
import { letterRows } from './letter-pages.js';
import { loginRows } from './login-pages.js';
import { logoRow } from './logo-row.js';
import { passwordLinkRows } from './password-link-pages.js';
import { peerRows } from './peer-pages.js';
import { proposalRows } from './proposal-pages.js';
import type { PageServices } from './services.js';
import { shareChangeRows } from './share-change-pages.js';
import { shareDialogRows } from './share-dialog-pages.js';
import { sharesRows } from './shares-pages.js';
import { uploadRows } from './upload-pages.js';

export { createPageKit, nothingHere, type PageKit } from './kit.js';
export type { PageServices } from './services.js';

/** Every page of a cloud, as rows for {@link PageKit.mount}. */
export function pageRows(kit: PageKit, services: PageServices): readonly AnyRow[] {
  return [
    kit.assets.row,
    logoRow(services.logos),
    ...homeRows(kit),
    ...loginRows(kit, services),
    ...accountRows(kit, services),
    ...passwordLinkRows(kit, services),
    ...letterRows(kit, services),
    ...authorizeRows(kit, services),
    ...filesRows(kit, services),
    ...fileChangeRows(kit, services),
    ...uploadRows(kit, services),
    ...downloadRows(kit, services),
    ...shareDialogRows(kit, services),
    ...shareChangeRows(kit, services),
    ...sharesRows(kit, services),
    ...invitationRows(kit, services),
    ...proposalRows(kit, services),
    ...doctorRows(kit, services),
    ...adminRows(kit, services),
    ...deliveryRows(kit, services),
    ...auditRows(kit, services),
    ...peerRows(kit, services),
    ...appRows(kit, services),
  ];
}
