import { keepLabel, MINUTE, type Clock, type PeerId } from '../../kernel/index.js';
import type { Database, Log, Queries } from '../../platform/index.js';

/** A refused message of a peer, without its body or any secret. */
export interface RefusedMessage {
  /** When, milliseconds. */
  readonly at: number;
  /** Method and path as the API document has them, such as `POST /interop/credentials`. */
  readonly call: string;
  /** The status of our answer. */
  readonly status: number;
  readonly reason: string;
}

/** A refusal that has just happened. */
export interface NewRefusal extends Omit<RefusedMessage, 'at'> {
  readonly peerId: PeerId;
  /**
   * True when the peer has proved that it sent it; otherwise anybody who knows the peer's addresses may have sent it.
   */
  readonly isProven: boolean;
  /** Our id of the half that it was about; undefined if none. */
  readonly about: () => Promise<string | undefined>;
}

/** Most messages of a peer that are kept; the newest stay (ruling F-25). */
const KEPT = 20;

/** Most unsigned messages of a peer that are stored in a minute (F-61). */
const UNPROVEN_PER_MINUTE = 20;

/** Most messages that wait to be written; more are dropped. */
const BACKLOG = 200;

interface Row {
  readonly at: number;
  readonly call: string;
  readonly status: number;
  readonly reason: string;
}

/** Refused messages of peers, for administrators to read. Noting one does not delay the caller and never fails. */
export class RefusedMessages {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #log: Pick<Log, 'warn'>;
  readonly #unproven = new Map<PeerId, { readonly from: number; count: number }>();
  #writing: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor({ database, clock, log }: { database: Database; clock: Clock; log: Pick<Log, 'warn'> }) {
    this.#database = database;
    this.#clock = clock;
    this.#log = log;
  }

  /** Stores it among the last {@link KEPT} of its peer, without waiting. */
  note(refused: NewRefusal): void {
    if (this.#waiting >= BACKLOG) return;
    if (!refused.isProven && !this.#mayKeep(refused.peerId)) return;
    this.#waiting += 1;
    const at = this.#clock.now();
    this.#writing = this.#writing.then(async () => {
      await this.#keep(refused, at);
      this.#waiting -= 1;
    });
  }

  /** Those of a peer, the newest first. */
  async of(peerId: PeerId): Promise<RefusedMessage[]> {
    return this.#read({ peer_id: peerId });
  }

  /** Those about one half of an agreement, the newest first. */
  async about(half: string): Promise<RefusedMessage[]> {
    return this.#read({ half_id: half });
  }

  /** Resolves when everything noted so far is written. */
  settled(): Promise<void> {
    return this.#writing;
  }

  async #read(where: object): Promise<RefusedMessage[]> {
    const rows = this.#database.read<Row>('refused_messages').where(where).orderBy('id', 'desc').limit(KEPT);
    return rows.select('at', 'call', 'status', 'reason');
  }

  #mayKeep(peerId: PeerId): boolean {
    const now = this.#clock.now();
    const known = this.#unproven.get(peerId);
    const minute = known === undefined || now - known.from >= MINUTE ? { from: now, count: 0 } : known;
    this.#unproven.set(peerId, minute);
    minute.count += 1;
    return minute.count <= UNPROVEN_PER_MINUTE;
  }

  async #keep({ peerId, call, status, reason, about }: NewRefusal, at: number): Promise<void> {
    try {
      const half = await about();
      await this.#database.write(async (trx) => {
        if ((await trx('peers').where({ id: peerId }).first('id')) === undefined) return;
        const row = { peer_id: peerId, half_id: half ?? null, at, call, status, reason: keepLabel(reason, 300) };
        await trx('refused_messages').insert(row);
        await forgetOld(trx, peerId);
      });
    } catch (error) {
      this.#log.warn({ err: error, peerId }, 'a refused message of a peer could not be noted');
    }
  }
}

async function forgetOld(q: Queries, peerId: PeerId): Promise<void> {
  const old = q('refused_messages').where({ peer_id: peerId }).orderBy('id', 'desc').offset(KEPT).limit(KEPT);
  await q('refused_messages').whereIn('id', old.select('id')).delete();
}
