import { request } from 'undici';
import { authorization, type Pair } from './oauth.js';
import { formText, type Pairs, type ScriptedServer } from './server.js';
import type { VendorStorage } from './storage.js';

/** What the administrator of a scripted cloud wrote down about the other one. */
export interface Neighbour {
  readonly name: string;
  readonly shareUrl: string;
  readonly credentialsUrl: string;
  readonly unshareUrl: string;
  /** We sign with it. */
  readonly issuedToUs: Pair;
  /** The other one signs with it. */
  readonly issuedByUs: Pair;
}

/** What the administrator of the other cloud has to write down. */
export interface Addresses {
  readonly shareUrl: string;
  readonly credentialsUrl: string;
  /** None: it is not told of ends. */
  readonly unshareUrl?: string;
  readonly storageBase?: string;
}

/** What somebody of a scripted cloud offers to somebody elsewhere. */
export interface Invitation {
  /** In the cloud's storage. */
  readonly item: number;
  readonly name: string;
  readonly recipient: string;
  readonly permission: 'read-only' | 'read-write';
}

/** The words of the protocol for where an agreement stands (cloudspaces-interop.md 8). */
export type Status = 'CREATED' | 'SENT' | 'PENDING' | 'ACCEPTED' | 'DECLINED' | 'ENDED';

/** The origin's record of one agreement. */
export interface Sent extends Invitation {
  /** As this cloud spells it in a proposal. */
  readonly shareId: string;
  status: Status;
  token?: Pair;
}

/** The destination's record of one agreement. */
export interface Received {
  /** As the other cloud spelt it. */
  readonly shareId: string;
  readonly resourceUrl: string;
  readonly folderName: string;
  readonly permission: string;
  readonly recipient: string;
  readonly callback: string;
  status: Status;
  grant?: Partial<Pair>;
}

/** What this cloud's server sent by itself, and the answer. */
export interface Said {
  readonly url: string;
  readonly fields: Pairs;
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
}

/**
 * Another cloud, of another make: code that shares nothing with ours. It plays origin and destination in the manner of
 * one reference, with its faults. People are played by browsers that walk its pages.
 */
export abstract class ScriptedPeer {
  readonly server: ScriptedServer;
  /** Agreements that it offers, by its own name for them. */
  readonly sent = new Map<string, Sent>();
  /** Agreements that it was offered, by its own reading of the name. */
  readonly received = new Map<string, Received>();
  /** What its server sent. */
  readonly said: Said[] = [];
  abstract readonly addresses: Addresses;
  abstract readonly storage: VendorStorage | undefined;
  protected readonly now: () => number;
  #neighbour: Neighbour | undefined;

  /** `now`: milliseconds. */
  protected constructor(server: ScriptedServer, now: () => number) {
    this.server = server;
    this.now = now;
  }

  /** Its administrator writes the other cloud down. */
  befriend(neighbour: Neighbour): void {
    this.#neighbour = neighbour;
    if (this.storage !== undefined) this.storage.consumer = neighbour.issuedByUs;
  }

  /** Somebody here shares an item; answers the link that the recipient is mailed. */
  abstract invite(invitation: Invitation): { readonly link: string; readonly shareId: string };

  /** The owner ends an agreement; answers whether the other cloud is told. */
  abstract end(shareId: string): Promise<boolean>;

  /** The recipient throws a folder away; answers whether the other cloud is told. */
  abstract leave(shareId: string): Promise<boolean>;

  /** Sends the credentials of an agreement (once more), with `token` in place of the right one. */
  abstract deliver(shareId: string, token?: Pair): Promise<Said>;

  /** A record of ours, by our own name for it. */
  mustHaveSent(shareId: string): Sent {
    const found = this.sent.get(shareId);
    if (found === undefined) throw new Error(`no share ${shareId} was offered`);
    return found;
  }

  /** A record of theirs, however its name is spelt. */
  mustHaveReceived(shareId: string): Received {
    const found = this.received.get(shareId);
    if (found === undefined) throw new Error(`no share ${shareId} was received`);
    return found;
  }

  async close(): Promise<void> {
    await this.server.close();
  }

  protected get neighbour(): Neighbour {
    if (this.#neighbour === undefined) throw new Error('the other cloud is not known here');
    return this.#neighbour;
  }

  /** Where a shared item is. */
  protected resourceUrl({ item }: Invitation): string {
    const { storage, addresses } = this;
    return `${addresses.storageBase ?? `${this.server.url}/nowhere/`}${storage?.kindOf(item) ?? 'folder'}/${String(item)}`;
  }

  /** POSTs a form from server to server, signed if told to. Redirects are answers. */
  protected async post(url: string, fields: Pairs, consumer?: Pair): Promise<Said> {
    const signed = { method: 'POST', url: new URL(url), form: fields, time: Math.floor(this.now() / 1000) };
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      ...(consumer === undefined ? {} : { authorization: authorization(signed, { consumer }) }),
    };
    const answer = await request(url, { method: 'POST', headers, body: formText(fields) });
    return this.#note(url, fields, answer.statusCode, answer.headers['location'], await answer.body.text());
  }

  /** GETs an address from server to server. */
  protected async get(url: string, fields: Pairs): Promise<Said> {
    const answer = await request(`${url}?${formText(fields)}`);
    return this.#note(url, fields, answer.statusCode, answer.headers['location'], await answer.body.text());
  }

  #note(url: string, fields: Pairs, status: number, location: string | string[] | undefined, text: string): Said {
    const said = { url, fields, status, location: location?.toString(), text };
    this.said.push(said);
    return said;
  }
}

/** The folder of somebody else, as an app of a scripted cloud uses it: by the grant, over the other cloud's storage API. */
export class BorrowedFolder {
  readonly #base: string;
  readonly #id: string;
  readonly #keys: { readonly consumer: Pair; readonly token: Pair };
  readonly #now: () => number;

  constructor(received: Received, consumer: Pair, now: () => number) {
    const { resourceUrl, grant } = received;
    const match = /^(.*\/)folder\/(\d+)$/.exec(resourceUrl);
    if (match === null || grant?.key === undefined) throw new Error('there is no grant yet');
    [, this.#base = '', this.#id = ''] = match;
    this.#keys = { consumer, token: { key: grant.key, secret: grant.secret ?? '' } };
    this.#now = now;
  }

  /** The status of a listing, and the files in it. */
  async list(): Promise<{ status: number; files: ReadonlyMap<string, number> }> {
    const { status, text } = await this.#call('GET', `folder/${this.#id}/contents`);
    const { contents = [] } = status === 200 ? (JSON.parse(text) as Listing) : {};
    return { status, files: new Map(contents.map(({ filename, id }) => [filename, id])) };
  }

  /** The bytes of a file as text. */
  async read(file: number): Promise<{ status: number; text: string }> {
    return this.#call('GET', `file/${String(file)}/data`);
  }

  /** Makes a file. */
  async write(name: string, content: string): Promise<{ status: number; text: string }> {
    return this.#call(
      'POST',
      `file?${formText([
        ['name', name],
        ['parent', this.#id],
      ])}`,
      content,
    );
  }

  async #call(method: 'GET' | 'POST', path: string, body?: string): Promise<{ status: number; text: string }> {
    const url = new URL(this.#base + path);
    const time = Math.floor(this.#now() / 1000);
    const headers = {
      'StackSync-API': 'v2',
      Authorization: authorization({ method, url, time }, this.#keys),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    };
    const answer = await request(url, { method, headers, ...(body === undefined ? {} : { body }) });
    return { status: answer.statusCode, text: await answer.body.text() };
  }
}

interface Listing {
  readonly contents?: readonly { readonly filename: string; readonly id: number }[];
}
