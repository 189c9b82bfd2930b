import { withoutTrailing } from '../../kernel/index.js';
import { isSameServer, ocmUrl } from './ocm-terms.js';
import type { Peer } from './peer.js';
import { covers, webOriginOf } from './web-origins.js';

/** Where a cloud was and where it is now: both bases end in a slash. */
export interface Relocation {
  readonly from: string;
  readonly to: string;
  /** The base of its storage API at its new place, with a trailing slash. */
  readonly storageBase: string;
}

/** The move from one share endpoint to another. The equal ends of their paths are not part of the bases. */
export function relocationOf(before: string, after: string, storageBase: string): Relocation {
  const [old, now] = [segmentsOf(before), segmentsOf(after)];
  while (old.length > 0 && old.at(-1) === now.at(-1)) {
    old.pop();
    now.pop();
  }
  return { from: baseOf(before, old), to: baseOf(after, now), storageBase: `${withoutTrailing(storageBase, '/')}/` };
}

/** A peer before and after its addresses were changed, in one transaction. */
export interface PeerMove {
  readonly before: Peer;
  readonly after: Peer;
  /** Where its CloudSpaces addresses went; undefined when they stayed. */
  readonly relocation?: Relocation;
}

/** The move of its server of Open Cloud Mesh; undefined when that stayed, or is gone. */
export function meshRelocation({ before, after }: Pick<PeerMove, 'before' | 'after'>): Relocation | undefined {
  if (before.ocm === undefined || after.ocm === undefined || isSameServer(before.ocm, after.ocm)) return undefined;
  const url = ocmUrl(after.ocm);
  return relocationOf(ocmUrl(before.ocm), url, url);
}

/** An address below the old base, changed to the new one; any other stays as it is. */
export function relocated(address: string, { from, to }: Pick<Relocation, 'from' | 'to'>): string {
  const url = new URL(address);
  if (!covers(from.replace(/\/$/, ''), url)) return address;
  return to + url.pathname.slice(new URL(from).pathname.length) + url.search;
}

function segmentsOf(address: string): string[] {
  return new URL(address).pathname.split('/').filter((segment) => segment !== '');
}

function baseOf(address: string, segments: readonly string[]): string {
  return `${webOriginOf(new URL(address))}/${segments.map((segment) => `${segment}/`).join('')}`;
}
