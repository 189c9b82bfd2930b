import { hash } from 'node:crypto';
import { isFailure, SECOND, type Clock, type Fields } from '../../../kernel/index.js';
import { signCavage, signMessage, type OutgoingMessage, type SignedHeaders } from '../../../http-signatures/index.js';
import type { Outbound, OutboundAnswer } from '../../../platform/index.js';
import type { OcmRecord } from '../discovery/record.js';
import { signingFor } from '../discovery/shape.js';
import type { OwnKeys } from '../keys/own-keys.js';
import { recordToSend, type KnownServers } from '../servers/known-servers.js';
import type { OcmServer } from '../wording/address.js';
import { isDisbelieved } from './disbelief.js';

/** What {@link OcmWire} needs. */
export interface OcmWireParts {
  readonly outbound: Pick<Outbound, 'call'>;
  readonly clock: Clock;
  readonly keys: Pick<OwnKeys, 'get'>;
  readonly servers: Pick<KnownServers, 'recordOf'>;
}

/** The paths of messages, below the end point of a server. */
export type OcmPath = 'shares' | 'notifications' | 'invite-accepted';

/**
 * Sends messages to other servers of Open Cloud Mesh, signed in the way that each of them reads (open-cloud-mesh.md
 * 10.1).
 */
export class OcmWire {
  readonly #parts: OcmWireParts;
  /** When each message was signed last, in seconds, by a hash of its address and content. */
  readonly #lastSigned = new Map<string, number>();

  constructor(parts: OcmWireParts) {
    this.#parts = parts;
  }

  /**
   * Posts a message. If its answer suggests that the remembered document of the server is out of date
   * (open-cloud-mesh.md 3.2), the document is fetched again, and the message sent once more if that changes its end
   * point or signature. Throws `peer-failed` or `peer-timeout` when no answer came, `unavailable` when the server has
   * sharing switched off or was asked a moment ago.
   */
  async post(to: OcmServer, path: OcmPath, body: object): Promise<OutboundAnswer> {
    const record = await recordToSend(this.#parts.servers, to);
    const answer = await this.#send(record, path, body);
    if (!mayBeOutdated(path, answer)) return answer;
    const fresh = await this.#fresh(to, record);
    return isSameWay(fresh, record) ? answer : this.#send(fresh, path, body);
  }

  /**
   * Posts a form to the token end point of a server, always signed by RFC 9421 (open-cloud-mesh.md 9). Throws as {@link
   * post} does.
   */
  async postForm(url: string, fields: Fields): Promise<OutboundAnswer> {
    const body = Buffer.from(
      new URLSearchParams(fields.map(([name, value]) => [name, value] as [string, string])).toString(),
    );
    return this.#call({ method: 'POST', url: new URL(url), body }, FORM, 'rfc9421');
  }

  async #fresh(to: OcmServer, known: OcmRecord): Promise<OcmRecord> {
    try {
      return await this.#parts.servers.recordOf(to, true);
    } catch (error) {
      if (isFailure(error)) return known;
      throw error;
    }
  }

  async #send(record: OcmRecord, path: OcmPath, body: object): Promise<OutboundAnswer> {
    const message = {
      method: 'POST',
      url: new URL(`${record.endPoint}/${path}`),
      body: Buffer.from(JSON.stringify(body)),
    };
    return this.#call(message, JSON_TYPE, signingFor(record));
  }

  async #call(message: OutgoingMessage, type: string, signing: Signing): Promise<OutboundAnswer> {
    const { method, url, body } = message;
    const headers = { accept: JSON_TYPE, 'content-type': type, ...(await this.#signed(message, signing)) };
    const pinnedOrigins = [url.origin];
    return this.#parts.outbound.call({ method, url, pinnedOrigins, headers, body: Buffer.from(body), cutsLong: true });
  }

  /**
   * The time for a signature. Servers refuse a signature that they have seen, and its time is in seconds: a message
   * that is repeated within a second is dated one second ahead, which every server accepts (open-cloud-mesh.md 10.2).
   */
  #distinctTime({ url, body }: OutgoingMessage): number {
    const name = hash('sha256', Buffer.concat([Buffer.from(`${url.href} `), body]), 'base64url');
    const second = Math.max(Math.floor(this.#parts.clock.now() / SECOND), (this.#lastSigned.get(name) ?? 0) + 1);
    if (this.#lastSigned.size >= MOST_SIGNED) this.#lastSigned.clear();
    this.#lastSigned.set(name, second);
    return second * SECOND;
  }

  async #signed(message: OutgoingMessage, signing: Signing): Promise<SignedHeaders> {
    if (signing === 'unsigned') return {};
    const { cavage, rfc9421 } = await this.#parts.keys.get();
    const now = this.#distinctTime(message);
    return signing === 'cavage' ? signCavage(message, cavage, now) : signMessage(message, rfc9421, now);
  }
}

/** Most messages whose time of signing is remembered. */
const MOST_SIGNED = 1_000;

type Signing = ReturnType<typeof signingFor>;

const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded';

/**
 * True for answers that an outdated document would explain: a share that was not understood, or a signature that was
 * not believed.
 */
function mayBeOutdated(path: OcmPath, answer: OutboundAnswer): boolean {
  return isDisbelieved(answer) || (path === 'shares' && [400, 404, 501].includes(answer.status));
}

function isSameWay(a: OcmRecord, b: OcmRecord): boolean {
  return a.endPoint === b.endPoint && signingFor(a) === signingFor(b);
}
