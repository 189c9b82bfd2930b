import { Failure, type Clock, type Fields } from '../../kernel/index.js';
import type { Credentials, Signer } from '../../oauth1/index.js';
import type { Peer } from '../../peers/index.js';
import type { Outbound, OutboundAnswer } from '../../platform/index.js';
import { withSecondChance } from './second-chance.js';

/**
 * Messages to a peer, signed two-legged with the pair that the peer issued to us (cloudspaces-interop.md 11). A peer
 * that cannot sign and issued no pair gets them unsigned. If the pair of any other peer is not recorded, everything
 * here throws `unavailable`, because that is an error on our side.
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
  /** True: not at all, even if we have the peer's pair. */
  readonly unsigned?: boolean | undefined;
}

/** What {@link createSignedWire} needs. */
export interface SignedWireInputs {
  readonly outbound: Outbound;
  readonly signer: Signer;
  readonly clock: Clock;
  /**
   * Is told by how many seconds a peer's clock is ahead when that made it refuse, and 0 when it did not refuse
   * (OPS-06).
   */
  readonly onClock?: (peer: Peer, ahead: number) => void;
}

/**
 * A wire over the guarded client. After a 401 whose `Date` shows another time, the message is signed with that time and
 * sent once more (DLV-05). After one that says that the nonce was used, it is signed again and sent once more: a
 * message acts only once, however often it comes (F-87).
 */
export function createSignedWire(inputs: SignedWireInputs): SignedWire {
  const { outbound, signer } = inputs;
  const twice = sender(inputs);
  const proof = (method: string, url: URL, form: Fields, keys: Credentials | undefined): Record<string, string> =>
    keys === undefined ? {} : { authorization: signer.header({ method, url, form }, keys) };

  return {
    postForm: (peer, text, fields, manner) =>
      twice(peer, keysFor(peer, manner), (keys) => {
        const url = new URL(text);
        const headers = { ...proof('POST', url, fields, keys), ...ACCEPT, 'content-type': FORM };
        const pinnedOrigins = [url.origin];
        return outbound.call({ cutsLong: true, method: 'POST', url, pinnedOrigins, headers, body: formBody(fields) });
      }),
    getForm: (peer, text, fields, manner) =>
      twice(peer, keysFor(peer, manner), (keys) => {
        const url = withQuery(new URL(text), fields);
        const headers = { ...proof('GET', url, [], keys), ...ACCEPT };
        return outbound.call({ cutsLong: true, method: 'GET', url, pinnedOrigins: [url.origin], headers });
      }),
    getSigned: (peer, url) =>
      twice(peer, keysFor(peer), (keys) => {
        const signed = keys === undefined ? url : signer.signedUrl(url, keys);
        const pinnedOrigins = peer.origins;
        return outbound.call({ cutsLong: true, method: 'GET', url: signed, pinnedOrigins, headers: ACCEPT });
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

/** Sends a message, and a second time where that may help. */
function sender({ clock, onClock = () => undefined }: SignedWireInputs) {
  return async (peer: Peer, keys: Credentials | undefined, send: Send): Promise<OutboundAnswer> => {
    if (keys === undefined) return send(keys);
    return withSecondChance((ahead) => send(ahead === 0 ? keys : { ...keys, timestampOffset: ahead }), {
      clock,
      ahead: 0,
      kept: () => onClock(peer, 0),
      shown: (ahead) => onClock(peer, ahead),
    });
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

/**
 * Appends a form to the query of an address. The existing query stays as it is written, and there is one `?` (CBK-07).
 */
export function withQuery(url: URL, fields: Fields): URL {
  const longer = new URL(url);
  longer.search = url.search === '' ? formBody(fields) : `${url.search}&${formBody(fields)}`;
  return longer;
}

function formBody(fields: Fields): string {
  return new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString();
}
