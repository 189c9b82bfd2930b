import type { Algorithm, SignatureScheme } from './algorithms.js';

/** What one signature says, well-formed and fitting the body, but not yet believed. */
export interface SignatureClaim {
  readonly kind: SignatureScheme;
  /** As the signer wrote it. */
  readonly keyId: string;
  /** Undefined when the signature does not say it, so that the key has to. */
  readonly algorithm: Algorithm | undefined;
  /** When it was made, milliseconds. */
  readonly signedAt: number;
  /** When it expires as the signature itself says, milliseconds; undefined when it does not say. */
  readonly expiresAt: number | undefined;
  /** What was signed; each character is one octet. */
  readonly base: string;
  readonly signature: Buffer;
}

/** What a request carries. */
export type CarriedSignature =
  | { readonly kind: 'unsigned' }
  /** There is a signature and it is broken: the request is refused, and never taken for an unsigned one. */
  | { readonly kind: 'broken'; readonly why: string }
  | SignatureClaim;

/** Longest id of a key, characters. */
export const LONGEST_KEY_ID = 1_024;

/** Most headers or components that a signature may cover: each is looked for among all headers. */
export const MOST_COVERED = 50;

/** A signature that is there and cannot be right; the message says why, for the log only. */
export class BrokenSignature extends Error {}

/** Calls `read`, and turns everything that it throws into a {@link BrokenSignature} about `what`. */
export function orBroken<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof BrokenSignature) throw error;
    throw new BrokenSignature(what, { cause: error });
  }
}
