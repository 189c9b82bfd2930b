import type { Clock } from '../../../src/kernel/index.js';
import { createSigner, parsePairs, type Credentials, type Pair } from '../../../src/oauth1/index.js';
import { systemRandom } from '../../../src/platform/index.js';
import { send, type Answer } from './wire.js';

/** What an app holds between the steps of the dance, and at its end. */
export interface Held {
  readonly token: string;
  readonly tokenSecret: string;
}

/** An app that asks people for access, as RFC 5849 section 2 has it. */
export class AskingApp {
  readonly #origin: string;
  readonly #keys: Credentials;
  readonly #signer;

  /** `origin`: of the cloud that it asks. */
  constructor(origin: string, { consumerKey, consumerSecret }: Credentials, clock: Clock) {
    this.#origin = origin;
    this.#keys = { consumerKey, consumerSecret };
    this.#signer = createSigner({ clock, random: systemRandom, insecure: true });
  }

  /** Asks, and answers the token with which a person goes to the cloud. */
  async ask(callback = 'oob'): Promise<Held> {
    return heldIn(await this.#call('request_token', this.#keys, [['oauth_callback', callback]]));
  }

  /** Where the person decides. */
  page({ token }: Held): string {
    return `${this.#origin}/oauth/authorize?oauth_token=${token}`;
  }

  /** Fetches the access that a person gave; the whole answer, refusals included. */
  fetch(held: Held, verifier: string): Promise<Answer> {
    return this.#call('access_token', { ...this.#keys, ...held }, [['oauth_verifier', verifier]]);
  }

  /** Fetches the access; credentials for the storage API. */
  async accessOf(held: Held, verifier: string): Promise<Credentials> {
    return { ...this.#keys, ...heldIn(await this.fetch(held, verifier)) };
  }

  #call(step: string, keys: Credentials, protocol: readonly Pair[]): Promise<Answer> {
    const url = new URL(`/oauth/${step}`, this.#origin);
    const authorization = this.#signer.header({ method: 'POST', url }, keys, { protocol });
    return send(url.href, { method: 'POST', headers: { authorization } });
  }
}

function heldIn({ status, text }: Answer): Held {
  if (status !== 200) throw new Error(`the token call was answered ${String(status)}: ${text}`);
  const fields = new Map(parsePairs(text));
  return { token: fields.get('oauth_token') ?? '', tokenSecret: fields.get('oauth_token_secret') ?? '' };
}
