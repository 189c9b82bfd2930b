import {
  checkChange,
  refusal,
  type ChangeOptions,
  type ChangeReason,
  type MountFacts,
  type Node,
  type NodeKey,
} from '../../../files/index.js';
import { Failure, invalid, notFound } from '../../../kernel/index.js';
import type { Refusal } from '../../peer-call/foreign-answers.js';
import type { Locking } from './locking.js';
import type { Found, Looking } from './looking.js';
import { nodeOf, sightOf } from './nodes.js';
import { keyIn, namesOf, ROOT, type ServerRoot } from './wire/paths.js';
import { junk } from './wire/propfind.js';
import type { DavTransport } from './wire/transport.js';

/** What arranging needs. */
export interface ArrangingInputs {
  readonly root: ServerRoot;
  readonly transport: DavTransport;
  readonly looking: Looking;
  readonly locking: Locking;
  readonly facts: MountFacts;
}

interface Place {
  readonly parentKey: NodeKey;
  readonly key: NodeKey;
}

/** Statuses that do not tell the reason: it is found by looking what is there now. */
const UNCLEAR: readonly number[] = [400, 403, 404, 405, 409, 412, 500];

/** Makes folders, and moves, copies and deletes what is on a server. */
export class Arranging {
  readonly #in: ArrangingInputs;

  constructor(inputs: ArrangingInputs) {
    this.#in = inputs;
  }

  async makeFolder(parentKey: NodeKey, name: string, { conditions, signal }: ChangeOptions): Promise<Node> {
    const { root, transport, looking, facts } = this.#in;
    const { key } = placeIn(parentKey, name);
    // Some servers answer 201 for a folder that exists already.
    const before = await looking.find(key, signal);
    checkChange(conditions, before?.node);
    if (before !== undefined) throw refusal('folder-exists');
    const answer = await transport.change({ method: 'MKCOL', url: root.urlOf(key, 'folder'), signal });
    if (answer.status !== 201) throw await this.#notMade({ parentKey, key }, answer);
    const resource = await looking.resource(key);
    if (resource?.kind !== 'folder') throw junk('no sign of the folder that was just made');
    const fact = { version: 1, status: 'NEW', checksum: 0, contentAt: undefined } as const;
    return nodeOf(resource, await facts.keep(sightOf(resource), fact));
  }

  async move(key: NodeKey, to: { parentKey?: NodeKey; name?: string }, options: ChangeOptions): Promise<Node> {
    refuseTop(key);
    if (to.parentKey === undefined && to.name === undefined) throw invalid('Neither a name nor a parent was given.');
    const { found, place } = await this.#departure(key, to, options);
    if (place.key === key) return this.#renamed(found, options);
    await this.#send('MOVE', found, place, options);
    await this.#in.facts.moved(key, place.key);
    return this.#kept(found, await this.#arrived(place.key), options);
  }

  /** Kept here for as long as the content is the same: few servers let somebody else say it (webdav.md 1.6). */
  async redate(key: NodeKey, contentAt: number, options: ChangeOptions): Promise<Node> {
    const { resource, node } = await this.#changeable(key, options);
    if (node.kind === 'folder') throw notFound();
    const fact = { version: node.version + 1, status: 'CHANGED', checksum: node.checksum, contentAt } as const;
    return nodeOf(resource, await this.#in.facts.keep(sightOf(resource), fact));
  }

  /** A content that we have moved is the same one, whatever tag and time its server gives it there. */
  async #kept(
    before: Found,
    { resource, node }: Found,
    { contentAt = before.node.contentAt }: ChangeOptions,
  ): Promise<Node> {
    if (node.kind === 'folder' || node.size !== before.node.size) return node;
    const { version, checksum } = before.node;
    const fact = { version: version + 1, status: 'RENAMED', checksum, contentAt } as const;
    return nodeOf(resource, await this.#in.facts.keep(sightOf(resource), fact));
  }

  async copy(key: NodeKey, to: { parentKey: NodeKey; name?: string }, options: ChangeOptions): Promise<Node> {
    if (key === ROOT) throw notFound();
    const { found, place } = await this.#departure(key, to, options);
    if (place.key === key) throw refusal('name-taken');
    await this.#send('COPY', found, place, options);
    const { resource } = await this.#arrived(place.key);
    const { checksum, contentAt } = found.node;
    const fact = { version: 1, status: 'NEW', checksum, contentAt: options.contentAt ?? contentAt } as const;
    return nodeOf(resource, await this.#in.facts.keep(sightOf(resource), fact));
  }

  async remove(key: NodeKey, options: ChangeOptions): Promise<Node> {
    refuseTop(key);
    const { root, locking, facts } = this.#in;
    const { node, resource } = await this.#changeable(key, options);
    const { signal } = options;
    const url = root.urlOf(key, node.kind);
    const request = { method: 'DELETE', url, headers: bound(resource, options), signal } as const;
    const answer = await locking.leave(key, node.kind, request);
    const isGone = [200, 202, 204, 404].includes(answer.status);
    if (!isGone) throw await this.#undone(answer, 'it was deleted in part only');
    await facts.forget(key);
    return { ...node, status: 'DELETED', version: node.version + 1 };
  }

  async #departure(
    key: NodeKey,
    to: { readonly parentKey?: NodeKey | undefined; readonly name?: string | undefined },
    options: ChangeOptions,
  ): Promise<{ readonly found: Found; readonly place: Place }> {
    const found = await this.#changeable(key, options);
    const { parentKey = found.node.parentKey ?? ROOT, name = found.node.name } = to;
    const place = placeIn(parentKey, name);
    if (parentKey === key || parentKey.startsWith(`${key}/`)) throw refusal('into-itself');
    if (parentKey !== found.node.parentKey) await this.#requireFolder(parentKey, options);
    return { found, place };
  }

  /** Throws unless the target's folder exists: some servers would make missing folders themselves. */
  async #requireFolder(key: NodeKey, { signal }: ChangeOptions): Promise<void> {
    const parent = await this.#in.looking.find(key, signal);
    if (parent === undefined) throw refusal('parent-missing');
    if (parent.node.kind === 'file') throw refusal('parent-wrong');
  }

  async #changeable(key: NodeKey, { conditions, signal }: ChangeOptions): Promise<Found> {
    const found = await this.#in.looking.get(key, signal);
    checkChange(conditions, found.node);
    return found;
  }

  async #send(method: 'MOVE' | 'COPY', found: Found, place: Place, options: ChangeOptions): Promise<void> {
    const { root, transport, locking } = this.#in;
    const { key, kind } = found.node;
    const destination = root.urlOf(place.key, kind);
    const request = (to: URL) => ({
      method,
      url: root.urlOf(key, kind),
      signal: options.signal,
      headers: { destination: to.href, overwrite: 'F', ...bound(found.resource, options) },
    });
    const send = (to: URL): Promise<Refusal> =>
      method === 'MOVE' ? locking.leave(key, kind, request(to)) : transport.change(request(to));
    const first = await send(destination);
    const isOfScheme = first.status === 502 && destination.protocol === 'https:';
    const answer = isOfScheme ? await send(asHttp(destination)) : first;
    if (answer.status !== 201 && answer.status !== 204) throw await this.#notMoved(place, answer);
  }

  async #arrived(key: NodeKey): Promise<Found> {
    const found = await this.#in.looking.find(key);
    if (found === undefined) throw junk('no sign of what was just moved');
    return found;
  }

  /** A rename to the same name: nothing is asked, and the item gets a new version as with every rename. */
  async #renamed({ resource, node }: Found, options: ChangeOptions): Promise<Node> {
    const { version, checksum, contentAt, modifiedAt } = node;
    const said = node.kind === 'file' ? options.contentAt : undefined;
    const kept = said ?? (contentAt === modifiedAt ? undefined : contentAt);
    const fact = { version: version + 1, status: 'RENAMED', checksum, contentAt: kept } as const;
    return nodeOf(resource, await this.#in.facts.keep(sightOf(resource), fact));
  }

  async #notMade(place: Place, answer: Refusal): Promise<Failure> {
    if (!UNCLEAR.includes(answer.status)) return this.#undone(answer, 'the folder was made in part only');
    if ((await this.#in.looking.find(place.key)) !== undefined) return refusal('folder-exists');
    return this.#ofParent(place, answer, 'parent-is-file');
  }

  async #notMoved(place: Place, answer: Refusal): Promise<Failure> {
    if (!UNCLEAR.includes(answer.status)) return this.#undone(answer, 'it was moved in part only');
    if ((await this.#in.looking.find(place.key)) !== undefined) return refusal('name-taken');
    return this.#ofParent(place, answer, 'parent-wrong');
  }

  async #ofParent({ parentKey }: Place, answer: Refusal, ofFile: ChangeReason): Promise<Failure> {
    const parent = await this.#in.looking.find(parentKey);
    if (parent === undefined) return refusal('parent-missing');
    return parent.node.kind === 'file' ? refusal(ofFile) : this.#in.transport.failure(answer, 'write');
  }

  /** The failure of a change. A 207 means that only a part was done (RFC 4918 9.6.1); a listing will show which. */
  async #undone(answer: Refusal, what: string): Promise<Failure> {
    return answer.status === 207 ? junk(`a 207: ${what}`) : this.#in.transport.failure(answer, 'write');
  }
}

function placeIn(parentKey: NodeKey, name: string): Place {
  if (namesOf(parentKey) === undefined) throw refusal('parent-missing');
  const key = keyIn(parentKey, name);
  if (namesOf(key) === undefined) throw invalid('Folders cannot be nested so deep.');
  return { parentKey, key };
}

/** Throws `forbidden` for the shared item itself: only its owner renames, moves or deletes it (threat model PTH-06). */
function refuseTop(key: NodeKey): void {
  if (key === ROOT) throw new Failure('forbidden', 'What is shared itself cannot be deleted, renamed or moved here.');
}

/** Binds a conditional change to the server's own tag of the item, the only one that it understands. */
function bound({ tag, isStrong }: Found['resource'], { conditions }: ChangeOptions): Record<string, string> {
  return conditions !== undefined && isStrong ? { 'if-match': tag } : {};
}

/** Some servers behind a proxy compare `Destination` with the scheme that they see themselves (haiwen/seafile#2336). */
function asHttp(url: URL): URL {
  return new URL(url.href.replace(/^https:/, 'http:'));
}
