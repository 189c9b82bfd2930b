import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Failure, type Clock } from '../../../kernel/index.js';
import { jwkSet, type OwnKey } from '../../../http-signatures/index.js';
import type { Database, Queries, Sealer } from '../../../platform/index.js';

/** What {@link OwnKeys} need. */
export interface OwnKeysParts {
  readonly database: Database;
  readonly sealer: Pick<Sealer, 'seal' | 'open'>;
  readonly clock: Clock;
  /** Our configured public origin: the ids of the keys name its host. */
  readonly webOrigin: string;
}

/** The keys with which this cloud signs, ready for use. */
export interface SigningKeys {
  /** RSA with 2048 bits, for the draft (open-cloud-mesh.md 10.3). */
  readonly cavage: OwnKey;
  /** Ed25519, for RFC 9421 (open-cloud-mesh.md 10.2). */
  readonly rfc9421: OwnKey;
  /** The public half of the first, as a discovery document has it. */
  readonly publicKey: { readonly keyId: string; readonly pem: string };
  /** The public half of the second, as a set of keys. */
  readonly jwks: ReturnType<typeof jwkSet>;
}

type Kind = 'rsa' | 'ed25519';

interface KeyRow {
  readonly kind: Kind;
  readonly private_key: string;
  readonly created_at: number;
}

/**
 * The keys with which this cloud signs messages of Open Cloud Mesh. They are made once, by whichever process is first, and kept
 * for ever, sealed in the database: Nextcloud takes a changed key for a forgery (open-cloud-mesh.md 10.3).
 */
export class OwnKeys {
  readonly #parts: OwnKeysParts;
  #keys: Promise<SigningKeys> | undefined;

  constructor(parts: OwnKeysParts) {
    this.#parts = parts;
  }

  /** The keys; they are made when there are none, beside the event loop. Throws `internal` when they cannot be opened. */
  get(): Promise<SigningKeys> {
    this.#keys ??= this.#load().catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  async #load(): Promise<SigningKeys> {
    const { database, webOrigin } = this.#parts;
    const stored = (await this.#stored(database.read)) ?? (await this.#made());
    return signingKeys(stored, new URL(webOrigin).host);
  }

  /** Makes and stores new keys. When two processes do that at once, both continue with those that were stored first. */
  async #made(): Promise<Record<Kind, KeyObject>> {
    const { database, sealer, clock } = this.#parts;
    const [rsa, ed25519] = await Promise.all([makeRsa(), makeEd25519()]);
    const rows = Object.entries({ rsa, ed25519 }).map(([kind, key]) => ({
      kind,
      private_key: sealer.seal(key, contextOf(kind as Kind)),
      created_at: clock.now(),
    }));
    return database.write(async (trx) => {
      await trx('ocm_keys').insert(rows).onConflict('kind').ignore();
      const stored = await this.#stored(trx);
      if (stored === undefined) throw new Failure('internal', 'The keys of this cloud could not be stored.');
      return stored;
    });
  }

  async #stored(queries: Queries): Promise<Record<Kind, KeyObject> | undefined> {
    const rows = await queries<KeyRow>('ocm_keys').select('*');
    const keyOf = (kind: Kind): KeyObject | undefined => {
      const row = rows.find((each) => each.kind === kind);
      return row && createPrivateKey(this.#parts.sealer.open(row.private_key, contextOf(kind)));
    };
    const [rsa, ed25519] = [keyOf('rsa'), keyOf('ed25519')];
    return rsa === undefined || ed25519 === undefined ? undefined : { rsa, ed25519 };
  }
}

function contextOf(kind: Kind): string {
  return `ocm_keys.private_key:${kind}`;
}

/** Runs in a thread of the pool, since making an RSA key takes tenths of a second. */
const pairOf = promisify(generateKeyPair);

async function makeRsa(): Promise<string> {
  return pemOf((await pairOf('rsa', { modulusLength: 2_048 })).privateKey);
}

async function makeEd25519(): Promise<string> {
  return pemOf((await pairOf('ed25519')).privateKey);
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/**
 * The keys with their ids. An id is the same wherever it is told, and begins with `https` in trials without TLS too.
 */
function signingKeys({ rsa, ed25519 }: Record<Kind, KeyObject>, host: string): SigningKeys {
  const cavage = { keyId: `https://${host}/ocm#signature`, key: rsa };
  const rfc9421 = { keyId: `${host}#key1`, key: ed25519 };
  const pem = createPublicKey(rsa).export({ type: 'spki', format: 'pem' }).toString();
  const jwks = jwkSet([{ keyId: rfc9421.keyId, key: createPublicKey(ed25519) }]);
  return { cavage, rfc9421, publicKey: { keyId: cavage.keyId, pem }, jwks };
}
