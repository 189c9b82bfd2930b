import type { ChangeNotices } from '../../accounts/index.js';
import {
  AccessTokens,
  AppPasswords,
  Clients,
  DelegatedTokens,
  TemporaryCredentials,
  type AppPasswordsParts,
} from '../../clients/index.js';
import type { GivenAccess } from '../../kernel/index.js';
import type { Queries } from '../../platform/index.js';
import type { Foundation } from '../foundation/foundation.js';

/** The apps that act for people. */
export function furnishApps(base: Foundation, { changes }: { readonly changes: ChangeNotices }) {
  const clients = new Clients(base);
  const onChange: AppPasswordsParts['onChange'] = (trx, accountId, change) => changes.tell(trx, accountId, change);
  const tokens = new AccessTokens({ clients, onChange, ...base });
  const appPasswords = new AppPasswords({ onChange, ...base });
  return {
    clients,
    tokens,
    appPasswords,
    /** Whether a token or app password has not been withdrawn, as `q` sees the world. */
    stands: (q: Queries, { kind, id }: GivenAccess): Promise<boolean> =>
      kind === 'token' ? tokens.stands(q, id) : appPasswords.stands(q, id),
    delegatedTokens: new DelegatedTokens(base),
    temporaryCredentials: new TemporaryCredentials({ tokens, ...base }),
  };
}

export type AppRooms = ReturnType<typeof furnishApps>;
