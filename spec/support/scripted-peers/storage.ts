import { randomBytes } from 'node:crypto';
import { isSignedBy, tokenOf, type Pair } from './oauth.js';
import { plain, valueOf, type Call, type Reply, type ScriptedServer } from './server.js';

/** How a storage answers: as the API's text says, or as the first server of it did (stacksync-api-v2.md, DOC and SRV). */
export type Manner = 'documented' | 'deployed';

interface Item {
  readonly id: number;
  readonly parent: number | undefined;
  readonly name: string;
  /** The newest last; none for a folder. */
  readonly versions: Buffer[];
}

interface Grant {
  readonly secret: string;
  readonly roots: Set<number>;
  readonly mayWrite: boolean;
}

/** Options of a {@link VendorStorage}. */
export interface StorageOptions {
  /** Such as `/v1/`. */
  readonly base: string;
  readonly manner: Manner;
  /** Milliseconds. */
  readonly now: () => number;
}

/** A small StackSync storage, version 2, of another make: OAuth is checked, a token opens the items that it was made for. */
export class VendorStorage {
  /** Who may sign: the pair that was issued to the other cloud. */
  consumer: Pair | undefined;
  readonly #options: StorageOptions;
  readonly #items = new Map<number, Item>();
  readonly #grants = new Map<string, Grant>();

  constructor(server: ScriptedServer, options: StorageOptions) {
    this.#options = options;
    const { base } = options;
    const on = (method: string, path: string, answer: (item: Item, call: Call, grant: Grant) => Reply): void => {
      server.on(method, `${base}${path}`, (call) => this.#guarded(call, answer));
    };
    on('GET', 'folder/(\\d+)', (item) => (isFile(item) ? missing() : this.#one(item)));
    on('GET', 'file/(\\d+)', (item) => (isFile(item) ? this.#one(item) : missing()));
    on('GET', 'folder/(\\d+)/contents', (item) => this.#json(200, this.#listing(item)));
    on('GET', 'folder/(\\d+)/members', () => this.#json(200, []));
    on('GET', 'file/(\\d+)/data', (item) => contentOf(item, item.versions.length));
    on('GET', 'file/(\\d+)/versions?/(\\d+)/data', (item, { parts }) => contentOf(item, Number(parts[1])));
    on('GET', 'file/(\\d+)/versions', (item) => this.#json(200, this.#history(item)));
    on('PUT', 'file/(\\d+)/data', (item, call, grant) => this.#upload(item, call, grant));
    server.on('POST', `${base}file`, (call) => this.#create(call));
  }

  /** Makes a folder of somebody who lives here. */
  folder(name: string, parent?: number): number {
    return this.#add(name, parent, []).id;
  }

  /** Makes a file of somebody who lives here. */
  file(name: string, content: string, parent?: number): number {
    return this.#add(name, parent, [Buffer.from(content)]).id;
  }

  /** What the people who live here see in a file. */
  read(id: number): string {
    return this.#items.get(id)?.versions.at(-1)?.toString() ?? '';
  }

  /** The names in a folder, as the people who live here see them. */
  names(folder: number): string[] {
    return this.#childrenOf(folder).map(({ name }) => name);
  }

  /** `file` or `folder`. */
  kindOf(id: number): 'file' | 'folder' {
    const item = this.#items.get(id);
    return item !== undefined && isFile(item) ? 'file' : 'folder';
  }

  /** A token for one item; `mayWrite` is what this storage enforces, whatever anybody said. */
  grant(root: number, mayWrite: boolean, token: Pair = wordPair()): Pair {
    this.#grants.set(token.key, { secret: token.secret, roots: new Set([root]), mayWrite });
    return token;
  }

  /** One more item for a token that exists. */
  widen(token: string, root: number): void {
    this.#grants.get(token)?.roots.add(root);
  }

  /** How many items a token opens; 0 when it is dead. */
  reach(token: string): number {
    return this.#grants.get(token)?.roots.size ?? 0;
  }

  /** Kills a token, and with it everything that it opened. */
  revoke(token: string): void {
    this.#grants.delete(token);
  }

  #add(name: string, parent: number | undefined, versions: Buffer[]): Item {
    const item = { id: 1970 + this.#items.size, parent, name, versions };
    this.#items.set(item.id, item);
    return item;
  }

  #guarded(call: Call, answer: (item: Item, call: Call, grant: Grant) => Reply): Reply {
    const grant = this.#grantOf(call);
    if (grant === undefined) return plain(401, 'Could not authorize request');
    const item = this.#items.get(Number(call.parts[0]));
    if (item === undefined || !this.#isInside(item, grant.roots)) return missing();
    return answer(item, call, grant);
  }

  #grantOf(call: Call): Grant | undefined {
    const { consumer } = this;
    const key = tokenOf(call) ?? '';
    const grant = this.#grants.get(key);
    if (consumer === undefined || grant === undefined || !/^v2$/i.test(String(call.headers['stacksync-api']))) return;
    return isSignedBy(call, { consumer, token: { key, secret: grant.secret } }) ? grant : undefined;
  }

  #isInside({ id, parent }: Item, roots: ReadonlySet<number>): boolean {
    if (roots.has(id)) return true;
    const above = parent === undefined ? undefined : this.#items.get(parent);
    return above !== undefined && this.#isInside(above, roots);
  }

  #upload(item: Item, { body }: Call, { mayWrite }: Grant): Reply {
    if (!mayWrite) return plain(403, 'You have no permission to write here.');
    item.versions.push(body);
    if (this.#options.manner === 'deployed') return { status: 201, headers: HTML };
    return this.#json(200, this.#metadata(item));
  }

  #create(call: Call): Reply {
    const parent = valueOf(call.query, 'parent') ?? '';
    return this.#guarded({ ...call, parts: [parent] }, (folder, _, { mayWrite }) => {
      const name = valueOf(call.query, 'name') ?? '';
      if (!mayWrite) return plain(403, 'You have no permission to write here.');
      if (name === '') return plain(400, 'Invalid file name.');
      return this.#json(201, this.#metadata(this.#add(name, folder.id, [call.body])));
    });
  }

  #one(item: Item): Reply {
    return this.#json(200, { ...this.#metadata(item), contents: [] });
  }

  #listing(item: Item): object {
    return { ...this.#metadata(item), contents: this.#childrenOf(item.id).map((child) => this.#metadata(child)) };
  }

  #history(item: Item): object {
    const versions = item.versions.map((content, index) => ({
      ...this.#metadata(item),
      version: index + 1,
      size: content.length,
      checksum: adler32(content),
    }));
    return { ...this.#metadata(item), versions: versions.reverse() };
  }

  #childrenOf(folder: number): Item[] {
    return [...this.#items.values()].filter(({ parent }) => parent === folder);
  }

  #metadata({ id, parent, name, versions }: Item): object {
    const content = versions.at(-1);
    return {
      id,
      parent_id: parent ?? null,
      filename: name,
      is_folder: content === undefined,
      status: versions.length > 1 ? 'CHANGED' : 'NEW',
      version: Math.max(1, versions.length),
      size: content?.length ?? 0,
      checksum: content === undefined ? 0 : adler32(content),
      mimetype: content === undefined ? 'inode/directory' : 'text/plain',
      modified_at: `${new Date(this.#options.now()).toISOString().slice(0, 19).replace('T', ' ')}.0`,
      ...(content === undefined ? { is_root: false } : { chunks: [] }),
    };
  }

  #json(status: number, value: object): Reply {
    const isDeployed = this.#options.manner === 'deployed';
    const type = isDeployed ? HTML : { 'content-type': 'application/json; charset=UTF-8' };
    return { status, headers: type, body: JSON.stringify(value) };
  }
}

const HTML = { 'content-type': 'text/html; charset=UTF-8' };

const isFile = ({ versions }: Item): boolean => versions.length > 0;

const missing = (): Reply => plain(404, 'Not found.');

function contentOf({ versions }: Item, version: number): Reply {
  const content = versions[version - 1];
  if (content === undefined) return missing();
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: content };
}

function wordPair(): Pair {
  return { key: randomBytes(16).toString('hex'), secret: randomBytes(16).toString('hex') };
}

function adler32(content: Buffer): number {
  let [low, high] = [1, 0];
  for (const byte of content) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }
  return high * 65_536 + low;
}
