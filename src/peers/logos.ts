import { createHash } from 'node:crypto';
import { fileTypeFromBuffer } from 'file-type';
import { isFailure, type PeerId } from '../kernel/index.js';
import type { Database, Log, Outbound } from '../platform/index.js';

/** A peer's picture, as this cloud shows it. */
export interface Logo {
  readonly type: string;
  readonly bytes: Buffer;
  readonly etag: string;
}

/** What {@link Logos} needs. */
export interface LogosParts {
  readonly database: Database;
  readonly outbound: Pick<Outbound, 'call'>;
  readonly log: Pick<Log, 'info'>;
}

/**
 * Types of pictures without active content, recognised by their bytes (threat model CNT-02); no SVG, which may contain
 * scripts.
 */
const TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'];

const MAX_BYTES = 64 * 1024;

interface LogoRow {
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** Copies of the pictures of peers, fetched once, when an administrator records the peer. */
export class Logos {
  readonly #parts: LogosParts;

  constructor(parts: LogosParts) {
    this.#parts = parts;
  }

  /**
   * Fetches the picture through the guarded client and stores it, at most 64 KiB; answers whether there is one now.
   * Without an address, or when fetching fails, the peer is shown without a picture.
   */
  async keep(peerId: PeerId, url: string | undefined): Promise<boolean> {
    const logo = url === undefined ? undefined : await this.#fetched(url);
    await this.#parts.database.write(async (trx) => {
      await trx('peer_logos').where({ peer_id: peerId }).delete();
      if (logo !== undefined) await trx('peer_logos').insert({ peer_id: peerId, ...logo });
    });
    return logo !== undefined;
  }

  /** The picture of an unblocked or blocked, not removed peer. */
  async of(peerId: PeerId): Promise<Logo | undefined> {
    const row = await this.#parts.database
      .read<LogoRow>('peer_logos as logo')
      .join('peers as peer', 'peer.id', 'logo.peer_id')
      .where('peer.id', peerId)
      .whereNull('peer.removed_at')
      .first<LogoRow | undefined>('logo.type', 'logo.bytes', 'logo.etag');
    return row === undefined ? undefined : { ...row, bytes: Buffer.from(row.bytes) };
  }

  /** Those of these peers that have one. */
  async known(peerIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.#parts.database
      .read<{ peer_id: string }>('peer_logos')
      .whereIn('peer_id', peerIds)
      .select<{ peer_id: string }[]>('peer_id');
    return new Set(rows.map((row) => row.peer_id));
  }

  async #fetched(url: string): Promise<Logo | undefined> {
    try {
      return await this.#fetch(url);
    } catch (error) {
      if (!isFailure(error)) throw error;
      this.#parts.log.info({ url, why: error.detail ?? error.message }, 'a logo could not be fetched');
      return undefined;
    }
  }

  async #fetch(url: string): Promise<Logo | undefined> {
    const headers = { accept: TYPES.join(', ') };
    const { status, body } = await this.#parts.outbound.call({ method: 'GET', url, headers, maxBytes: MAX_BYTES });
    const type = status === 200 ? (await fileTypeFromBuffer(body))?.mime : undefined;
    if (type === undefined || !TYPES.includes(type)) return undefined;
    return { type, bytes: body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
  }
}
