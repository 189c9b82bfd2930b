import {
  Failure,
  foldEmail,
  notFound,
  randomWord,
  type AccountId,
  type Clock,
  type Email,
  type Random,
} from '../../../kernel/index.js';
import { isUniqueViolation, type Database, type Queries, type Transaction } from '../../../platform/index.js';
import { printAddress, printContact, printServer, type OcmAddress, type OcmServer } from '../wording/address.js';

/** Somebody at another server whom a person of this cloud knows through an invitation (open-cloud-mesh.md 7). */
export interface Contact {
  readonly id: string;
  /** The address as it is compared with those in shares. It is printed clean for people. */
  readonly address: OcmAddress;
  /** The address as it has to stand in shares to them: oCIS and CERNBox compare it letter by letter. */
  readonly written: string;
  /** Their name, as their server says. */
  readonly name: string;
  /** Their e-mail address, as their server says; undefined when it says none. */
  readonly email: Email | undefined;
  /** Milliseconds. */
  readonly since: number;
}

/** Somebody to be added to a {@link ContactBook}. */
export interface NewContact {
  readonly address: OcmAddress;
  /** Exactly as it was given. */
  readonly userId: string;
  /** The id under which their server knows the person here. */
  readonly ownUserId: string;
  readonly name: string | undefined;
  readonly email: Email | undefined;
}

/** Somebody of this cloud whom another server means by what it was told at an invitation. */
export interface MeantPerson {
  readonly accountId: AccountId;
  /** The person at that server is a contact of theirs. */
  readonly knowsThem: boolean;
}

interface ContactRow {
  readonly id: string;
  readonly account_id: AccountId;
  readonly host: string;
  readonly path: string;
  readonly is_plain: boolean | number;
  readonly user_id: string;
  readonly address_id: string;
  readonly own_user_id: string;
  readonly name: string;
  readonly email: string | null;
  readonly created_at: number;
}

/** What a {@link ContactBook} needs. */
export interface ContactBookParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
}

/** Most contacts of one person, so that somebody can be found in the list. */
const MOST_CONTACTS = 500;

/** The contacts of the people of this cloud at other servers. */
export class ContactBook {
  readonly #parts: ContactBookParts;

  constructor(parts: ContactBookParts) {
    this.#parts = parts;
  }

  /** The contacts of a person, by name. */
  async list(accountId: AccountId): Promise<Contact[]> {
    const rows = await this.#rows(this.#parts.database.read, { account_id: accountId }).orderBy(['name', 'id']);
    return rows.map(contactOf);
  }

  /** The contact of the person who has this address. */
  async find(
    accountId: AccountId,
    address: OcmAddress,
    q: Queries = this.#parts.database.read,
  ): Promise<Contact | undefined> {
    const [row] = await this.#rows(q, { account_id: accountId, ...keyOf(address) }).limit(1);
    return row && contactOf(row);
  }

  /**
   * The id under which a contact's server knows one person of this cloud, found by the e-mail address of that person
   * and the address of the contact; undefined when the two have not met.
   */
  async toldOf(ownEmail: string, address: OcmAddress): Promise<string | undefined> {
    const q = this.#parts.database.read;
    const own = q('addresses')
      .where({ folded: foldEmail(ownEmail as Email) })
      .select('account_id');
    const [row] = await this.#rows(q, keyOf(address)).whereIn('account_id', own).limit(1);
    return row?.own_user_id;
  }

  /**
   * Whom of this cloud the server of an address means by an id, because it was told so at an invitation: whoever knows the person
   * of that address, or else whoever alone was called so there; undefined for an id that it was never told, or told of several.
   */
  async meantBy(ownUserId: string, from: OcmAddress): Promise<MeantPerson | undefined> {
    const { host, path, id } = from;
    const rows = await this.#rows(this.#parts.database.read, { host, path, own_user_id: ownUserId }).limit(
      MOST_CONTACTS,
    );
    const friend = rows.find(({ address_id: known }) => known === id);
    if (friend !== undefined) return { accountId: friend.account_id, knowsThem: true };
    const [accountId, ...others] = new Set(rows.map((row) => row.account_id));
    return accountId === undefined || others.length > 0 ? undefined : { accountId, knowsThem: false };
  }

  /** Adds somebody. Throws `conflict` for one who is known already, and when there are five hundred. */
  async add(trx: Transaction, accountId: AccountId, contact: NewContact): Promise<void> {
    const known = await this.#rows(trx, { account_id: accountId }).limit(MOST_CONTACTS);
    if (known.length === MOST_CONTACTS) throw conflict('There is no room for more contacts.');
    if ((await this.find(accountId, contact.address, trx)) !== undefined) throw knownAlready(contact);
    await trx('ocm_contacts')
      .insert({ ...this.#rowOf(contact), account_id: accountId })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? knownAlready(contact) : error;
      });
  }

  /** Removes somebody from the contacts of a person. Shares stay as they are. Throws `not-found`. */
  async remove(accountId: AccountId, id: string): Promise<void> {
    const gone = await this.#parts.database.write((trx) =>
      trx('ocm_contacts').where({ id, account_id: accountId }).delete(),
    );
    if (gone === 0) throw notFound('There is no such contact.');
  }

  /** The servers, three at most, at which somebody with this id is a contact of people here. */
  async homesOf(userId: string): Promise<OcmServer[]> {
    const rows = await this.#parts.database
      .read<ContactRow>('ocm_contacts')
      .where({ user_id: userId })
      .distinct(...PLACE)
      .limit(MOST_HOMES);
    return rows.map(serverOf);
  }

  /** Removes somebody who is gone at their own server from all contacts; answers how many there were. */
  async forget(host: string, userId: string): Promise<number> {
    return this.#parts.database.write((trx) => trx('ocm_contacts').where({ host, user_id: userId }).delete());
  }

  /** The servers that know a person of this cloud, each with the id that they know. */
  async knownAt(trx: Transaction, accountId: AccountId): Promise<{ server: OcmServer; ownUserId: string }[]> {
    const mine = trx<ContactRow>('ocm_contacts').where({ account_id: accountId });
    const rows = await mine.distinct(...PLACE, 'own_user_id');
    return rows.map((row) => ({ server: serverOf(row), ownUserId: row.own_user_id }));
  }

  #rows(q: Queries, filter: Partial<ContactRow>) {
    return q<ContactRow>('ocm_contacts').where(filter).select<ContactRow[]>();
  }

  #rowOf({ address, userId, ownUserId, name, email }: NewContact): Omit<ContactRow, 'account_id'> {
    return {
      ...keyOf(address),
      id: randomWord(this.#parts.random),
      is_plain: address.isPlain,
      user_id: userId,
      own_user_id: ownUserId,
      name: name ?? printAddress(address),
      email: email ?? null,
      created_at: this.#parts.clock.now(),
    };
  }
}

const MOST_HOMES = 3;

/** The columns that say where a server is. */
const PLACE = ['host', 'path', 'is_plain'] as const;

function keyOf({ id, host, path }: OcmAddress) {
  return { address_id: id, host, path };
}

function serverOf({ host, path, is_plain: isPlain }: Pick<ContactRow, (typeof PLACE)[number]>): OcmServer {
  return { host, path, isPlain: Boolean(isPlain) };
}

function contactOf(row: ContactRow): Contact {
  const server = serverOf(row);
  return {
    id: row.id,
    address: { id: row.address_id, ...server },
    written: printContact(row.user_id, printServer(server)),
    name: row.name,
    email: (row.email as Email | null) ?? undefined,
    since: row.created_at,
  };
}

/** The refusal for somebody who is a contact already. */
export function knownAlready({ address }: Pick<NewContact, 'address'>): Failure {
  return conflict(`${printAddress(address)} is among the contacts already.`);
}

function conflict(message: string): Failure {
  return new Failure('conflict', message);
}
