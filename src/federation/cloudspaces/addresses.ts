import { invalid } from '../../kernel/index.js';
import { checkPeerUrl, type Peer } from '../../peers/index.js';
import type { OfferedResource, OwnOffer } from '../../shares/index.js';
import type { ResourceAddresses } from '../ports/storage-api.js';

/**
 * What a dialect needs to make and read addresses: where this cloud is, and how each storage API writes its addresses.
 */
export interface AddressBook {
  /** `https://cloud.example` without a trailing slash. */
  readonly webOrigin: string;
  /** The base of our storage API, with a trailing slash. */
  readonly storageBase: string;
  /** By the names of storage APIs in peer records. */
  readonly resources: Readonly<Record<string, ResourceAddresses>>;
}

/** The path of callbacks, to which an unguessable word is appended (cloudspaces-interop.md 5). */
export const RESULT_PATH = '/interop/result/';

/** The storage API that is served here. */
const SERVED = 'stacksync-v2';

/** The addresses in a proposal as they stand on the wire. */
export interface WrittenAddresses {
  readonly resourceUrl: string;
  readonly callback: string;
}

/** The addresses that a proposal of ours names. */
export function writeAddresses(book: AddressBook, { kind, itemId, callbackWord }: OwnOffer): WrittenAddresses {
  const resources = book.resources[SERVED];
  if (resources === undefined) throw new Error(`the addresses of ${SERVED} are not known`);
  return {
    resourceUrl: resources.write(book.storageBase, { kind, id: itemId }),
    callback: `${book.webOrigin}${RESULT_PATH}${callbackWord}`,
  };
}

/**
 * What an address names at the peer. Throws for an address that names nothing: people would accept a share that never
 * opens (ruling F-13).
 */
export function readResource({ resources }: AddressBook, { storageApi }: Peer, address: string): OfferedResource {
  // Addresses of a storage API that this program does not speak cannot be read.
  return { storageApi, kind: resources[storageApi]?.read(address).kind ?? 'folder' };
}

/** A callback's own query is allowed, unless it names what the answer adds (threat model CBK-07), the signature included. */
export function checkCallback(text: string, peer: Peer): string {
  const url = checkPeerUrl(text, peer.origins);
  if (url.searchParams.has('share_id') || url.searchParams.has('accepted')) {
    throw invalid('it must not name share_id or accepted itself.');
  }
  if ([...url.searchParams.keys()].some((name) => name.startsWith('oauth_'))) {
    throw invalid('it must not have parameters whose names begin with oauth_: our answer is signed.');
  }
  return text;
}
