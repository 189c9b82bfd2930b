import { alder, benchOf, GRANT, OFFER, OWN, type CreateDialect, type Sent } from '../../contracts/dialect-bench.js';
import type { Peer } from '../../../src/peers/index.js';

/** Everything that a dialect says in the course of one share, as lines of text; signatures are left out. */
export async function transcriptOf(create: CreateDialect, peer: Peer = alder): Promise<string[]> {
  const { dialect, sent } = benchOf(create);
  const { shareId, callback } = OFFER;
  await dialect.sendOffer(peer, { ...OWN, expiresAt: Date.UTC(2026, 11, 24, 12) });
  await dialect.sendDecision(peer, callback, { shareId, accepted: true });
  await dialect.sendDecision(peer, callback, { shareId, accepted: false });
  await dialect.sendGrant(peer, GRANT);
  await dialect.sendEnd(peer, { shareId, reason: 'revoked', toldBy: 'origin' });
  return sent.map(lineOf);
}

function lineOf({ method, url, authorization, form, query }: Sent): string {
  const proof = [...query, ['', authorization]].some(
    ([name, value]) => name === 'oauth_signature' || (value !== '' && name === ''),
  );
  const said = [...query, ...form].filter(
    ([name]) => !/^oauth_(?:consumer_key|signature|signature_method|timestamp|nonce|version)$/.test(name),
  );
  const fields = said.map(([name, value]) => `${name}=${value}`).join(' ');
  return `${proof ? 'signed' : 'unsigned'} ${method} ${url.origin}${url.pathname} ${fields}`;
}
