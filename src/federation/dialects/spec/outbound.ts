import { storageTime, type Fields } from '../../../kernel/index.js';
import { offerFields, type WrittenOffer } from '../../cloudspaces/index.js';

/** Adds the owner's expiry, so that the recipient's cloud can show it (cloudspaces-interop.md 3). */
export function writeOffer(offer: WrittenOffer): Fields {
  const { expiresAt } = offer;
  const fields = offerFields(offer);
  return expiresAt === undefined ? fields : [...fields, ['expires_at', storageTime(expiresAt)]];
}
