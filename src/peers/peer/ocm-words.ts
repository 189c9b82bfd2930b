import type { OcmTerms } from './ocm-terms.js';
import type { Peer } from './peer.js';

/** What says which protocols are spoken. */
interface Speaking {
  readonly dialect: Peer['dialect'] | undefined;
  readonly ocm: object | undefined;
}

/** What a peer speaks, for people. */
export function spokenWords({ dialect, ocm }: Speaking): string {
  if (dialect === 'ocm') return 'Open Cloud Mesh';
  return ocm === undefined ? 'CloudSpaces' : 'CloudSpaces and Open Cloud Mesh';
}

/** The names of the dialects that a peer speaks, that of its record first, for lists and scripts. */
export function spokenNames({ dialect, ocm }: Pick<Peer, 'dialect' | 'ocm'>): Peer['dialect'][] {
  return [...new Set([dialect, ...(ocm === undefined ? [] : (['ocm'] as const))])];
}

/**
 * What has to be done at another server before it takes anything from us, for its administrator (open-cloud-mesh.md 12, operator
 * notes). Of our two roots it is told the one below which each share has its id, as servers of this family have it themselves
 * (open-cloud-mesh.md 8). `webOrigin`: ours, without a slash at its end.
 */
export function operatorNotes({ found }: Pick<OcmTerms, 'found'>, webOrigin: string): string[] {
  if (!found.keepsList) return [];
  const { host, hostname } = new URL(webOrigin);
  return [
    `If it is oCIS, OpenCloud or CERNBox, its file of providers needs an entry for this cloud: domain ${host}, and two services, OCM at ${webOrigin}/ocm/ and Webdav at ${webOrigin}/dav/ocm/.`,
    `The address from which this cloud calls has to be among those that the DNS names for ${hostname}.`,
    'oCIS and CERNBox take shares only for people who have accepted an invitation first.',
  ];
}
