import type { Request, RequestHandler } from 'express';
import { Asker, keepNewest, networkOf, noteAsker } from '../platform/index.js';

/** Most credentials that are remembered; the oldest is forgotten first. */
const REMEMBERED = 10_000;

/** Longest credentials that are remembered, characters. */
const LONGEST = 1_000;

/**
 * Runs before every door and attaches the asker of each request, for whom turns are counted (scale.md 2.3). Before the
 * proof is checked, the asker is the one who last proved these credentials from this address, otherwise the network of
 * the address: so a client with invented credentials is one asker with all of them. `readsInTurn`: reads take turns
 * too.
 */
export function knowAskers({ readsInTurn }: { readonly readsInTurn: boolean }): RequestHandler {
  const known = new Map<string, string>();
  const learn = (hint: string, key: string): void => {
    if (hint.length > LONGEST || known.get(hint) === key) return;
    keepNewest(known, hint, key, REMEMBERED);
  };
  return (request, _response, next) => {
    const address = `address:${networkOf(request.ip)}`;
    const credentials = credentialsOf(request);
    const hint = credentials === '' ? undefined : `${address} ${credentials}`;
    const key = (hint === undefined ? undefined : known.get(hint)) ?? address;
    const onNamed = (name: string): void => {
      if (hint !== undefined) learn(hint, name);
    };
    noteAsker(request, new Asker(key, { onNamed, readsInTurn }));
    next();
  };
}

/** All that a request carries to prove who asks, unchecked: consumer key and token, or the cookies of a session. */
function credentialsOf({ headers, originalUrl }: Request): string {
  const signed = headers.authorization ?? originalUrl;
  const parts = ['oauth_consumer_key', 'oauth_token'].map((name) => valueOf(signed, name));
  return parts.some((part) => part !== '') ? parts.join(' ') : (headers.cookie ?? '');
}

/** `name="value"` of a header, `name=value` of a query. */
function valueOf(text: string, name: string): string {
  const start = text.indexOf(`${name}=`);
  return start === -1 ? '' : (/^"?([^"&,]*)/.exec(text.slice(start + name.length + 1, start + 400))?.[1] ?? '');
}
