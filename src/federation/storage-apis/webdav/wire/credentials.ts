import { Failure } from '../../../../kernel/index.js';
import type { ShareCredentials } from '../../../../shares/index.js';

/** Values of `Authorization` that may open a share; the first is tried first. */
export interface Proofs {
  readonly first: string;
  /** The same secret as a user without a password, for servers that do not know it as a bearer token. */
  readonly second: string | undefined;
  /** Set for a share that may, or must, be opened with a token instead. */
  readonly exchanged?: ExchangedProof | undefined;
}

/** How tokens for a share are obtained in exchange for its secret (open-cloud-mesh.md 9). */
export interface ExchangedProof {
  /** True: the secret itself opens nothing, and is not shown to the resource. */
  readonly isOnly: boolean;
  /** A token, other than `refused`. Undefined when the server gives none. Throws `Failure` when it cannot be asked. */
  readonly token: (refused?: string) => Promise<string | undefined>;
}

/**
 * The proofs for credentials (open-cloud-mesh.md 8): a secret first as a bearer token, then as the user of Basic; a
 * user with password as they are. Throws `peer-failed` for credentials of another storage API, before anybody is asked.
 */
export function proofsOf(credentials: ShareCredentials): Proofs {
  switch (credentials.kind) {
    case 'bearer':
      return { first: `Bearer ${credentials.token}`, second: basic(credentials.token, '') };
    case 'basic':
      return { first: basic(credentials.user, credentials.password), second: undefined };
    default:
      throw new Failure('peer-failed', 'A WebDAV server cannot be opened with such a key.');
  }
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
