import type { AccountId } from '../../../src/kernel/index.js';
import { createSigner, formatPairs, type Credentials, type Pair, type Signer } from '../../../src/oauth1/index.js';
import { systemRandom } from '../../../src/platform/index.js';
import { openTown, type Station, type Town } from '../../support/open-pair.js';
import { ANA, CLEO } from '../../support/seeds.js';
import { StorageClient } from '../../journeys/support/storage-client.js';
import { send, type Answer, type Sent } from '../../journeys/support/wire.js';
import { contract } from '../docs/api.js';

/** The fields of a body, in order. */
export type Sheet = Readonly<Record<string, string>>;

/** Hexadecimal UTF-8, as forms of desktops carry what people typed. */
export function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

/** A web desktop at work: the sync routes with one token, spoken as eyeOS speaks them. */
export class Desktop {
  /** The same person's files. */
  readonly files: StorageClient;
  readonly #base: string;
  readonly #keys: Credentials;
  readonly #signer: Signer;

  constructor({ url, clock }: Station, keys: Credentials) {
    this.files = new StorageClient(url, keys, clock);
    this.#base = `${url}/v1/`;
    this.#keys = keys;
    this.#signer = createSigner({ clock, random: systemRandom, insecure: true });
  }

  /** The value of an Authorization header; `form`: what of the body is under the signature. */
  sign(method: string, path: string, form?: readonly Pair[]): string {
    return this.#signer.header({ method, url: new URL(path, this.#base), form }, this.#keys);
  }

  /** A signed call without the header of the storage API, whose body is not under the signature. */
  async call(method: NonNullable<Sent['method']>, path: string, sent: Omit<Sent, 'method'> = {}): Promise<Answer> {
    const headers = { authorization: this.sign(method, path), ...sent.headers };
    return this.#send(path, { ...sent, method, headers });
  }

  /** Comments and locks: a form that is labelled JSON and not signed. */
  async mislabelled(method: 'POST' | 'PUT', path: string, sheet: Sheet): Promise<Answer> {
    const body = formatPairs(Object.entries(sheet));
    return this.call(method, path, { headers: { 'content-type': 'application/json' }, body });
  }

  /** Calendars and events: a form under its own label, signed. */
  async form(method: 'POST' | 'PUT', path: string, sheet: Sheet): Promise<Answer> {
    const pairs = Object.entries(sheet);
    const headers = {
      authorization: this.sign(method, path, pairs),
      'content-type': 'application/x-www-form-urlencoded',
    };
    return this.#send(path, { method, headers, body: formatPairs(pairs) });
  }

  /** Sends, and holds the answer against the API document. */
  async #send(path: string, sent: Sent): Promise<Answer> {
    const answer = await send(this.#base + path, sent);
    contract.check({ ...answer, method: sent.method ?? 'GET', target: `/v1/${path}` });
    return answer;
  }

  /** As the manual shows it: true JSON. */
  async json(method: 'POST' | 'PUT', path: string, body: unknown): Promise<Answer> {
    return this.call(method, path, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  }
}

/** A cloud with desktops. */
export interface DeskTown extends Town {
  readonly alder: Station;
  readonly ana: Desktop;
  readonly cleo: Desktop;
  readonly anaId: AccountId;
}

/** Opens a cloud with Ana's desktop and Cleo's. */
export async function openDeskTown(): Promise<DeskTown> {
  const town = await openTown();
  const alder = await town.found('Alder');
  const ana = await town.settleIn(ANA, alder);
  const cleo = await town.settleIn(CLEO, alder);
  return Object.assign(town, {
    alder,
    anaId: ana.accountId,
    ana: await desktopOf(ana.accountId, alder),
    cleo: await desktopOf(cleo.accountId, alder),
  });
}

/** Puts a desktop before somebody. */
export async function desktopOf(accountId: AccountId, at: Station): Promise<Desktop> {
  const { clients, tokens } = at.services.apps;
  if ((await clients.list()).every(({ name }) => name !== 'desktop')) await clients.add('desktop', {});
  return new Desktop(at, await tokens.add(accountId, 'desktop'));
}
