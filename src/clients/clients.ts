import { Failure, notFound, randomWord, type Clock, type Random } from '../kernel/index.js';
import { isUniqueViolation, type Database, type Queries, type Sealer } from '../platform/index.js';
import { clientOf, clientWithSecret, columnsOf, consumerContext, type ClientRow } from './client-row.js';
import { KEY_LENGTH, SECRET_LENGTH, type Client, type ClientOptions, type ClientWithSecret } from './client.js';

/** What {@link Clients} are made of. */
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

  /** Registers an app and issues its consumer pair. Throws `invalid`, or `conflict` for a name that is taken. */
  async add(name: string, options: ClientOptions = {}): Promise<ClientWithSecret> {
    const { database, clock, random, sealer } = this.#parts;
    const id = randomWord(random);
    const columns = columnsOf(name, options);
    const row: ClientRow = {
      ...columns,
      id,
      consumer_key: randomWord(random, KEY_LENGTH),
      consumer_secret: sealer.seal(randomWord(random, SECRET_LENGTH), consumerContext(id)),
      created_at: clock.now(),
    };
    try {
      await database.write((trx) => trx('clients').insert(row));
    } catch (error) {
      if (isUniqueViolation(error)) throw new Failure('conflict', `There is an app named ${columns.name} already.`);
      throw error;
    }
    return clientWithSecret(sealer, row);
  }

  /** All apps by name, without their secrets. */
  async list(): Promise<Client[]> {
    const rows = await this.#parts.database.read<ClientRow>('clients').orderBy(['name', 'id']).select<ClientRow[]>('*');
    return rows.map(clientOf);
  }

  /** Removes an app; every access that it was given is dead with the same commit. Throws `not-found`. */
  async remove(name: string): Promise<void> {
    const removed = await this.#parts.database.write((trx) => trx('clients').where({ name }).delete());
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
