import {
  Accounts,
  Addresses,
  createPassport,
  PasswordHasher,
  PasswordLinks,
  Passwords,
  Recoveries,
  RemovedPeople,
  SessionStore,
  type ChangeNotices,
} from '../../accounts/index.js';
import type { Calendars } from '../../desk/index.js';
import { forgetTransfersOf } from '../../files/index.js';
import type { Foundation } from '../foundation/foundation.js';
import type { AppRooms } from './apps.js';
import type { DeliveryRooms } from './deliveries.js';
import type { OcmRooms } from './ocm.js';
import type { ShareRooms } from './shares.js';

interface Below {
  readonly deliveries: DeliveryRooms;
  readonly shares: ShareRooms;
  readonly apps: AppRooms;
  readonly ocm: OcmRooms;
  readonly calendars: Calendars;
  readonly changes: ChangeNotices;
}

/** The people of this cloud, and their proofs. */
export function furnishPeople(
  base: Foundation,
  { deliveries: { queueLetter }, shares, apps, ocm, calendars, changes }: Below,
) {
  const accounts = new Accounts({
    async onEnding(trx, accountId, ending) {
      await shares.endings.accountGone(trx, accountId);
      if (ending !== 'removed') return;
      await calendars.accountGone(trx, accountId);
      await ocm.farewells.accountGone(trx, accountId);
      await forgetTransfersOf(trx, accountId);
    },
    ...base,
  });
  const hasher = new PasswordHasher();
  const passwords = new Passwords({ changes, accounts, hasher, cloudName: base.config.cloudName, ...base });
  const passwordLinks = new PasswordLinks({ accounts, passwords, queueLetter, ...base });
  return {
    accounts,
    passwords,
    passwordLinks,
    recoveries: new Recoveries({
      accounts,
      passwordLinks,
      async endApps(trx, accountId, since) {
        await apps.tokens.endSince(trx, accountId, since);
        await apps.appPasswords.endSince(trx, accountId, since);
      },
      ...base,
    }),
    addresses: new Addresses({ queueLetter, changes, ...base }),
    removedPeople: new RemovedPeople(base),
    sessions: new SessionStore(base),
    passport: createPassport({ accounts, passwords }),
  };
}

export type PeopleRooms = ReturnType<typeof furnishPeople>;
