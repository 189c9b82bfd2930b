import {
  Accounts,
  Addresses,
  ChangeNotices,
  PasswordHasher,
  PasswordLinks,
  Passwords,
  Recoveries,
  RemovedPeople,
  SessionStore,
  type Ending,
  type AccountLetter,
} from '../../src/accounts/index.js';
import type { AccountId } from '../../src/kernel/index.js';
import { createLimiter, createSealer, type Database, type Sealer } from '../../src/platform/index.js';
import { createHandClock, createSeededRandom, type HandClock } from '../support/seeds.js';

/** One ending that other rooms heard of. */
export interface HeardEnding {
  readonly accountId: AccountId;
  readonly ending: Ending;
}

/** The whole room over one database, and what it told its neighbours. */
export interface Room {
  readonly database: Database;
  readonly clock: HandClock;
  readonly sealer: Sealer;
  readonly accounts: Accounts;
  readonly removed: RemovedPeople;
  readonly addresses: Addresses;
  readonly passwords: Passwords;
  readonly links: PasswordLinks;
  readonly recoveries: Recoveries;
  readonly changes: ChangeNotices;
  /** Whose apps ended, given since when. */
  readonly endedApps: { readonly accountId: AccountId; readonly since: number }[];
  readonly sessions: SessionStore;
  /** Letters whose transaction came to its end, oldest first. */
  readonly letters: AccountLetter[];
  readonly endings: HeardEnding[];
  /** Makes the neighbours fail, as a full disk would. */
  breakNeighbours(): void;
}

/** Builds the room as the composition root does. */
export function openRoom(database: Database): Room {
  const clock = createHandClock();
  const random = createSeededRandom();
  const sealer = createSealer(random.bytes(32), random);
  const limiter = createLimiter(database, clock, sealer);
  const letters: AccountLetter[] = [];
  const endings: HeardEnding[] = [];
  const endedApps: { accountId: AccountId; since: number }[] = [];
  let broken = false;

  const neighbour = (act: () => void): Promise<void> => {
    if (broken) return Promise.reject(new Error('broken by the test'));
    act();
    return Promise.resolve();
  };
  const queueLetter = (_trx: unknown, letter: AccountLetter) => neighbour(() => letters.push(letter));
  const onEnding = (_trx: unknown, accountId: AccountId, ending: Ending) =>
    neighbour(() => endings.push({ accountId, ending }));

  const accounts = new Accounts({ database, clock, random, onEnding });
  const changes = new ChangeNotices({ clock, random, sealer, queueLetter });
  const passwords = new Passwords({
    changes,
    database,
    accounts,
    limiter,
    hasher: new PasswordHasher(),
    cloudName: 'Alder',
  });
  const links = new PasswordLinks({ database, clock, random, sealer, limiter, accounts, passwords, queueLetter });
  return {
    database,
    clock,
    sealer,
    accounts,
    removed: new RemovedPeople({ database, clock }),
    passwords,
    addresses: new Addresses({ database, clock, random, sealer, limiter, queueLetter, changes }),
    links,
    recoveries: new Recoveries({
      database,
      clock,
      sealer,
      accounts,
      passwordLinks: links,
      endApps: (_trx, accountId, since) => neighbour(() => endedApps.push({ accountId, since })),
    }),
    changes,
    endedApps,
    sessions: new SessionStore({ database, clock, sealer }),
    letters,
    endings,
    breakNeighbours: () => (broken = true),
  };
}

/** Every row of every table that holds something of people, to prove that nothing changed (threat model, N). */
export async function dump(database: Database): Promise<string> {
  const tables = [
    'accounts',
    'addresses',
    'address_codes',
    'password_links',
    'account_changes',
    'sessions',
    'access_tokens',
    'app_passwords',
    'meta',
  ];
  const rows = await Promise.all(tables.map((table) => database.read(table).orderBy(1).select()));
  return JSON.stringify(rows);
}
