import { Failure, notFound, randomWord, type Clock, type Random } from '../kernel/index.js';
import {
  countSome,
  cutPage,
  eachPage,
  isUniqueViolation,
  pageOf,
  readRows,
  type Database,
  type ListOrder,
  type ListPage,
  type PageWish,
  type Queries,
  type Sealer,
} from '../platform/index.js';
import { checkPair, clientOf, clientWithSecret, columnsOf, consumerContext, type ClientRow } from './client-row.js';
import { KEY_LENGTH, SECRET_LENGTH, type Client, type ClientOptions, type ClientWithSecret } from './client.js';

/** What {@link Clients} needs. */
export interface ClientsParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Sealer;
}

/** The OAuth apps that this cloud knows. */
export class Clients {
  readonly #parts: ClientsParts;

  constructor(parts: ClientsParts) {
    this.#parts = parts;
  }

  /** Registers an app, with its own consumer pair or one that is issued. Throws `invalid`, or `conflict` for a name or key that is taken. */
  async add(name: string, options: ClientOptions = {}): Promise<ClientWithSecret> {
    const { database, clock, random, sealer } = this.#parts;
    const id = randomWord(random);
    const columns = columnsOf(name, options);
    const pair = options.pair === undefined ? issued(random) : checkPair(options.pair);
    const row: ClientRow = {
      ...columns,
      id,
      consumer_key: pair.key,
      consumer_secret: sealer.seal(pair.secret, consumerContext(id)),
      created_at: clock.now(),
    };
    try {
      await database.write((trx) => trx('clients').insert(row));
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const isKey = (await this.byKey(pair.key)) !== undefined;
      const what = isKey ? 'with this consumer key' : `named ${columns.name}`;
      throw new Failure('conflict', `There is an app ${what} already.`);
    }
    return clientWithSecret(sealer, row);
  }

  /** All apps by name, without their secrets; read in pages. */
  async list(): Promise<Client[]> {
    const all: Client[] = [];
    for await (const { items } of eachPage((wish) => this.page(wish))) all.push(...items);
    return all;
  }

  /** One page of them. */
  async page(wish: PageWish): Promise<ListPage<Client>> {
    const rows = (await cutPage(this.#parts.database.read('clients'), BY_NAME, wish).select('*')) as ClientRow[];
    return pageOf(
      readRows(rows, ({ name: at, id }) => ({ at, id }), clientOf),
      wish,
    );
  }

  /** How many there are, counted like {@link countSome}. */
  async count(): Promise<number> {
    const { read } = this.#parts.database;
    return countSome(read, read('clients'), BY_NAME.at);
  }

  /** Removes an app; every access that it was given is dead with the same commit. Throws `not-found`. */
  async remove(name: string): Promise<void> {
    const removed = await this.#parts.database.vital((trx) => trx('clients').where({ name }).delete());
    if (removed === 0) throw notFound('There is no such app.');
  }

  /** The app that signs with this consumer key. */
  async byKey(consumerKey: string): Promise<ClientWithSecret | undefined> {
    return this.#find({ consumer_key: consumerKey }, this.#parts.database.read);
  }

  /** The app of this name. `queries`: a transaction that goes on to use it. */
  async byName(name: string, queries: Queries = this.#parts.database.read): Promise<ClientWithSecret | undefined> {
    return this.#find({ name }, queries);
  }

  async #find(filter: Partial<ClientRow>, queries: Queries): Promise<ClientWithSecret | undefined> {
    const row = await queries<ClientRow>('clients').where(filter).first<ClientRow | undefined>('*');
    return row === undefined ? undefined : clientWithSecret(this.#parts.sealer, row);
  }
}

const BY_NAME: ListOrder = { at: 'name', id: 'id', direction: 'asc' };

function issued(random: Random): { key: string; secret: string } {
  return { key: randomWord(random, KEY_LENGTH), secret: randomWord(random, SECRET_LENGTH) };
}
