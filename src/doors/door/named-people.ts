import type { SortedRecipients } from '../../federation/index.js';
import type { ShareRequest } from '../../shares/index.js';

/** Whom somebody names in writing, one entry each, and on which terms they shall have a folder. */
export interface NamedShare extends Omit<ShareRequest, 'addresses' | 'servers'> {
  readonly entries: readonly string[];
}

/** The same for the people whom those entries turned out to be. */
export function requestFor(
  { addresses, servers }: Pick<SortedRecipients, 'addresses' | 'servers'>,
  terms: Omit<NamedShare, 'entries'>,
): ShareRequest {
  return { addresses, ...(servers.length > 0 && { servers }), ...terms };
}
