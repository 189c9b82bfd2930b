import { storageTime, type Fields } from '../../../kernel/index.js';
import type { Offer } from '../../../shares/index.js';
import { offerFields } from '../../cloudspaces/index.js';

/** With the owner's expiry, so that the recipient's cloud can show it (cloudspaces-interop.md 3). */
export function writeOffer(offer: Offer): Fields {
  const { expiresAt } = offer;
  const fields = offerFields(offer);
  return expiresAt === undefined ? fields : [...fields, ['expires_at', storageTime(expiresAt)]];
}
