import { z } from 'zod';
import { keepText, keepLabel } from '../../../kernel/index.js';

/** What a server's answer to an announced share means (open-cloud-mesh.md 4.3). */
export type ShareAnswer =
  /** oCIS and OpenCloud say 200 where the others say 201. */
  | { readonly kind: 'taken'; readonly recipientName: string | undefined }
  /** The server may take the share in the other shape. */
  | { readonly kind: 'other-shape'; readonly note: string }
  | { readonly kind: 'unknown-recipient'; readonly note: string }
  | { readonly kind: 'already-there' }
  /** It does not know or trust us. */
  | { readonly kind: 'not-trusted'; readonly note: string }
  /** A retry may help. */
  | { readonly kind: 'trouble'; readonly note: string }
  | { readonly kind: 'refused'; readonly note: string };

/** Judges an answer; `body` is what its JSON holds, undefined when it is none. Never throws. */
export function judgeShareAnswer(status: number, body: unknown): ShareAnswer {
  if (status === 200 || status === 201) return { kind: 'taken', recipientName: recipientIn(body) };
  const note = errorNote(body);
  if (status === 400 || status === 501) return { kind: 'other-shape', note };
  if (status === 404) return { kind: 'unknown-recipient', note };
  if (status === 409) return { kind: 'already-there' };
  if (status === 401 || status === 403) return { kind: 'not-trusted', note };
  return status === 429 || status >= 500 ? { kind: 'trouble', note } : { kind: 'refused', note };
}

const success = z.object({ recipientDisplayName: z.string().max(2_000) });

function recipientIn(body: unknown): string | undefined {
  const { data } = success.safeParse(body);
  return data === undefined ? undefined : keepLabel(data.recipientDisplayName) || undefined;
}

const refusal = z.object({ message: z.string().max(10_000) });

/**
 * The error text of a server, for administrators, at most 300 characters. All three forms that are in use have it as
 * `message`.
 */
export function errorNote(body: unknown): string {
  return keepText(refusal.safeParse(body).data?.message ?? '', 300);
}
