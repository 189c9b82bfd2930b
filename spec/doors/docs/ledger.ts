import { createSigner, formatPairs, type Credentials, type Pair, type Signer } from '../../../src/oauth1/index.js';
import { systemRandom } from '../../../src/platform/index.js';
import { send, type Answer, type Sent } from '../../journeys/support/wire.js';
import type { Station } from '../../support/open-pair.js';
import { api } from './api.js';
import { Contract } from './contract.js';

/** Statuses that no spec of this folder provokes, and where they are proved instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  '408': 'takes half a minute: spec/doors/door.spec.ts',
  '504': 'takes many seconds: spec/federation/storage-apis/stacksync-v2.spec.ts',
};

/** Which documented answers were really given; every one is held against the document as it comes. */
export class Ledger {
  readonly #contract = new Contract(api);
  readonly #seen = new Set<string>();

  /** Throws when the answer is not as documented. */
  note(method: string, target: string, answer: Answer): void {
    const seen = this.#contract.check({ ...answer, method, target });
    if (seen !== undefined) this.#seen.add(`${seen.operationId} ${String(seen.status)}`);
  }

  /** Documented answers of these chapters that nobody has seen, but for `except`, as `operation status`. */
  missing(chapters: readonly string[], except: readonly string[] = []): readonly string[] {
    const calls = Object.values(api.paths).flatMap((item) => Object.values(item));
    const wanted = calls
      .filter(({ tags }) => tags.some((tag) => chapters.includes(tag)))
      .flatMap(({ operationId, responses }) => Object.keys(responses).map((status) => ({ operationId, status })))
      .filter(({ operationId, status }) => !(status in ELSEWHERE) && !except.includes(`${operationId} ${status}`));
    return wanted.map(({ operationId, status }) => `${operationId} ${status}`).filter((each) => !this.#seen.has(each));
  }
}

/** One request, before it is signed. */
export interface Ask {
  readonly method: NonNullable<Sent['method']>;
  /** Path and query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Sent as a form, under the signature. */
  readonly form?: readonly Pair[];
  /** More protocol parameters. */
  readonly protocol?: readonly Pair[];
}

/** Somebody who signs, and writes every answer into a ledger. */
export class Caller {
  readonly #station: Pick<Station, 'url' | 'clock'>;
  readonly #ledger: Ledger;
  readonly #keys: Credentials;
  readonly #signer: Signer;

  constructor(station: Pick<Station, 'url' | 'clock'>, ledger: Ledger, keys: Credentials) {
    this.#station = station;
    this.#ledger = ledger;
    this.#keys = keys;
    this.#signer = createSigner({ clock: station.clock, random: systemRandom, insecure: true });
  }

  /** Somebody else of the same name, who does not know the secrets. */
  stranger(): Caller {
    return new Caller(this.#station, this.#ledger, { ...this.#keys, consumerSecret: 'guessed' });
  }

  /** A signed call. */
  async call({ form, protocol = [], ...ask }: Ask): Promise<Answer> {
    const url = new URL(ask.target, this.#station.url);
    const authorization = this.#signer.header({ method: ask.method, url, form }, this.#keys, { protocol });
    const typed = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    const body = form === undefined ? {} : { body: formatPairs(form) };
    return this.bare({ ...ask, ...body, headers: { authorization, ...typed, ...ask.headers } });
  }

  /** The same without a signature. */
  async bare({ target, ...sent }: Omit<Ask, 'form' | 'protocol'>): Promise<Answer> {
    const answer = await send(this.#station.url + target, sent);
    this.#ledger.note(sent.method, target, answer);
    return answer;
  }
}
