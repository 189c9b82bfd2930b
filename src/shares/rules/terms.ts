import type { Permission } from '../../kernel/index.js';

/** Terms of a folder, as letters tell them. */
export interface ToldTerms {
  readonly permission: Permission;
  /** Milliseconds. */
  readonly expiresAt: number | undefined;
}

/** The changes that an owner makes to a share; absent fields stay as they are. */
export interface NewTerms {
  readonly permission?: Permission;
  /** The new expiry, milliseconds; null removes it. */
  readonly expiresAt?: number | null;
}

/** The terms of a share once the changes are made. */
export function termsAfter(share: ToldTerms, { permission, expiresAt }: NewTerms): ToldTerms {
  return {
    permission: permission ?? share.permission,
    expiresAt: expiresAt === undefined ? share.expiresAt : (expiresAt ?? undefined),
  };
}

/** The change as the log words it; empty when nothing changes. */
export function changeNote(before: ToldTerms, after: ToldTerms): string {
  const day = (at: number | undefined): string => (at === undefined ? 'none' : new Date(at).toISOString());
  const parts = [
    ...(before.permission === after.permission ? [] : [`${before.permission} to ${after.permission}`]),
    ...(before.expiresAt === after.expiresAt
      ? []
      : [`last moment ${day(before.expiresAt)} to ${day(after.expiresAt)}`]),
  ];
  return parts.join(', ');
}
