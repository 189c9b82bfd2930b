import type { Fields } from '../../../kernel/index.js';
import type { Offer } from '../../../shares/index.js';
import { offerFields } from '../../cloudspaces/index.js';

/** The folder goes by the name that covers files too (cloudspaces-interop.md 3). */
export function writeOffer(offer: Offer): Fields {
  return offerFields(offer).map(([name, value]) => [name === 'folder_name' ? 'resource_name' : name, value]);
}
