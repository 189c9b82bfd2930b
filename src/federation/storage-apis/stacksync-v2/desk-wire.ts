import { z } from 'zod';
import { parseCompactTime, type Comment, type Lock } from '../../../desk/index.js';

/** Longest values that are accepted; our own ones are shorter. */
const Word = z.string().max(400);
const Text = z.string().max(10_000);

const CommentShape = z.object({
  user: Word,
  cloud: Word,
  text: Text,
  time_created: z.string().transform((text, context) => {
    try {
      return parseCompactTime(text);
    } catch {
      context.addIssue('no time');
      return z.NEVER;
    }
  }),
  status: z.enum(['NEW', 'DELETED']).catch('NEW'),
});

const LockShape = z.object({
  user: Word,
  cloud: Word,
  ipserver: Word,
  datetime: Word,
  status: z.enum(['open', 'close']),
});

/** Most comments on one item that are passed on. */
const MAX_COMMENTS = 1_000;

/** Reads a comment of the other cloud; undefined when it cannot be read. */
export function readComment(value: unknown): Comment | undefined {
  const { data } = CommentShape.safeParse(value);
  if (data === undefined) return undefined;
  const { user, cloud, text, time_created: createdAt, status } = data;
  return { user, cloud, text, createdAt, status };
}

/** The live comments among what the other cloud lists; undefined when it is no list. */
export function readComments(value: unknown): readonly Comment[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const found = value.slice(0, MAX_COMMENTS).map(readComment);
  return found.filter((comment) => comment?.status === 'NEW') as Comment[];
}

/** Reads the lock from a list with no or one entry. */
export function readLock(value: unknown): Lock | 'unreadable' | undefined {
  const parsed = z.array(LockShape).safeParse(value);
  return parsed.success ? parsed.data[0] : 'unreadable';
}

/** Whether the metadata of a shared folder says that comments and locks of what is in it are kept there. */
export function readKeepsDesk(value: unknown): boolean {
  const kept = z.object({ desk: z.array(z.unknown()) }).safeParse(value).data?.desk ?? [];
  return kept.includes('comment') && kept.includes('lockFile');
}

/** True when the answer confirms the call explicitly. */
export function isConfirmed(value: unknown, key: string): boolean {
  return z.object({ [key]: z.literal(true) }).safeParse(value).success;
}
