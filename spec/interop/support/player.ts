import { expect } from 'vitest';
import type { Clock } from '../../../src/kernel/index.js';
import { asHeader, asPairs, prove, type Keys, type Proof } from './proofs.js';
import { exchange, type RawAnswer } from './raw-call.js';
import type { Call, Expected, ProofStyle, Recording, Scene } from './recording.js';

/** A value that a recording names: known beforehand, or kept from an answer. */
export type Value = string | number | null;

/** Whom the player is, and where. */
export interface Stage {
  /** `http://localhost:PORT`, as clients know the cloud. */
  readonly origin: string;
  readonly clock: Clock;
  readonly keys: Keys;
  readonly values: Readonly<Record<string, Value>>;
  /** The person says yes on the page for a request token; answers where the browser is sent. */
  readonly allow?: (requestToken: string) => Promise<URL>;
}

/** Known only when all else of a request is. */
const LATER = new Set(['proof', 'proofQuery', 'proofBody', 'length']);

/** Plays the scenes of one recording, one after the other, against a running cloud. */
export class Player {
  readonly #recording: Recording;
  readonly #stage: Stage;
  readonly #values: Map<string, Value>;

  constructor(recording: Recording, stage: Stage) {
    this.#recording = recording;
    this.#stage = stage;
    this.#values = new Map([...Object.entries(stage.values), ['host', new URL(stage.origin).host]]);
  }

  /** Makes every call of a scene and holds each answer to what the recording expects. */
  async play({ calls }: Scene): Promise<void> {
    for (const call of calls) {
      if ('person' in call) {
        await this.#allow();
        continue;
      }
      const answer = await exchange(this.#stage.origin, this.#bytesOf(call));
      const what = this.#filled(call.line);
      this.#check(call.expect, answer, what);
      checkManners(answer, what);
      for (const [name, path] of Object.entries(call.keep ?? {})) this.#values.set(name, valueAt(answer, path));
    }
  }

  /** The callback gets the parameters under both spellings (stacksync-api-v2.md 3.2). */
  async #allow(): Promise<void> {
    const token = String(this.#values.get('requestToken'));
    const target = await this.#stage.allow?.(token);
    const back = target?.searchParams;
    expect(target?.href.startsWith(String(this.#values.get('callback')))).toBe(true);
    expect([back?.get('token'), back?.get('oauth_token')]).toEqual([token, token]);
    expect(back?.get('verifier')).toBe(back?.get('oauth_verifier'));
    this.#values.set('verifier', back?.get('verifier') ?? '');
  }

  #bytesOf(call: Call): Buffer {
    const { headers } = this.#recording;
    const style = call.proof ?? this.#recording.proof;
    const proof = style === 'unsigned' ? [] : this.#prove(style, call);
    const body = this.#bodyOf(call, proof);
    const fill = (text: string): string =>
      this.#filled(text)
        .replace('{{proof}}', asHeader(proof))
        .replace('{{proofQuery}}', asPairs(proof))
        .replace('{{length}}', String(body.length));
    const lines = [call.line, ...(call.allHeaders ?? [...headers, ...(call.headers ?? [])])].map(fill);
    return Buffer.concat([Buffer.from([...lines, '', ''].join('\r\n')), body]);
  }

  #bodyOf({ body: signed = '', bodyHex, sentBody: body = signed }: Call, proof: Proof): Buffer {
    if (bodyHex !== undefined) return Buffer.from(bodyHex, 'hex');
    return Buffer.from(this.#filled(body).replace('{{proofBody}}', asPairs(proof)));
  }

  #prove(style: ProofStyle, call: Call): Proof {
    const [method = '', target = ''] = this.#filled(call.line)
      .replace(/[?&]\{\{proofQuery\}\}/, '')
      .split(' ');
    const isForm = [...(call.headers ?? []), ...(call.allHeaders ?? [])].some((line) =>
      /^content-type: *application\/x-www-form-urlencoded/i.test(line),
    );
    const form = new URLSearchParams(isForm ? this.#filled(call.body ?? '').replace(/&?\{\{proofBody\}\}/, '') : '');
    const { origin, clock } = this.#stage;
    const more = Object.entries(style.more ?? {}).map(([name, value]) => [name, this.#filled(value)]);
    const filled = { ...style, more: Object.fromEntries(more) as Record<string, string> };
    const now = Math.floor(clock.now() / 1_000);
    return prove(filled, this.#keysFor(style), { method, url: new URL(target, origin), form, now });
  }

  #keysFor({ token }: ProofStyle): Keys {
    const { consumerKey, consumerSecret } = this.#stage.keys;
    const kept = (name: string): string => String(this.#values.get(name) ?? '');
    if (token === 'none') return { consumerKey, consumerSecret };
    if (token === 'temporary') {
      return { consumerKey, consumerSecret, token: kept('requestToken'), tokenSecret: kept('requestSecret') };
    }
    if (!this.#values.has('accessToken')) return this.#stage.keys;
    return { consumerKey, consumerSecret, token: kept('accessToken'), tokenSecret: kept('accessSecret') };
  }

  /** Puts in what is known; `{{proof}}` and its like stay for later. */
  #filled(text: string): string {
    return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => {
      const value = this.#values.get(name);
      if (value === undefined && !LATER.has(name)) throw new Error(`an earlier call should have kept ${name}`);
      return value === undefined ? whole : String(value);
    });
  }

  /** The same in a value of JSON, where a text that is nothing but `{{name}}` becomes the value itself. */
  #filledJson(value: unknown): unknown {
    if (typeof value === 'string') {
      const name = /^\{\{(\w+)\}\}$/.exec(value)?.[1];
      return name !== undefined && this.#values.has(name) ? this.#values.get(name) : this.#filled(value);
    }
    if (Array.isArray(value)) return value.map((one) => this.#filledJson(one));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.#filledJson(one)]));
  }

  #check(expected: Expected, { status, headers, body }: RawAnswer, what: string): void {
    const text = body.toString();
    expect([what, status, status === expected.status ? '' : text]).toEqual([what, expected.status, '']);
    for (const [name, value] of Object.entries(expected.headers ?? {})) {
      expect([what, name, headers.get(name)]).toEqual([what, name, this.#filled(value)]);
    }
    if (expected.body !== undefined) expect([what, text]).toEqual([what, this.#filled(expected.body)]);
    if (expected.trimmed !== undefined) expect([what, text.trim()]).toEqual([what, expected.trimmed]);
    if (expected.like !== undefined) expect(text, what).toMatch(new RegExp(this.#filled(expected.like)));
    if (expected.json !== undefined)
      expect(JSON.parse(text), what).toMatchObject(this.#filledJson(expected.json) as object);
    this.#checkEntries(expected, text, what);
  }

  #checkEntries({ lists = [], lacks = [] }: Expected, text: string, what: string): void {
    if (lists.length + lacks.length === 0) return;
    const entries = entriesIn(JSON.parse(text));
    for (const entry of this.#filledJson(lists) as object[]) {
      expect(entries, what).toContainEqual(expect.objectContaining(entry));
    }
    expect(
      entries.map(({ filename }) => filename).filter((name) => lacks.includes(String(name))),
      what,
    ).toEqual([]);
  }
}

type Entry = Readonly<Record<string, unknown>>;

function entriesIn(answer: unknown): readonly Entry[] {
  return Array.isArray(answer) ? (answer as Entry[]) : ((answer as { contents?: Entry[] }).contents ?? []);
}

/** A folder’s entry must have all of this for the web client; it crashes on a time without a fraction. */
const ENTRY_KEYS = ['filename', 'modified_at', 'id', 'is_folder', 'size', 'mimetype', 'parent_id', 'version'];

/** What no client forgives, whatever it asked (stacksync-api-v2.md 1, 2, 7, 10). */
function checkManners({ status, headers, body }: RawAnswer, what: string): void {
  expect([what, status === 204 || status === 304]).toEqual([what, false]);
  if (status >= 300 || !(headers.get('content-type') ?? '').startsWith('application/json')) return;
  expect([what, headers.get('etag')]).toEqual([what, undefined]);
  const answer = JSON.parse(body.toString()) as unknown;
  if (answer === null || typeof answer !== 'object' || Array.isArray(answer)) return;
  expect(answer, what).not.toHaveProperty('error');
  for (const entry of (answer as { contents?: Entry[] }).contents ?? []) {
    expect([what, ENTRY_KEYS.filter((key) => !(key in entry))]).toEqual([what, []]);
    expect(entry['modified_at'], what).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{1,6}$/);
  }
}

/** The value at `id`, `contents[filename=Plans].id` or, in a form-encoded body, `form:oauth_token`. */
function valueAt({ body }: RawAnswer, path: string): Value {
  const text = body.toString();
  const [kind = '', name = ''] = path.split(':');
  if (kind === 'form') return must(new URLSearchParams(text).get(name), path);
  let value: unknown = JSON.parse(text);
  for (const step of path.split('.')) value = valueOf(value, step);
  return must(value as Value, path);
}

function valueOf(value: unknown, step: string): unknown {
  const [, key = '', by, wanted] = /^(\w+)(?:\[(\w+)=(.*)\])?$/.exec(step) ?? [];
  const found = (value as Entry)[key];
  return by === undefined ? found : (found as Entry[]).find((entry) => String(entry[by]) === wanted);
}

function must(value: Value | undefined, path: string): Value {
  if (value === undefined || value === null) throw new Error(`there is nothing to keep at ${path}`);
  return value;
}
