import type { MountTop } from '../../files/index.js';
import type { Permission } from '../../kernel/index.js';

/** The result of using the grant. */
export type ProbeFinding =
  | OpenFinding
  /** The grant is refused, with 401, 403 or 404 alike; only how long that lasts tells what it means (ruling F-06). */
  | { readonly kind: 'refused'; readonly detail: string }
  /**
   * `note` is for the recipient, `detail` for administrators. `answered` is true when the other cloud answered
   * anything, false when it did not, undefined when it could not be asked.
   */
  | {
      readonly kind: 'trouble';
      readonly note: string;
      readonly detail?: string | undefined;
      readonly answered: boolean | undefined;
      /** Seconds that it asks us to wait. */
      readonly retryAfter?: number | undefined;
    };

/** The grant works, and this is what the origin says of the folder. */
export interface OpenFinding {
  readonly kind: 'open';
  readonly rootKey: string;
  readonly permission: Permission;
  readonly expiresAt: number | undefined;
  /** Whether the other cloud keeps comments and locks of the shared items. */
  readonly keepsDesk: boolean;
  /** What it says of the folder or file itself; absent: a new folder. */
  readonly top?: MountTop;
}
