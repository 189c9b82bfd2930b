import type { ScriptedDav } from '../scripted-peers/webdav/index.js';
import { ZOE } from './people.js';
import type { OcmProfile } from './profile.js';

/** What somebody at a scripted server gives to somebody elsewhere. */
export interface Gift {
  /** The address of the recipient, as Zoe was told it. */
  readonly to: string;
  readonly name: string;
  /** A file of this content; a folder when there is none. */
  readonly content?: string;
  readonly mayWrite?: boolean;
  /** Milliseconds. */
  readonly expiresAt?: number;
}

/** A share that a scripted server gave. */
export interface GivenShare {
  readonly providerId: string;
  readonly secret: string;
  readonly to: string;
  readonly host: string;
  readonly dav: ScriptedDav;
  readonly expiresAt: number | undefined;
  state: 'sent' | 'accepted' | 'declined' | 'unshared' | 'refused';
  /** What the other server answered. */
  answer: Answered | undefined;
  /** The token for which the secret was exchanged, where that is demanded. */
  token: string | undefined;
}

/** An answer that was got. */
export interface Answered {
  readonly status: number;
  readonly text: string;
}

/** The body of `POST /shares` as a server of this make writes it (open-cloud-mesh.md 4, 12). */
export function wording(
  { sending, serves }: OcmProfile,
  address: string,
  share: GivenShare,
  { name, isFolder }: { readonly name: string; readonly isFolder: boolean },
): object {
  const persons = sending.persons.flatMap((word) => [
    [word, address],
    [`${word}DisplayName`, word === 'owner' && sending.shape === 'multi' ? '' : ZOE.name],
  ]);
  const end = share.expiresAt === undefined ? 0 : Math.floor(share.expiresAt / 1_000);
  return {
    shareWith: share.to,
    shareType: 'user',
    name,
    resourceType: isFolder ? sending.folder : 'file',
    description: '',
    providerId: sending.numericIds ? Number(share.providerId) : share.providerId,
    ...(Object.fromEntries(persons) as object),
    ...(sending.expiration && { expiration: end }),
    protocol: opening(sending, share, serves.exchanges),
  };
}

function opening(
  { shape, address, emptyOptions }: OcmProfile['sending'],
  { providerId, secret: sharedSecret, dav }: GivenShare,
  exchanges: boolean,
): object {
  const property = '{http://open-cloud-mesh.org/ns}share-permissions';
  if (shape === 'legacy') return { name: 'webdav', options: { sharedSecret, permissions: property } };
  const webdav = {
    sharedSecret,
    permissions: dav.mayWrite ? ['read', 'write'] : ['read'],
    [address === 'url' ? 'url' : 'uri']: address === 'relative' ? providerId : dav.url.replace(/\/$/, ''),
    ...(exchanges && { requirements: ['must-exchange-token'] }),
  };
  return { name: 'multi', ...(emptyOptions && { options: {} }), webdav };
}
