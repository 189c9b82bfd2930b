import { createHash } from 'node:crypto';
import type { Fact, Node, NodeKey, Sighting } from '../../../files/index.js';
import { lastName, parentOf } from './wire/paths.js';
import type { Said } from './wire/said.js';

/** The mimetype of folders and of empty files, as everywhere in this house (stacksync-api-v2.md 2). */
const FOLDER_TYPE = 'inode/directory';
const EMPTY_TYPE = 'inode/x-empty';
const UNKNOWN_TYPE = 'application/octet-stream';

/** A resource whose place is known, and whose size is. */
export interface DavResource extends Said {
  readonly key: NodeKey;
  /** As it stands in a tree: NFC. */
  readonly name: string;
  readonly size: number;
}

/** The parts of a resource that facts are kept of. */
export function sightOf({ key, kind, fileId, tag, size, changedAt, checksum }: DavResource): Sighting {
  return { key, kind, fileId, tag, size, changedAt, checksum };
}

/** A resource and what is remembered of it, as a node. */
export function nodeOf(resource: DavResource, fact: Fact): Node {
  const { key, name, kind, size } = resource;
  const { version, status, changedAt: modifiedAt } = fact;
  const place = { key, parentKey: parentOf(key), name, kind, status, version };
  const times = { modifiedAt, contentAt: fact.contentAt ?? modifiedAt };
  if (kind === 'folder') {
    const folderTag = resource.tag === '' ? undefined : resource.tag;
    const { bytesBelow } = resource;
    return { ...place, ...times, size: 0, checksum: 0, mimetype: FOLDER_TYPE, etag: '', folderTag, bytesBelow };
  }
  const content = {
    size,
    checksum: size === 0 ? 0 : fact.checksum,
    mimetype: typeOf(resource),
    etag: etagOf(resource),
  };
  return { ...place, ...times, ...content };
}

function typeOf({ size, mimetype = UNKNOWN_TYPE }: DavResource): string {
  return size === 0 ? EMPTY_TYPE : mimetype;
}

/**
 * The tag that readers get. The server's tag alone proves too little, so size and time go into ours (webdav.md 2). It
 * is strong if the server's is.
 */
export function etagOf({
  tag,
  isStrong,
  size,
  changedAt,
}: Pick<Said, 'tag' | 'isStrong' | 'size' | 'changedAt'>): string {
  const facts = JSON.stringify([tag, size, changedAt]);
  const text = `"${createHash('sha256').update(facts).digest('base64url').slice(0, 24)}"`;
  return isStrong ? text : `W/${text}`;
}

/** The name of a resource. The shared item itself is called after its address; a mount has a name of its own. */
export function nameOf(key: NodeKey, rootName: string): string {
  return (lastName(key) || rootName || 'Shared').normalize('NFC');
}
