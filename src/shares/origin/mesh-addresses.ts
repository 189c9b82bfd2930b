import { ocmUrl, type Peer } from '../../peers/index.js';
import type { OcmWay, PeerAddresses } from '../rules/origin.js';

/** Where a peer takes messages of Open Cloud Mesh; undefined when it does not. */
export function meshAddresses({
  id,
  name,
  blocked,
  ocm,
}: Pick<Peer, 'id' | 'name' | 'blocked' | 'ocm'>): PeerAddresses | undefined {
  if (ocm === undefined) return undefined;
  const url = ocmUrl(ocm);
  return { id, name, blocked, shareUrl: url, credentialsUrl: url };
}

/** How somebody at a server of Open Cloud Mesh is told of a share; `isAlone`: nobody waits for the answer. */
export function meshWay(
  { exchangesTokens }: Pick<NonNullable<Peer['ocm']>, 'exchangesTokens'>,
  recipientAddress: string,
  isAlone: boolean,
): OcmWay {
  return { dialect: 'ocm', recipientAddress, isAlone, demandsToken: exchangesTokens };
}
