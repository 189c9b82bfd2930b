import type { Peer } from '../../../peers/index.js';
import type { OutboundAnswer } from '../../../platform/index.js';
import type { MessageAnswer, OwnOffer } from '../../../shares/index.js';
import { isOfReva, recordToSend, termsBody } from '../../ocm/index.js';
import { attempted, judge } from '../../peer-call/answers.js';
import { PERMISSIONS, shareUrl, type OfferingInputs } from './offering.js';

/**
 * Tells a server what the recipient of a share may do from now on: oCIS and its kin alone, for no other acts on it, and a Nextcloud
 * refuses it (open-cloud-mesh.md 12, 14).
 */
export async function tellTerms(inputs: OfferingInputs, { ocm }: Peer, offer: OwnOffer): Promise<MessageAnswer> {
  const { wire, servers, webOrigin } = inputs;
  if (ocm === undefined) return { kind: 'malformed', note: 'the peer is no server of Open Cloud Mesh any more' };
  const { shareId: providerId, callbackWord: secret } = offer;
  const grantee = offer.recipientAddress ?? offer.recipient;
  const permissions = PERMISSIONS[offer.permission];
  const body = termsBody({ providerId, secret, grantee, permissions, url: shareUrl(webOrigin, offer) });
  return attempted(
    async () => (isOfReva(await recordToSend(servers, ocm)) ? wire.post(ocm, 'notifications', body) : UNTOLD),
    (answer) => (answer === UNTOLD ? { kind: 'taken', note: 'it takes no word of it' } : judge(answer)),
  );
}

/** Stands for the answer of a server that is not asked. */
const UNTOLD: OutboundAnswer = { status: 200, headers: {}, body: Buffer.alloc(0) };
