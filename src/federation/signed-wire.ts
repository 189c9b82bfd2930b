import { Failure, type Clock, type Fields } from '../kernel/index.js';
import type { Credentials, Signer } from '../oauth1/index.js';
import type { Peer } from '../peers/index.js';
import type { Outbound, OutboundAnswer } from '../platform/index.js';
import { skewOf } from './skew.js';

/**
 * Messages to a peer, signed two-legged with the pair that the peer issued to us (cloudspaces-interop.md 11). A peer
 * that cannot sign and issued none gets them as they are; when the pair of any other peer is not recorded, everything
 * here throws `unavailable`: that is our own trouble, not the peer's.
 */
export interface SignedWire {
  /** POSTs a form. Throws `peer-failed` or `peer-timeout` when no answer came. */
  postForm(peer: Peer, url: string, fields: Fields, manner?: Signing): Promise<OutboundAnswer>;
  /** GETs an address with a form behind its query and the signature in the header. Throws like {@link postForm}. */
  getForm(peer: Peer, url: string, fields: Fields, manner?: Signing): Promise<OutboundAnswer>;
  /** GETs an address with the signature in its query. Throws like {@link postForm}. */
  getSigned(peer: Peer, url: URL): Promise<OutboundAnswer>;
  /** An address for a browser, with the signature in its query. */
  signUrl(peer: Peer, url: URL): URL;
  /** The fields of a form that a browser POSTs, with the signature among them. */
  signForm(peer: Peer, url: URL, fields: Fields): Fields;
}

/** How one message is signed. */
export interface Signing {
  /** Not at all, even where we hold the peer's pair. */
  readonly unsigned?: boolean | undefined;
}

/** What a {@link SignedWire} is made of. */
export interface SignedWireInputs {
  readonly outbound: Outbound;
  readonly signer: Signer;
  readonly clock: Clock;
  /** Hears by how many seconds a peer's clock is ahead when that made it refuse, and 0 when it did not refuse (OPS-06). */
  readonly onClock?: (peer: Peer, ahead: number) => void;
}

/** A wire over the guarded client. A 401 whose `Date` shows another time is repeated once by that time (DLV-05). */
export function createSignedWire(inputs: SignedWireInputs): SignedWire {
  const { outbound, signer, clock, onClock = () => undefined } = inputs;

  const twice = async (peer: Peer, keys: Credentials | undefined, send: Send): Promise<OutboundAnswer> => {
    const first = await send(keys);
    if (keys === undefined) return first;
    const timestampOffset = first.status === 401 ? skewOf(first.headers, clock) : 0;
    onClock(peer, timestampOffset);
    return timestampOffset === 0 ? first : send({ ...keys, timestampOffset });
  };
  const proof = (method: string, url: URL, form: Fields, keys: Credentials | undefined): Record<string, string> =>
    keys === undefined ? {} : { authorization: signer.header({ method, url, form }, keys) };

  return {
    postForm: (peer, text, fields, manner) =>
      twice(peer, keysFor(peer, manner), (keys) => {
        const url = new URL(text);
        const headers = { ...proof('POST', url, fields, keys), ...ACCEPT, 'content-type': FORM };
        return outbound.call({ method: 'POST', url, pinnedOrigins: [url.origin], headers, body: formBody(fields) });
      }),
    getForm: (peer, text, fields, manner) =>
      twice(peer, keysFor(peer, manner), (keys) => {
        const url = withQuery(new URL(text), fields);
        const headers = { ...proof('GET', url, [], keys), ...ACCEPT };
        return outbound.call({ method: 'GET', url, pinnedOrigins: [url.origin], headers });
      }),
    getSigned: (peer, url) =>
      twice(peer, keysFor(peer), (keys) => {
        const signed = keys === undefined ? url : signer.signedUrl(url, keys);
        return outbound.call({ method: 'GET', url: signed, pinnedOrigins: peer.origins, headers: ACCEPT });
      }),
    signUrl: (peer, url) => {
      const keys = keysFor(peer);
      return keys === undefined ? url : new URL(signer.signedUrl(url, keys));
    },
    signForm: (peer, url, fields) => {
      const keys = keysFor(peer);
      return keys === undefined ? fields : signer.signedForm(url, fields, keys);
    },
  };
}

type Send = (keys: Credentials | undefined) => Promise<OutboundAnswer>;

const FORM = 'application/x-www-form-urlencoded';
const ACCEPT = { accept: 'application/json, text/plain;q=0.5' };

/** Undefined: the message goes unsigned. */
function keysFor(peer: Peer, { unsigned = false }: Signing = {}): Credentials | undefined {
  if (unsigned) return undefined;
  if (peer.outbound !== undefined) return { consumerKey: peer.outbound.key, consumerSecret: peer.outbound.secret };
  if (peer.allowUnsigned) return undefined;
  throw new Failure('unavailable', `The keys that ${peer.name} issued to this cloud are not recorded yet.`, {
    detail: 'peer set NAME --consumer-key … --consumer-secret …',
  });
}

/** An address with a form behind the query that it has, which stays as it is written: one `?` (CBK-07). */
export function withQuery(url: URL, fields: Fields): URL {
  const longer = new URL(url);
  longer.search = url.search === '' ? formBody(fields) : `${url.search}&${formBody(fields)}`;
  return longer;
}

function formBody(fields: Fields): string {
  return new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString();
}
