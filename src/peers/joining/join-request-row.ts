import { cloudAt, documentUrl } from './discovery.js';
import type { DiscoveredPeer } from '../peer/peer-draft.js';
import { bareAddress } from '../peer-lists.js';

/** A row of `join_requests`. */
export interface RequestRow {
  readonly id: string;
  readonly join_id: string;
  readonly discovery: string;
  readonly origin: string;
  readonly name: string;
  readonly document: string | null;
  readonly read_at: number | null;
  readonly issued_key: string | null;
  readonly issued_secret: string | null;
  readonly created_at: number;
}

/** A cloud that asks to join, as administrators see it; several requests of one cloud are one. */
export interface JoinRequest {
  readonly id: string;
  /** Its name: from its own document, or only as the request claims while that could not be read. */
  readonly name: string;
  /** Where it is, with the path if it has one. */
  readonly origin: string;
  /** `read`: its own document was read; `waiting`: not yet; `unreadable`: it could not be read. */
  readonly state: 'read' | 'waiting' | 'unreadable';
  /** The peer that it is already: approving gives both sides new keys. */
  readonly knownAs: string | undefined;
  /** Milliseconds. */
  readonly askedAt: number;
}

/** Accepts only a well-known address, so that a request cannot make us fetch anything else. */
export function discoveryOf(text: string): URL | undefined {
  try {
    const url = documentUrl(text);
    return url.href === new URL(text).href ? url : undefined;
  } catch {
    return undefined;
  }
}

/** A request as administrators see it; `peers`: names by {@link bareAddress}. */
export function requestOf(row: RequestRow, peers: ReadonlyMap<string, string>): JoinRequest {
  const { id, created_at: askedAt } = row;
  const found = readableIn(row);
  const state = found !== undefined ? 'read' : row.read_at === null ? 'waiting' : 'unreadable';
  const knownAs = found === undefined ? undefined : peers.get(bareAddress(found.shareUrl));
  return { id, name: found?.name ?? row.name, origin: cloudAt(row.discovery), state, knownAs, askedAt };
}

/** What the cloud's own document said; undefined before it was read, and when it can no longer be read. */
export function readableIn(row: RequestRow): DiscoveredPeer | undefined {
  try {
    return row.document === null ? undefined : foundIn(row);
  } catch {
    return undefined;
  }
}

/** What the cloud's own document said. */
export function foundIn({ document }: RequestRow): DiscoveredPeer {
  return JSON.parse(document ?? '') as DiscoveredPeer;
}

/** The sealing context of the secret of its pair. */
export function contextOf(id: string): string {
  return `join_requests.issued_secret:${id}`;
}
