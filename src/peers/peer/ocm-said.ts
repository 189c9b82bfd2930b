import type { OcmFound, OcmPlace } from './ocm-terms.js';
import { webOriginOf } from './web-origins.js';

/** What tells a key from others; undefined: there is none of this kind, null: that could not be found out. */
export type ReadKey = string | null | undefined;

/** The keys that a server was seen to publish, of both kinds. */
export interface ReadKeys {
  readonly key: ReadKey;
  readonly keySet?: ReadKey;
}

/** What a server of Open Cloud Mesh says of itself, as far as administrators want to know. */
export interface OcmSaid {
  /** As it calls itself. */
  readonly provider: string | undefined;
  /** On the server that was asked, without a slash at its end. */
  readonly endPoint: string;
  /** The newest version that it names. */
  readonly version: string;
  /** How it signs its messages. */
  readonly signing: 'rfc9421' | 'cavage' | 'unsigned';
  /** Tells one key of the draft from another; undefined for a server that publishes none. */
  readonly key: string | undefined;
  /** The same of its set of keys (RFC 9421). */
  readonly keySet?: ReadKey;
  /** It looks like one that keeps a list of the clouds that it trusts (open-cloud-mesh.md 12, operator notes). */
  readonly keepsList: boolean;
}

/** Asks a server what it says of itself, now. Throws `unavailable` when it is switched off, `peer-failed` or `peer-timeout`. */
export type AskOcm = (place: OcmPlace) => Promise<OcmSaid>;

/** The addresses of a peer that speaks Open Cloud Mesh alone. */
export function ocmAddresses(endPoint: string) {
  const messages = `${endPoint}/notifications`;
  return { shareUrl: `${endPoint}/shares`, unshareUrl: messages, credentialsUrl: messages };
}

/** What is recorded of a server as a peer that speaks Open Cloud Mesh alone, whoever found it. */
export function ocmRecord(endPoint: string) {
  const origins = [webOriginOf(new URL(endPoint))];
  return { storageApi: 'webdav', storageBase: endPoint, ...ocmAddresses(endPoint), origins } as const;
}

/** What of it is kept of a server that is asked for the first time. */
export function foundIn(said: OcmSaid): OcmFound {
  const { key } = keyNews(undefined, said);
  return { key, keepsList: said.keepsList, keyChangedAt: undefined };
}

/**
 * What the keys that were read mean beside those that are kept, which are written as `DRAFT`, `DRAFT.SET` or `.SET`. `isOther`: a
 * key that it had is another one now, or gone. Those of a server that publishes none at all are kept, to be compared with the next.
 */
export function keyNews(before: string | undefined, { key, keySet }: ReadKeys): KeyNews {
  const [draft = '', set = ''] = (before ?? '').split('.');
  const [draftNow, setNow] = [key === null ? draft : (key ?? ''), keySet === null ? set : (keySet ?? '')];
  if (draftNow === '' && setNow === '') return { key: before, isOther: false };
  const isOther = (draft !== '' && draft !== draftNow) || (set !== '' && set !== setNow);
  return { key: setNow === '' ? draftNow : `${draftNow}.${setNow}`, isOther };
}

/** What is to be kept of the keys of a server, and whether they are others than before. */
export interface KeyNews {
  readonly key: string | undefined;
  readonly isOther: boolean;
}

/** True when the keys that are kept of a server are not those that were kept of it before, or none is any more. */
export function isOtherKey(before: string | undefined, now: string | undefined): boolean {
  const [key = '', keySet = ''] = (now ?? '').split('.');
  if (now === undefined) return before !== undefined;
  return keyNews(before, { key: key || undefined, keySet: keySet || undefined }).isOther;
}
