import { z } from 'zod';
import { Failure, MINUTE, SECOND, type Clock } from '../../../kernel/index.js';
import { parseForeignJson, type OutboundAnswer } from '../../../platform/index.js';
import type { KnownServers } from '../servers/known-servers.js';
import type { OcmWire } from '../wire/ocm-wire.js';
import type { OcmServer } from '../wording/address.js';
import { secret } from '../wording/fields.js';

/** What {@link ForeignTokens} need. */
export interface ForeignTokensParts {
  readonly clock: Clock;
  readonly wire: Pick<OcmWire, 'postForm'>;
  readonly servers: Pick<KnownServers, 'recordOf'>;
  /** The host of this cloud. */
  readonly ownHost: string;
}

/** A received share whose secret is exchanged for tokens. */
export interface ExchangedShare {
  /** Our own id of it. */
  readonly id: string;
  readonly server: OcmServer;
  readonly secret: string;
}

interface Held {
  readonly token: string;
  /** When a new one is to be asked for, milliseconds. */
  readonly until: number;
}

/** Most tokens that are held; beyond that all are forgotten and asked for again. */
const MOST_HELD = 10_000;

/** The life of a token whose server does not say it, milliseconds. */
const USUAL_LIFE = 5 * MINUTE;

const answerShape = z.object({
  access_token: secret,
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.coerce.number().positive().max(31_536_000).optional().catch(undefined),
});

/** Tokens for received shares, given in exchange for their secrets (open-cloud-mesh.md 9); held in memory only. */
export class ForeignTokens {
  readonly #parts: ForeignTokensParts;
  readonly #held = new Map<string, Held>();
  /**
   * The exchanges that are under way. There is one at a time for each share, since every new token ends the one before.
   */
  readonly #underWay = new Map<string, Promise<string | undefined>>();

  constructor(parts: ForeignTokensParts) {
    this.#parts = parts;
  }

  /**
   * A token for a share: the held one until four fifths of its life are over, or a new one if it is `refused`.
   * Undefined when the server gives none for this secret. Throws `peer-failed`, `peer-timeout` or `unavailable` when it
   * cannot be asked.
   */
  async of(share: ExchangedShare, refused?: string): Promise<string | undefined> {
    const held = this.#held.get(share.id);
    if (held !== undefined && held.token !== refused && held.until > this.#parts.clock.now()) return held.token;
    const asked = this.#underWay.get(share.id) ?? this.#exchange(share).finally(() => this.#underWay.delete(share.id));
    this.#underWay.set(share.id, asked);
    return asked;
  }

  async #exchange({ id, server, secret: code }: ExchangedShare): Promise<string | undefined> {
    const { wire, servers, ownHost, clock } = this.#parts;
    const { tokenEndPoint } = await servers.recordOf(server);
    if (tokenEndPoint === undefined) throw failed('no tokenEndPoint');
    const answer = await wire.postForm(tokenEndPoint, [
      ['grant_type', 'authorization_code'],
      ['client_id', ownHost],
      ['code', code],
    ]);
    // Nextcloud refuses a secret with 401, all others with 400.
    if ([400, 401, 403, 404].includes(answer.status)) return undefined;
    const { access_token: token, expires_in: seconds } = tokenIn(answer);
    const life = seconds === undefined ? USUAL_LIFE : seconds * SECOND;
    if (this.#held.size >= MOST_HELD) this.#held.clear();
    this.#held.set(id, { token, until: clock.now() + 0.8 * life });
    return token;
  }
}

function tokenIn({ status, body }: OutboundAnswer): z.infer<typeof answerShape> {
  if (status !== 200 && status !== 201) throw failed(`answered ${String(status)}`);
  try {
    return answerShape.parse(parseForeignJson(body));
  } catch (cause) {
    throw failed('its answer is no token', cause);
  }
}

function failed(detail: string, cause?: unknown): Failure {
  return new Failure('peer-failed', 'The other cloud gives no token for what it shares.', { detail, cause });
}
