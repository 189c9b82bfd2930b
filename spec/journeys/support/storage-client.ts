import type { Clock } from '../../../src/kernel/index.js';
import { createSigner, type Credentials } from '../../../src/oauth1/index.js';
import { systemClock, systemRandom } from '../../../src/platform/index.js';
import { send, type Answer, type Sent } from './wire.js';

/** A metadata object of the storage API, as far as specs look at it. */
export interface Entry {
  readonly id: number;
  readonly parent_id: number | null;
  readonly filename: string;
  readonly is_folder: boolean;
  readonly status: string;
  readonly version: number;
  readonly size: number;
  readonly contents?: readonly Entry[];
}

/** An app at work: the storage API with one token, signed as apps sign. */
export class StorageClient {
  readonly #base: string;
  readonly #keys: Credentials;
  readonly #signer;

  /** `origin`: `http://localhost:PORT`. */
  constructor(origin: string, keys: Credentials, clock: Clock = systemClock) {
    this.#base = `${origin}/v1/`;
    this.#keys = keys;
    this.#signer = createSigner({ clock, random: systemRandom, insecure: true });
  }

  /** The headers of a signed request, for those that send it themselves. */
  headers(method: string, path: string): Record<string, string> {
    const url = new URL(path, this.#base);
    return { authorization: this.#signer.header({ method, url }, this.#keys), 'stacksync-api': 'v2' };
  }

  /** One signed call; `path` is relative to the API's base. */
  async call(path: string, sent: Sent = {}): Promise<Answer> {
    const { method = 'GET' } = sent;
    const headers = { ...this.headers(method, path), ...sent.headers };
    return send(new URL(path, this.#base).href, { ...sent, method, headers });
  }

  /** A folder's live children, by name; of the root when no id is given. */
  async children(id: number | string = 0): Promise<ReadonlyMap<string, Entry>> {
    const answer = await this.call(`folder/${String(id)}/contents`);
    expectStatus(answer, 200);
    return new Map((answer.json<Entry>().contents ?? []).map((entry) => [entry.filename, entry]));
  }

  /** Makes a folder, at the root unless said otherwise. */
  async makeFolder(name: string, parent?: number | string): Promise<Entry> {
    return this.#made(await this.json('folder', 'POST', { name, ...(parent === undefined ? {} : { parent }) }));
  }

  /** Makes a file. */
  async makeFile(name: string, body: string | Uint8Array, parent?: number | string): Promise<Entry> {
    const query = new URLSearchParams({ name, ...(parent === undefined ? {} : { parent: String(parent) }) });
    const headers = { 'content-type': 'application/octet-stream' };
    return this.#made(await this.call(`file?${query.toString()}`, { method: 'POST', headers, body }));
  }

  /** Gives a file new bytes. */
  async replace(id: number | string, body: string | Uint8Array): Promise<Answer> {
    const headers = { 'content-type': 'application/octet-stream' };
    return this.call(`file/${String(id)}/data`, { method: 'PUT', headers, body });
  }

  /** The bytes of a file. */
  async read(id: number | string): Promise<Buffer> {
    const answer = await this.call(`file/${String(id)}/data`);
    expectStatus(answer, 200);
    return answer.bytes;
  }

  /** Shares a folder with one address in another cloud and answers the name of the agreement. */
  async share(folder: number | string, email: string, options: Readonly<Record<string, string>> = {}): Promise<string> {
    const answer = await this.json(`folder/${String(folder)}/share`, 'POST', { share_to: [email], ...options });
    expectStatus(answer, 201);
    const [proposal] = answer.json<{ proposals?: { share_id: string }[] }>().proposals ?? [];
    if (proposal === undefined) throw new Error(`no proposal for ${email}: ${answer.text}`);
    return proposal.share_id;
  }

  /** A call with a JSON body. */
  async json(path: string, method: 'POST' | 'PUT', body: unknown): Promise<Answer> {
    return this.call(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  }

  #made(answer: Answer): Entry {
    expectStatus(answer, 201);
    return answer.json<Entry>();
  }
}

function expectStatus({ status, text }: Answer, expected: number): void {
  if (status !== expected) throw new Error(`answered ${String(status)} instead of ${String(expected)}: ${text}`);
}
