import {
  Accounts,
  Addresses,
  createPassport,
  PasswordHasher,
  PasswordLinks,
  Passwords,
  SessionStore,
} from '../../accounts/index.js';
import { AccessTokens, Clients, DelegatedTokens, TemporaryCredentials } from '../../clients/index.js';
import { Calendars } from '../../desk/index.js';
import type { Foundation } from '../foundation.js';
import type { HalfRooms } from './halves.js';
import type { PostRooms } from './post.js';

/** The people of this cloud, their proofs, and the apps that act for them. */
export function furnishPeople(base: Foundation, { post, endings }: PostRooms & HalfRooms) {
  const { database, clock, random, sealer, limiter } = base;
  const calendars = new Calendars(database);
  const accounts = new Accounts({
    ...{ database, clock, random },
    async onEnding(trx, accountId, ending) {
      await endings.accountGone(trx, accountId);
      if (ending === 'removed') await calendars.accountGone(trx, accountId);
    },
  });
  const hasher = new PasswordHasher();
  const passwords = new Passwords({ database, accounts, limiter, hasher });
  const clients = new Clients({ database, clock, random, sealer });
  const tokens = new AccessTokens({ database, clock, random, sealer, clients });
  return {
    ...{ accounts, hasher, passwords, calendars, clients, tokens },
    addresses: new Addresses({ database, clock, random, sealer, limiter, post }),
    passwordLinks: new PasswordLinks({ ...base, accounts, passwords, hasher, post }),
    sessions: new SessionStore({ database, clock, sealer }),
    passport: createPassport({ accounts, passwords }),
    delegatedTokens: new DelegatedTokens({ database, clock, random, sealer }),
    temporaryCredentials: new TemporaryCredentials({ database, clock, random, sealer, tokens }),
  };
}

export type PeopleRooms = ReturnType<typeof furnishPeople>;
