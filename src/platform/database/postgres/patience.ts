/** The part of a connection of `pg` that is used here. knex passes every statement with a callback. */
export interface PgConnection {
  query(statement: unknown, done: Done): unknown;
  readonly connection: { readonly stream: { destroy(error: Error): unknown } };
}

type Done = (error: Error | null, result?: unknown) => void;

/** The server was silent for too long. The name makes it count as an unavailable database. */
class SilentServer extends Error {
  readonly code = 'ETIMEDOUT';

  constructor(limit: number) {
    super(`The database was silent for ${String(Math.round(limit))} ms.`);
    this.name = 'SilentServer';
  }
}

/** The least time that a statement gets when its asker has waited for the connection, milliseconds. */
const LEAST = 500;

/** How long the askers of connections that were just handed out had waited. */
const waits = new WeakMap<object, number>();

/** The wait for a connection counts towards the silence of its next statement, so that the two together are bounded. */
export function countWait(connection: object, millis: number): void {
  waits.set(connection, millis);
}

/**
 * Closes a connection whose server leaves a statement unanswered for `limit` milliseconds: the server's own limits do
 * not help while the server or the network hangs. The connection is not used again, because late answers might come
 * over it (scale.md 2.3).
 */
export function cutWhenSilent(connection: PgConnection, limit: number): void {
  const query = connection.query.bind(connection);
  connection.query = (statement, done) => {
    const patience = Math.max(LEAST, limit - (waits.get(connection) ?? 0));
    waits.delete(connection);
    const cut = setTimeout(() => {
      connection.connection.stream.destroy(new SilentServer(patience));
    }, patience);
    return query(statement, (error, result) => {
      clearTimeout(cut);
      done(error, result);
    });
  };
}
