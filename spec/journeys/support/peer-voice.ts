import type { Clock, Fields } from '../../../src/kernel/index.js';
import { createSigner } from '../../../src/oauth1/index.js';
import { systemRandom } from '../../../src/platform/index.js';
import { send, type Answer } from './wire.js';

/** What a message of a peer may be made to be. */
export interface Manner {
  /** Left out: no Authorization header. */
  readonly unsigned?: boolean;
  /** Changes the fields after they were signed. */
  readonly altered?: (fields: Fields) => Fields;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Speaks to a cloud as a peer that it knows: real requests with real signatures, for whatever a spec makes it say. */
export class PeerVoice {
  readonly #origin: string;
  readonly #keys: { readonly consumerKey: string; readonly consumerSecret: string };
  readonly #signer;

  /** `pair`: what the cloud issued to the peer. */
  constructor(origin: string, pair: { readonly key: string; readonly secret: string }, clock: Clock) {
    this.#origin = origin;
    this.#keys = { consumerKey: pair.key, consumerSecret: pair.secret };
    this.#signer = createSigner({ clock, random: systemRandom });
  }

  /** POSTs a form to one of the interop endpoints. */
  async post(path: string, fields: Fields, { unsigned = false, altered, headers = {} }: Manner = {}): Promise<Answer> {
    const url = new URL(path, this.#origin);
    const authorization = this.#signer.header({ method: 'POST', url, form: fields }, this.#keys);
    return send(url.href, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(unsigned ? {} : { authorization }),
        ...headers,
      },
      body: formBody(altered?.(fields) ?? fields),
    });
  }

  /** A URL with the signature in its query, as a browser carries it. */
  sign(url: string, added: Readonly<Record<string, string>> = {}): string {
    const target = new URL(url);
    for (const [name, value] of Object.entries(added)) target.searchParams.append(name, value);
    return this.#signer.signedUrl(target, this.#keys);
  }

  /** GETs a freshly signed URL. */
  async get(url: string, added: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return send(this.sign(url, added), { headers: { accept: 'text/plain' } });
  }

  /** The recipient's decision at a callback. */
  async decide(callback: string, shareId: string, accepted: boolean): Promise<Answer> {
    return this.get(callback, { share_id: shareId, accepted: String(accepted) });
  }

  /** Delivers credentials. */
  async credentials(shareId: string, token: string, secret: string): Promise<Answer> {
    return this.post('/interop/credentials', credentialFields(shareId, token, secret));
  }

  /** Tells the end of a share. */
  async unshare(shareId: string, reason?: string): Promise<Answer> {
    const fields: [string, string][] = [['share_id', shareId]];
    return this.post('/interop/unshare', reason === undefined ? fields : [...fields, ['reason', reason]]);
  }
}

/** The fields of a credentials message. */
export function credentialFields(shareId: string, token: string, secret: string): Fields {
  return [
    ['share_id', shareId],
    ['auth_protocol', 'oauth'],
    ['auth_protocol_version', '1.0a'],
    ['access_token_key', token],
    ['access_token_secret', secret],
  ];
}

function formBody(fields: Fields): string {
  return new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString();
}
