import { z } from 'zod';
import type { AccountId, Email } from '../../kernel/index.js';
import { END_REASONS } from './agreement.js';
import type {
  CredentialsPayload,
  IncomingPayload,
  OfferPayload,
  ShareLetter,
  TermsPayload,
  UnsharePayload,
} from './messages.js';

const half = z.object({ direction: z.enum(['outgoing', 'incoming']), id: z.string() });

const incoming: z.ZodType<IncomingPayload> = z.object({ incomingId: z.string() });

const offer: z.ZodType<OfferPayload> = z.object({ outgoingId: z.string(), shareId: z.string() });

const credentials: z.ZodType<CredentialsPayload> = z.object({ outgoingId: z.string(), shareId: z.string() });

const terms: z.ZodType<TermsPayload> = z.object({ outgoingId: z.string(), shareId: z.string() });

/** What JSON leaves out was undefined. */
const absent = z
  .string()
  .optional()
  .transform((value) => value);

const unshare: z.ZodType<UnsharePayload> = z.object({
  shareId: z.string(),
  reason: z.enum(END_REASONS),
  ocm: z.object({ half, secretSealed: absent, grantee: absent }).exactOptional(),
});

const mail: z.ZodType<ShareLetter> = z.object({
  letter: z.string(),
  to: z.string().transform((text) => text as Email),
  data: z.record(z.string(), z.string()),
  about: half.exactOptional(),
  reader: z
    .string()
    .transform((text) => text as AccountId)
    .exactOptional(),
});

/**
 * The payloads of stored messages, by kind. They must accept rows of the previous release: a field that a release adds
 * may be missing, and one that it removes may be there.
 */
export const PAYLOADS = { offer, credentials, unshare, decision: incoming, probe: incoming, terms, mail } as const;
