import { Failure, type Clock, type Fields } from '../kernel/index.js';
import type { Signer } from '../oauth1/index.js';
import type { Peer } from '../peers/index.js';
import type { Outbound, OutboundAnswer } from '../platform/index.js';
import { skewOf } from './skew.js';

/** Control calls to a peer, signed two-legged with the pair that the peer issued to us (cloudspaces-interop.md 11). */
export interface SignedWire {
  /** POSTs a form. Throws `peer-failed` or `peer-timeout` when no answer came. */
  postForm(peer: Peer, url: string, fields: Fields): Promise<OutboundAnswer>;
  /** GETs an address with the signature in its query. */
  getSigned(peer: Peer, url: URL): Promise<OutboundAnswer>;
  /** An address for a browser, with the signature in its query. */
  signUrl(peer: Peer, url: URL): URL;
}

interface Attempt {
  /** Seconds by which the peer's clock is ahead. */
  readonly timestampOffset: number;
}

/** A wire over the guarded client. A 401 whose `Date` shows another time is repeated once by that time (DLV-05). */
export function createSignedWire(inputs: { outbound: Outbound; signer: Signer; clock: Clock }): SignedWire {
  const { outbound, signer, clock } = inputs;

  const twice = async (send: (attempt: Attempt) => Promise<OutboundAnswer>): Promise<OutboundAnswer> => {
    const first = await send({ timestampOffset: 0 });
    const timestampOffset = first.status === 401 ? skewOf(first.headers, clock) : 0;
    return timestampOffset === 0 ? first : send({ timestampOffset });
  };

  return {
    postForm: (peer, text, fields) =>
      twice(({ timestampOffset }) => {
        const url = new URL(text);
        const request = { method: 'POST', url, form: fields };
        const authorization = signer.header(request, { ...credentialsOf(peer), timestampOffset });
        return outbound.call({
          method: 'POST',
          url,
          pinnedOrigins: [url.origin],
          headers: {
            authorization,
            accept: 'application/json, text/plain;q=0.5',
            'content-type': 'application/x-www-form-urlencoded',
          },
          body: formBody(fields),
        });
      }),
    getSigned: (peer, url) =>
      twice(({ timestampOffset }) =>
        outbound.call({
          method: 'GET',
          url: signer.signedUrl(url, { ...credentialsOf(peer), timestampOffset }),
          pinnedOrigins: peer.origins,
          headers: { accept: 'application/json, text/plain;q=0.5' },
        }),
      ),
    signUrl: (peer, url) => new URL(signer.signedUrl(url, credentialsOf(peer))),
  };
}

function credentialsOf(peer: Peer): { consumerKey: string; consumerSecret: string } {
  if (peer.outbound === undefined) {
    throw new Failure('peer-failed', `The keys that ${peer.name} issued to this cloud are not recorded yet.`, {
      detail: 'peer set NAME --consumer-key … --consumer-secret …',
    });
  }
  return { consumerKey: peer.outbound.key, consumerSecret: peer.outbound.secret };
}

function formBody(fields: Fields): string {
  return new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString();
}
