import { formatPairs, type Pair } from '../signing/index.js';
import { createAuthorizer, type Credentials, type SigningOptions } from './authorizer.js';
import { StorageError } from './storage-error.js';
import { ownFetch, type Fetch } from './surroundings.js';

/** Who asks for access, and where. */
export interface DanceOptions extends SigningOptions {
  /** The cloud's own address, such as `https://cloud.example/`. */
  readonly cloud: string | URL;
  /** As the cloud's administrator registered the app. */
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly fetch?: Fetch | undefined;
}

/** A token that asks a person for access and opens nothing yet. */
export interface RequestToken {
  readonly token: string;
  readonly tokenSecret: string;
}

/**
 * How an app comes by a person's token, in three steps (RFC 5849 2; stacksync-api-v2.md 3): ask for a request token,
 * send the person to the cloud to allow it, change it for an access token. Rejects with {@link StorageError} when the
 * cloud refuses.
 */
export class OAuthDance {
  readonly #options: DanceOptions;

  constructor(options: DanceOptions) {
    this.#options = options;
  }

  /** Step 1. `callback`: where the person's browser goes afterwards, `oob` when they shall copy a word instead. */
  async requestToken(callback: string | URL = 'oob'): Promise<RequestToken> {
    const answer = await this.#post('request_token', {}, [['oauth_callback', String(callback)]]);
    if (answer.get('oauth_callback_confirmed') !== 'true') throw unusable('not confirm the callback');
    return tokenIn(answer);
  }

  /** Step 2: the page to which the person's browser goes. */
  authorizeUrl({ token }: RequestToken): URL {
    return this.#at(`authorize?${formatPairs([['oauth_token', token]])}`);
  }

  /**
   * The verifier in the address to which the cloud sent the person's browser. Throws a `TypeError` when it holds none
   * or belongs to another dance.
   */
  verifierIn(callback: string | URL, { token }: RequestToken): string {
    const { searchParams } = new URL(callback);
    const verifier = searchParams.get('oauth_verifier') ?? '';
    if (searchParams.get('oauth_token') !== token || verifier === '') {
      throw new TypeError('This is not the answer to the request for access.');
    }
    return verifier;
  }

  /** Step 3: what to sign storage calls with from now on. The request token is used up. */
  async accessToken(requestToken: RequestToken, verifier: string): Promise<Required<Credentials>> {
    const { consumerKey, consumerSecret } = this.#options;
    const { token, tokenSecret } = requestToken;
    const answer = await this.#post('access_token', { token, tokenSecret }, [['oauth_verifier', verifier.trim()]]);
    return { consumerKey, consumerSecret, ...tokenIn(answer) };
  }

  async #post(path: string, token: Partial<RequestToken>, protocol: readonly Pair[]): Promise<URLSearchParams> {
    const { consumerKey, consumerSecret, fetch = ownFetch } = this.#options;
    const authorize = createAuthorizer({ consumerKey, consumerSecret, ...token }, this.#options);
    const request = { method: 'POST', url: this.#at(path) };
    const headers = { authorization: await authorize(request, protocol), 'stacksync-api': 'v2' };
    const init = { method: 'POST', headers, redirect: 'error', credentials: 'omit', cache: 'no-store' } as const;
    return readForm(await fetch(request.url, init));
  }

  #at(path: string): URL {
    return new URL(`/oauth/${path}`, this.#options.cloud);
  }
}

/** The fields of a form-encoded answer; of a refusal too, which says there what was wrong. */
async function readForm(response: Response): Promise<URLSearchParams> {
  const fields = new URLSearchParams(await response.text());
  if (!response.ok) throw new StorageError(response.status, fields.get('error_description') ?? '');
  return fields;
}

function tokenIn(fields: URLSearchParams): RequestToken {
  const token = fields.get('oauth_token') ?? '';
  const tokenSecret = fields.get('oauth_token_secret') ?? '';
  if (token === '' || tokenSecret === '') throw unusable('send a token');
  return { token, tokenSecret };
}

function unusable(what: string): StorageError {
  return new StorageError(200, `The cloud did not ${what}.`);
}
