import type { MountTop } from '../files/index.js';
import type { Permission } from '../kernel/index.js';

/** What using the grant showed. */
export type ProbeFinding =
  | OpenFinding
  /** Refused, and again on a freshly signed request (CNV-03). */
  | { readonly kind: 'dead' }
  /**
   * `note` is for the recipient, `detail` for administrators. `answered`: the other cloud is up, whatever it said;
   * undefined: we could not even ask it.
   */
  | {
      readonly kind: 'trouble';
      readonly note: string;
      readonly detail?: string | undefined;
      readonly answered: boolean | undefined;
    };

/** The grant opened the folder, and this is what the origin says of it. */
export interface OpenFinding {
  readonly kind: 'open';
  readonly rootKey: string;
  readonly permission: Permission;
  readonly expiresAt: number | undefined;
  /** Whether the other cloud keeps comments and locks of what it shares. */
  readonly keepsDesk: boolean;
  /** What it says of the folder or file itself; left out: a new folder. */
  readonly top?: MountTop;
}
