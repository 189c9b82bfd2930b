import type { AnyRow } from '../../../door/door.js';
import type { PageKit } from '../../frame/kit.js';
import type { PageServices } from '../../frame/services.js';
import { confirmRows } from './confirm-pages.js';
import { forgottenRows } from './forgotten-pages.js';
import { passwordLinkRows } from './password-link-pages.js';
import { recoveryRows } from './recovery-pages.js';
import { signInRows } from './sign-in-pages.js';
import { signOutRows } from './sign-out-pages.js';

/** Signing in and out, giving the password again, and choosing a new one. */
export function loginRows(
  kit: PageKit,
  services: Pick<PageServices, 'passwords' | 'passwordLinks' | 'recoveries' | 'limiter'>,
): AnyRow[] {
  return [
    ...signInRows(kit),
    ...confirmRows(kit, services),
    ...signOutRows(kit),
    ...forgottenRows(kit, services),
    ...passwordLinkRows(kit, services),
    ...recoveryRows(kit, services),
  ];
}
