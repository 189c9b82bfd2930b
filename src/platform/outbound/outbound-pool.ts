import { Client, type buildConnector } from 'undici';

/** What every connection of a pool has in common. */
export interface PoolOptions {
  readonly connect: buildConnector.connector;
  /** Connections per web origin; when all are in use, requests wait in a queue. */
  readonly connections: number;
}

/** A connection, or a place in the queue for one; exactly one of the two methods is called, once. */
export interface PooledConnection {
  /** The connection may serve others. */
  giveBack(): void;
  /** The connection is closed at once, or the place in the queue given up. */
  discard(reason: Error): void;
}

const MAX_HEADER_BYTES = 16 * 1024;

/**
 * Kept-alive connections per origin, one exchange on each at a time. Each exchange has a connection to itself, so that
 * ending it ends its socket and nothing else: undici's own pool reconnects for a request that was already aborted.
 */
export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #origins = new Map<string, WebOriginPool>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Hands `use` a connection to `origin`, at once or when one is free. */
  lease(origin: string, use: (client: Client) => void): PooledConnection {
    const pool =
      this.#origins.get(origin) ?? new WebOriginPool(origin, this.#options, () => this.#origins.delete(origin));
    this.#origins.set(origin, pool);
    return pool.lease(use);
  }

  /** Ends idle connections and resolves when running exchanges have ended. */
  async close(): Promise<void> {
    await Promise.all([...this.#origins.values()].map((pool) => pool.close()));
  }
}

class WebOriginPool {
  readonly #origin: string;
  readonly #options: PoolOptions;
  readonly #onEmpty: () => void;
  readonly #open = new Set<Client>();
  readonly #idle: Client[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(origin: string, options: PoolOptions, onEmpty: () => void) {
    this.#origin = origin;
    this.#options = options;
    this.#onEmpty = onEmpty;
  }

  lease(use: (client: Client) => void): PooledConnection {
    let client: Client | undefined;
    const enter = (): void => {
      client = this.#idle.pop() ?? this.#openClient();
      use(client);
    };
    const lease = {
      giveBack: (): void => {
        if (client !== undefined) this.#release(client);
      },
      discard: (reason: Error): void => {
        if (client === undefined) this.#waiting.delete(enter);
        else this.#drop(client, reason);
      },
    };
    if (this.#hasFree()) enter();
    else this.#waiting.add(enter);
    return lease;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((client) => client.close()));
  }

  #hasFree(): boolean {
    return this.#idle.length > 0 || this.#open.size < this.#options.connections;
  }

  #openClient(): Client {
    const { connect } = this.#options;
    const client = new Client(this.#origin, { connect, pipelining: 1, maxHeaderSize: MAX_HEADER_BYTES });
    this.#open.add(client);
    // The peer or the keep-alive limit closed it while nobody used it.
    client.on('disconnect', () => {
      if (this.#idle.includes(client)) this.#drop(client, new Error('idle'));
    });
    return client;
  }

  #release(client: Client): void {
    this.#idle.push(client);
    this.#admitNext();
  }

  #drop(client: Client, reason: Error): void {
    if (!this.#open.delete(client)) return;
    const place = this.#idle.indexOf(client);
    if (place !== -1) this.#idle.splice(place, 1);
    client.destroy(reason).catch(() => undefined);
    this.#admitNext();
    if (this.#open.size === 0 && this.#waiting.size === 0) this.#onEmpty();
  }

  #admitNext(): void {
    const [next] = this.#waiting;
    if (next === undefined || !this.#hasFree()) return;
    this.#waiting.delete(next);
    next();
  }
}
