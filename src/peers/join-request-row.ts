import { cloudAt, documentUrl, type DiscoveredPeer } from './discovery.js';
import { isSameCloud } from './joined-peer.js';
import type { Peer } from './peer.js';

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
  /** What it calls itself: what it was read to say, or only claimed while that could not be read. */
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

/** A well-known address and nothing else: whoever asks must not make us fetch anything else. */
export function discoveryOf(text: string): URL | undefined {
  try {
    const url = documentUrl(text);
    return url.href === new URL(text).href ? url : undefined;
  } catch {
    return undefined;
  }
}

/** A request as administrators see it. */
export function requestOf(row: RequestRow, peers: readonly Peer[]): JoinRequest {
  const { id, created_at: askedAt } = row;
  const found = row.document === null ? undefined : foundIn(row);
  const state = found !== undefined ? 'read' : row.read_at === null ? 'waiting' : 'unreadable';
  const known = found === undefined ? undefined : peers.find((peer) => isSameCloud(peer, found));
  return { id, name: found?.name ?? row.name, origin: cloudAt(row.discovery), state, knownAs: known?.name, askedAt };
}

/** What the cloud was read to say of itself. */
export function foundIn({ document }: RequestRow): DiscoveredPeer {
  return JSON.parse(document ?? '') as DiscoveredPeer;
}

/** Where the secret of its pair is sealed to. */
export function contextOf(id: string): string {
  return `join_requests.issued_secret:${id}`;
}
