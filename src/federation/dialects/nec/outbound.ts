import type { Fields } from '../../../kernel/index.js';
import { offerFields, type WrittenOffer } from '../../cloudspaces/index.js';

/** Sends the folder's name as `resource_name`, which NEC uses for files too (cloudspaces-interop.md 3). */
export function writeOffer(offer: WrittenOffer): Fields {
  return offerFields(offer).map(([name, value]) => [name === 'folder_name' ? 'resource_name' : name, value]);
}
