import { basic, DavProgram } from '../../doors/dav/dav-story.js';
import type { Actor } from '../support/story.js';
import type { Entry } from '../support/storage-client.js';

/** What came of an act: done, or refused for one of these reasons, whatever the door calls it. */
export type Outcome = 'done' | 'missing' | 'forbidden' | 'refused';

/** What came of reading: the bytes, or why there are none. */
export type ReadOutcome = Buffer | Exclude<Outcome, 'done'>;

/**
 * A person's files as one door shows them, by names from their root. Where a door wants ids, it looks the names up as its
 * clients do: by listing.
 */
export interface FilesDoor {
  readonly name: string;
  /** The names in a folder, those of folders with a slash at the end, sorted. */
  list(path: string): Promise<readonly string[]>;
  /** The whole content, or the bytes from `first` to `last`, both included. */
  read(path: string, range?: readonly [first: number, last: number]): Promise<ReadOutcome>;
  /** Makes a file, or gives it new content. */
  write(path: string, content: Buffer): Promise<Outcome>;
  makeFolder(path: string): Promise<Outcome>;
  rename(path: string, name: string): Promise<Outcome>;
  /** Moves it into another folder under its own name. */
  move(path: string, to: string): Promise<Outcome>;
  remove(path: string): Promise<Outcome>;
}

/** Opens every door for somebody. */
export async function openDoors(actor: Actor): Promise<readonly FilesDoor[]> {
  const { password } = await actor.at.services.apps.appPasswords.add(actor.accountId, 'everywhere');
  await actor.browser.signIn(actor.at.url);
  return [storageDoor(actor), davDoor(new DavProgram(actor.at.url, basic(actor.email, password))), pagesDoor(actor)];
}

/** The folder of a path, and its last name. */
function split(path: string): { readonly folder: string; readonly name: string } {
  const names = path.split('/');
  return { name: names.pop() ?? '', folder: names.join('/') };
}

/** What a status says of an act. */
function outcomeOf(status: number): Outcome {
  if (status < 400) return 'done';
  if (status === 404) return 'missing';
  return status === 403 ? 'forbidden' : 'refused';
}

function readOutcome(status: number, bytes: Buffer): ReadOutcome {
  const outcome = outcomeOf(status);
  return outcome === 'done' ? bytes : outcome;
}

const rangeHeader = (range: readonly [number, number] | undefined): Record<string, string> =>
  range === undefined ? {} : { range: `bytes=${range.join('-')}` };

/** Apps: StackSync API v2. */
function storageDoor({ app }: Actor): FilesDoor {
  const find = async (path: string): Promise<Entry | undefined> => {
    if (path === '') return { id: 0, is_folder: true } as Entry;
    const { folder, name } = split(path);
    const parent = await find(folder);
    return parent === undefined ? undefined : (await app.children(parent.id)).get(name);
  };
  const change = async (path: string, body: (entry: Entry) => Promise<object>): Promise<Outcome> => {
    const entry = await find(path);
    if (entry === undefined) return 'missing';
    return outcomeOf((await app.json(at(entry), 'PUT', await body(entry))).status);
  };
  const at = ({ id, is_folder: isFolder }: Entry): string => `${isFolder ? 'folder' : 'file'}/${String(id)}`;
  return {
    name: 'the storage API',
    list: async (path) =>
      [...(await app.children((await find(path))?.id)).values()]
        .map(({ filename, is_folder: isFolder }) => filename + (isFolder ? '/' : ''))
        .sort(),
    read: async (path, range) => {
      const entry = await find(path);
      if (entry === undefined) return 'missing';
      const { status, bytes } = await app.call(`${at(entry)}/data`, { headers: rangeHeader(range) });
      return readOutcome(status, bytes);
    },
    write: async (path, body) => {
      const entry = await find(path);
      if (entry !== undefined) return outcomeOf((await app.replace(entry.id, body)).status);
      const { folder, name } = split(path);
      const parent = await find(folder);
      const query = new URLSearchParams({ name, parent: String(parent?.id) });
      const headers = { 'content-type': 'application/octet-stream' };
      return outcomeOf((await app.call(`file?${query.toString()}`, { method: 'POST', headers, body })).status);
    },
    makeFolder: async (path) => {
      const { folder, name } = split(path);
      return outcomeOf((await app.json('folder', 'POST', { name, parent: (await find(folder))?.id })).status);
    },
    rename: (path, name) => change(path, () => Promise.resolve({ name })),
    move: (path, to) => change(path, async () => ({ parent: (await find(to))?.id })),
    remove: async (path) => {
      const entry = await find(path);
      return entry === undefined ? 'missing' : outcomeOf((await app.call(at(entry), { method: 'DELETE' })).status);
    },
  };
}

/** File managers and sync tools: WebDAV. */
function davDoor(dav: DavProgram): FilesDoor {
  const at = (path: string): string => ['/dav', ...path.split('/').map(encodeURIComponent)].join('/');
  const act = async (method: string, path: string, headers: Record<string, string> = {}): Promise<Outcome> =>
    outcomeOf((await dav.call(method, at(path), { headers })).status);
  const moved = (path: string, to: string): Promise<Outcome> =>
    act('MOVE', path, { destination: at(to), overwrite: 'F' });
  return {
    name: 'WebDAV',
    list: async (path) => {
      const own = at(path);
      const hrefs = [...(await dav.find(own, '1')).keys()].filter((href) => href.replace(/\/$/, '') !== own);
      return hrefs.map((href) => decodeURIComponent(href.slice(own.length + 1))).sort();
    },
    read: async (path, range) => {
      const { status, body } = await dav.call('GET', at(path), { headers: rangeHeader(range) });
      return readOutcome(status, body);
    },
    write: async (path, content) => outcomeOf((await dav.put(at(path), content)).status),
    makeFolder: (path) => act('MKCOL', path),
    rename: (path, name) => moved(path, [split(path).folder, name].join('/')),
    move: (path, to) => moved(path, `${to}/${split(path).name}`),
    remove: (path) => act('DELETE', path),
  };
}

/** People: the pages. A refusal is a page; what cannot be found is on no page. */
function pagesDoor({ browser: { files } }: Actor): FilesDoor {
  const there = async (path: string, act: () => Promise<{ readonly status: number }>): Promise<Outcome> =>
    (await files.find(path)) === undefined ? 'missing' : outcomeOf((await act()).status);
  return {
    name: 'the pages',
    list: async (path) => (await files.list(path)).map(({ name, isFolder }) => name + (isFolder ? '/' : '')).sort(),
    read: async (path, range) => {
      if ((await files.find(path)) === undefined) return 'missing';
      const { status, content } = await files.read(path, range && { range: rangeHeader(range)['range'] ?? '' });
      return readOutcome(status, content);
    },
    write: async (path, content) => outcomeOf((await files.write(path, content)).status),
    makeFolder: async (path) => outcomeOf((await files.makeFolder(path)).status),
    rename: (path, name) => there(path, () => files.rename(path, name)),
    move: (path, to) => there(path, () => files.move(path, to)),
    remove: (path) => there(path, () => files.remove(path)),
  };
}
