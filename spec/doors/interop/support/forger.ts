import { randomUUID } from 'node:crypto';
import { SECOND, type Fields } from '../../../../src/kernel/index.js';
import {
  baseString,
  bodyHash,
  formatAuthorization,
  formatPairs,
  parsePairs,
  signature,
  signingKey,
  type SecretMethod,
} from '../../../../src/oauth1/index.js';
import { send, type Answer, type Sent } from '../../../journeys/support/wire.js';
import type { Station } from '../../../support/open-pair.js';
import { contract } from '../../docs/api.js';

/** How a message is signed, and what is done to it afterwards. */
export interface Terms {
  /** Default: now, by the clock of the cloud. */
  readonly timestamp?: number | string;
  readonly nonce?: string;
  readonly signatureMethod?: string;
  /** More protocol parameters, under the signature. */
  readonly more?: Fields;
  /** Changes the protocol parameters after they were signed. */
  readonly edit?: (protocol: Fields) => Fields;
  /** Changes the fields after they were signed. */
  readonly altered?: (fields: Fields) => Fields;
  /** More headers; `authorization` here replaces ours. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The secret to sign with, when not the right one. */
  readonly secret?: string;
}

/** Signs messages to a cloud with a peer's pair, correctly or wrong in the way that a test wants. */
export class Forger {
  readonly #station: Pick<Station, 'url' | 'clock'>;
  readonly #pair: { readonly key: string; readonly secret: string };

  constructor(station: Pick<Station, 'url' | 'clock'>, pair: { readonly key: string; readonly secret: string }) {
    this.#station = station;
    this.#pair = pair;
  }

  /** The protocol parameters of a request, signature last. */
  protocol(method: string, target: string, form: Fields, terms: Terms = {}): Fields {
    const { signatureMethod = 'HMAC-SHA1', nonce = randomUUID(), more = [] } = terms;
    const stamped: Fields = [
      ['oauth_consumer_key', this.#pair.key],
      ['oauth_signature_method', signatureMethod],
      ['oauth_timestamp', String(terms.timestamp ?? Math.floor(this.#station.clock.now() / SECOND))],
      ['oauth_nonce', nonce],
      ['oauth_version', '1.0'],
      ...more,
    ];
    const base = baseString({ method, origin: this.#station.url, target, extra: [...stamped, ...form] });
    const key = signingKey(terms.secret ?? this.#pair.secret);
    const signed: Fields = [...stamped, ['oauth_signature', signature(strengthOf(signatureMethod), base, key)]];
    return terms.edit?.(signed) ?? signed;
  }

  /** An Authorization header for a form. */
  header(method: string, target: string, form: Fields = [], terms: Terms = {}): string {
    return formatAuthorization(this.protocol(method, target, form, terms));
  }

  /** POSTs a form; `target` may have a query. */
  async post(target: string, fields: Fields, terms: Terms = {}): Promise<Answer> {
    return this.#send(target, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: this.header('POST', target, fields, terms),
        ...terms.headers,
      },
      body: formatPairs(terms.altered?.(fields) ?? fields),
    });
  }

  /** POSTs a form as a browser does for a peer: the signature among its fields. */
  async carry(target: string, fields: Fields, terms: Terms = {}): Promise<Answer> {
    const body = [...(terms.altered?.(fields) ?? fields), ...this.protocol('POST', target, fields, terms)];
    const headers = { 'content-type': 'application/x-www-form-urlencoded', ...terms.headers };
    return this.#send(target, { method: 'POST', headers, body: formatPairs(body) });
  }

  /** Sends without any proof; `fields` are the form of a POST, the query of a GET. */
  async bare(
    method: 'GET' | 'POST',
    path: string,
    fields: Fields,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const text = formatPairs(fields);
    if (method === 'GET') return this.#send(`${path}?${text}`, { headers });
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    return this.#send(path, { method, headers: { ...type, ...headers }, body: text });
  }

  /** POSTs JSON, its hash among the protocol parameters unless `hash` says otherwise. */
  async postJson(
    target: string,
    body: string,
    hash: string | undefined = bodyHash(body, 'HMAC-SHA1'),
  ): Promise<Answer> {
    const more: Fields = hash === '' ? [] : [['oauth_body_hash', hash]];
    const headers = { 'content-type': 'application/json', authorization: this.header('POST', target, [], { more }) };
    return this.#send(target, { method: 'POST', headers, body });
  }

  /** The target of a GET with the signature in its query. */
  target(path: string, query: Fields, terms: Terms = {}): string {
    const signed = `${path}?${formatPairs(query)}`;
    const protocol = this.protocol('GET', signed, [], terms);
    return `${path}?${formatPairs([...(terms.altered?.(query) ?? query), ...protocol])}`;
  }

  /** GETs a callback with the signature in its query. */
  async get(path: string, query: Fields, terms: Terms = {}): Promise<Answer> {
    const headers = { accept: 'text/plain', ...terms.headers };
    return this.#send(this.target(path, query, terms), { headers });
  }

  /** Sends, and holds the answer against the API document. */
  async #send(target: string, sent: Sent): Promise<Answer> {
    const answer = await send(`${this.#station.url}${target}`, sent);
    contract.check({ ...answer, method: sent.method ?? 'GET', target });
    return answer;
  }
}

/**
 * The method whose secret signs a request. For a made-up name of a method it is HMAC-SHA1, so that only the name is
 * wrong.
 */
function strengthOf(name: string): SecretMethod {
  return name === 'HMAC-SHA256' || name === 'PLAINTEXT' ? name : 'HMAC-SHA1';
}

/** Fields with some replaced, left out (undefined) or added at the end. */
export function withFields(fields: Fields, changes: Readonly<Record<string, string | undefined>>): Fields {
  const kept = fields.flatMap(([name, value]): [string, string][] => {
    const now = name in changes ? changes[name] : value;
    return now === undefined ? [] : [[name, now]];
  });
  const added = Object.entries(changes).filter(([name]) => !fields.some(([known]) => known === name));
  return [
    ...kept,
    ...added.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]])),
  ];
}

/** The fields of a form body. */
export const fieldsOf = (body: string): Readonly<Record<string, string>> => Object.fromEntries(parsePairs(body));
