import { z } from 'zod';
import { parseName, parsePermission, parseStorageTime, type Permission } from '../../../kernel/index.js';
import type { Node, NodeStatus } from '../../../files/index.js';

/** Ids above 2^53 have already lost their last digits when JSON was read: such entries are junk (threat model PTH-09). */
const Id = z.union([z.int().positive(), z.string().regex(/^[1-9][0-9]{0,17}$/)]).transform(String);
const ParentId = z.union([Id, z.literal([0, '0', '', 'null']).transform(() => null), z.null()]).optional();

/** Absent and null are one. */
const optional = <T>(schema: z.ZodType<T>) => schema.nullish().transform((value) => value ?? undefined);

const Metadata = z.object({
  id: Id,
  parent_id: ParentId,
  filename: z.string(),
  is_folder: z.boolean(),
  status: optional(z.string()),
  modified_at: optional(z.string().max(64)),
  version: optional(z.int().positive()),
  checksum: optional(z.int().nonnegative().max(0xffff_ffff)),
  size: optional(z.int().nonnegative()),
  mimetype: optional(z.string()),
  etag: optional(z.string()),
  permission: optional(z.string()),
  expires_at: optional(z.string()),
});

type Metadata = z.infer<typeof Metadata>;

/** The metadata of one item as a node; undefined when it is junk. Its parent may be anything: the caller judges it. */
export function readNode(value: unknown): Node | undefined {
  const parsed = Metadata.safeParse(value);
  if (!parsed.success || (!parsed.data.is_folder && parsed.data.size === undefined)) return undefined;
  const name = readName(parsed.data.filename);
  return name === undefined ? undefined : nodeOf(parsed.data, name);
}

function nodeOf(data: Metadata, name: string): Node {
  const folder = data.is_folder;
  return {
    key: data.id,
    parentKey: data.parent_id ?? null,
    name,
    kind: folder ? 'folder' : 'file',
    status: statusOf(data.status),
    version: data.version ?? 1,
    size: folder ? 0 : (data.size ?? 0),
    checksum: folder ? 0 : (data.checksum ?? 0),
    mimetype: folder ? 'inode/directory' : safeType(data.mimetype ?? ''),
    modifiedAt: readTime(data.modified_at ?? ''),
    etag: folder
      ? ''
      : (strongTag(data.etag) ?? `"v${String(data.version ?? 1)}-${(data.checksum ?? 0).toString(16)}"`),
  };
}

function readName(text: string): string | undefined {
  try {
    return parseName(text);
  } catch {
    return undefined;
  }
}

/** A move is `MOVED` in old servers' tables (stacksync-api-v2.md 2). */
function statusOf(text: string | undefined): NodeStatus {
  if (text === 'NEW' || text === 'CHANGED' || text === 'DELETED') return text;
  return text === 'RENAMED' || text === 'MOVED' ? 'RENAMED' : 'NEW';
}

/** The API's own form, or the Java form that old servers give after writing; 0 when it is neither. */
function readTime(text: string): number {
  try {
    return parseStorageTime(text, 'modified_at');
  } catch {
    const at = Date.parse(text.replace(/ [A-Z]{3,4} (\d{4})$/, ' $1 GMT'));
    return Number.isNaN(at) ? 0 : at;
  }
}

/** A media type without parameters, fit for a header; anything else is a lump of bytes. */
export function safeType(text: string): string {
  const type = text.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$/.test(type)
    ? type
    : 'application/octet-stream';
}

/** A strong entity tag; undefined for weak, odd or endless ones. */
export function strongTag(text: string | undefined): string | undefined {
  return text !== undefined && /^"[\x21\x23-\x7e]{1,200}"$/.test(text) ? text : undefined;
}

/** What the other cloud says that the grant allows now (cloudspaces-interop.md 10.2). */
export interface Terms {
  /** Undefined when the cloud does not say. */
  readonly permission: Permission | undefined;
  /** Milliseconds; undefined when it does not end by itself, or the cloud does not say. */
  readonly expiresAt: number | undefined;
}

/** The terms on a shared folder's metadata; undefined when they cannot be understood. */
export function readTerms(value: unknown): Terms | undefined {
  const parsed = Metadata.safeParse(value);
  if (!parsed.success) return undefined;
  const { permission, expires_at: expiry } = parsed.data;
  try {
    return {
      permission: permission === undefined ? undefined : parsePermission(permission),
      expiresAt: expiry === undefined ? undefined : parseStorageTime(expiry, 'expires_at'),
    };
  } catch {
    return undefined;
  }
}

const Contents = z.object({ contents: z.array(z.unknown()) });
const Versions = z.object({ versions: z.array(z.unknown()) });

/** The entries of a listing, unread; undefined when it has none to read. */
export function contentsOf(value: unknown): readonly unknown[] | undefined {
  return Contents.safeParse(value).data?.contents;
}

/** The entries of a history, unread; undefined when it has none to read. */
export function versionsOf(value: unknown): readonly unknown[] | undefined {
  return Versions.safeParse(value).data?.versions;
}
