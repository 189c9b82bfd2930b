import { z } from 'zod';
import { storageTime, type Principal } from '../../../kernel/index.js';
import type { Item } from '../../../files/index.js';
import { Permitted, StorageTime } from '../../door/values.js';
import type { Delegation } from './ports.js';

const EXAMPLE = {
  id: 31,
  parent_id: null,
  filename: 'Plans',
  is_folder: true,
  status: 'NEW',
  modified_at: '2026-11-02 09:00:00.000',
  version: 1,
  checksum: 0,
  size: 0,
  mimetype: 'inode/directory',
  is_root: false,
};

const count = z.int().min(0);

/** What this cloud keeps about the items of a folder that it shares; the first segments of the routes that serve it. */
const KEPT_HERE = ['comment', 'lockFile'] as const;

/** The metadata object of stacksync-api-v2.md 2; keys that are absent on the wire are undefined. */
export const Metadata = z
  .object({
    id: count.nullable().meta({ description: 'Null for the root, whose id in addresses is `0`.' }),
    parent_id: count.nullable().meta({ description: 'Null at the root.' }),
    filename: z.string().meta({ description: 'The root is called `root`.' }),
    is_folder: z.boolean(),
    status: z
      .enum(['NEW', 'CHANGED', 'RENAMED', 'DELETED'])
      .nullable()
      .meta({ description: 'What happened last; a move is `RENAMED`. Null for the root.' }),
    modified_at: StorageTime.optional().meta({ description: 'When that was. Absent for the root.' }),
    version: count
      .nullable()
      .meta({ description: 'From 1, one more with every change of any kind. Null for the root.' }),
    checksum: count
      .max(0xffff_ffff)
      .nullable()
      .meta({ description: 'Adler-32 of the content; 0 for folders and empty files. Null for the root.' }),
    size: count.nullable().meta({ description: 'Bytes; 0 for folders. Null for the root.' }),
    mimetype: z.string().nullable().meta({ description: 'Found in the content. Null for the root.' }),
    is_root: z.boolean().optional().meta({ description: 'Folders only.' }),
    chunks: z.array(z.string()).optional().meta({ description: 'Files only; always empty.' }),
    etag: z.string().optional().meta({ description: 'To other clouds, of files: the entity tag of the content.' }),
    permission: Permitted.optional().meta({
      description: 'To other clouds, of the shared folder: what the grant allows.',
    }),
    expires_at: StorageTime.optional().meta({
      description: 'To other clouds, of the shared folder: when the share ends.',
    }),
    desk: z
      .array(z.enum(KEPT_HERE))
      .optional()
      .meta({
        description:
          'To other clouds, of the shared folder: which sync routes serve the grant, so that what people say about ' +
          'shared files is kept in one place.',
      }),
    name: z
      .string()
      .optional()
      .meta({ description: 'To apps in delegated mode, of a foreign folder: its name again.' }),
    resource_url: z
      .string()
      .optional()
      .meta({ description: 'To apps in delegated mode, of a foreign folder: the base of the calls below it.' }),
    access_token_key: z
      .string()
      .optional()
      .meta({ description: 'To apps in delegated mode: a token of this cloud that opens this foreign folder alone.' }),
    access_token_secret: z.string().optional().meta({ description: 'The secret of that token.' }),
  })
  .meta({ id: 'Metadata', description: 'A file or folder. Nulls are sent, never left out.', examples: [EXAMPLE] });
export type Metadata = Readonly<z.infer<typeof Metadata>>;

const contents = z.array(Metadata).meta({ description: 'The children, where they are listed; else empty.' });

/** An item as it is read: with its children, one level, where the call lists them. */
export const Listing = Metadata.extend({ contents }).meta({
  id: 'Listing',
  description: 'A file or folder as it is read.',
  examples: [{ ...EXAMPLE, contents: [] }],
});
export type Listing = Readonly<z.infer<typeof Listing>>;

/** A file with all its versions. */
export const History = Metadata.extend({
  contents,
  versions: z.array(Metadata).meta({ description: 'Newest first; the current version is the first.' }),
}).meta({ id: 'History', description: 'A file and every version of it.' });
export type History = Readonly<z.infer<typeof History>>;

const ROOT: Metadata = {
  id: null,
  parent_id: null,
  filename: 'root',
  is_folder: true,
  status: null,
  version: null,
  checksum: null,
  size: null,
  mimetype: null,
  is_root: true,
};

/** An item as JSON. Nulls are kept: clients read them (stacksync-api-v2.md 2). */
export function metadataOf(item: Item, asker: Principal): Metadata {
  if (item.place === 'root') return ROOT;
  const isFolder = item.kind === 'folder';
  const told: Metadata = {
    id: Number(item.id),
    parent_id: item.parentId === null ? null : Number(item.parentId),
    filename: item.name,
    is_folder: isFolder,
    status: item.status,
    modified_at: storageTime(item.modifiedAt),
    version: item.version,
    checksum: item.checksum,
    size: item.size,
    mimetype: item.mimetype,
    // What is undefined is not written.
    is_root: isFolder ? false : undefined,
    chunks: isFolder ? undefined : [],
  };
  return asker.kind === 'grant' ? { ...told, ...forGrant(item, asker) } : told;
}

/** A foreign folder as apps in delegated mode read it (cloudspaces-interop.md 10.1, enriched entry). */
export function delegatedEntry(item: Item, asker: Principal, { base, token, tokenSecret }: Delegation): Metadata {
  const access = { resource_url: base, access_token_key: token, access_token_secret: tokenSecret };
  return { ...metadataOf(item, asker), name: item.name, ...access };
}

function forGrant(item: Item, asker: Principal & { kind: 'grant' }): Partial<Metadata> {
  if (item.kind === 'file') return { etag: item.etag };
  if (item.id !== asker.folderId) return {};
  const { permission, expiresAt } = item.shared ?? asker;
  const expiry = expiresAt === undefined ? {} : { expires_at: storageTime(expiresAt) };
  return { permission, desk: [...KEPT_HERE], ...expiry };
}
