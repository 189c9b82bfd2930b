import { z } from 'zod';
import { invalid, notFound, parseItemId, parseName, ROOT_ID, type ItemId } from '../../kernel/index.js';
import type { StorageRequest } from './incoming.js';

/** The id in the path. Throws `invalid` unless it is canonical (threat model PTH-09). */
export function itemIdOf(request: StorageRequest): ItemId {
  return parseItemId(request.params['id'] ?? '');
}

/** A version number in the path; one that cannot exist is `not-found`, anything but digits `invalid`. */
export function versionOf(request: StorageRequest): number {
  const text = request.params['version'] ?? '';
  if (!/^(?:0|[1-9]\d*)$/.test(text)) throw invalid('A version is a whole number.');
  const version = Number(text);
  if (version < 1 || !Number.isSafeInteger(version)) throw notFound();
  return version;
}

/** What is said to a parent that is neither an id nor a spelling of the root. */
const NO_PARENT = { error: 'Incorrect parent.' };

/** A parent as clients send it: an id as number or text, or one of the spellings of the root (stacksync-api-v2.md 4). */
const Parent = z
  .union([z.int().min(0, NO_PARENT), z.string().regex(/^(?:|0|null|root|[1-9][0-9]{0,17})$/, NO_PARENT)], NO_PARENT)
  .meta({ id: 'Parent', description: 'The id of a folder. The root is 0, empty, `null` or `root`.', examples: [31] });

const ROOT_SPELLINGS = new Set(['', '0', 'null', 'root']);

/** A parent as sent: text, number or nothing; the spellings of the root are one. Throws `invalid` otherwise. */
export function parseParent(value: string | number | null | undefined): ItemId {
  const sent = Parent.nullish().safeParse(value);
  if (!sent.success) throw invalid(NO_PARENT.error);
  const text = String(sent.data ?? '');
  return ROOT_SPELLINGS.has(text) ? ROOT_ID : parseItemId(text);
}

const NO_NAME = 'Folder name not set.';

/** What a body that is no object is answered. */
const NO_OBJECT = { error: 'The body must be a JSON object.' };

/** The body of folder creation. */
export const NewFolder = z
  .looseObject(
    {
      name: z
        .string({ error: ({ input }) => (input === undefined || input === null ? NO_NAME : 'Invalid folder name.') })
        .min(1, { error: () => NO_NAME })
        .meta({ description: 'At most 100 characters, without `/` and control characters.' }),
      parent: Parent.nullish().meta({ description: 'Absent: the root.' }),
    },
    NO_OBJECT,
  )
  .meta({ id: 'NewFolder', examples: [{ name: 'Plans', parent: 0 }] });

/** The body of a rename or move: at least one of both; unknown keys are ignored (stacksync-api-v2.md 5). */
export const Destination = z
  .looseObject(
    {
      name: z
        .string({ error: 'Invalid file name.' })
        .nullish()
        .meta({ description: 'The new name. Absent: as before.' }),
      parent: Parent.nullish().meta({ description: 'The new folder. Absent: as before; null: the root.' }),
    },
    NO_OBJECT,
  )
  .meta({
    id: 'Destination',
    description: 'At least one of both.',
    examples: [{ name: 'Plans 2027' }, { parent: 31 }],
  });

/** Reads {@link NewFolder}, and its name for what a name may be. */
export function parseNewFolder(text: string): { name: string; parentId: ItemId } {
  const { name, parent } = parseBody(NewFolder, text);
  return { name: parseName(name, 'Invalid folder name.'), parentId: parseParent(parent) };
}

/** Reads {@link Destination}. */
export function parseDestination(text: string): { name?: string; parentId?: ItemId } {
  const { name, parent } = parseBody(Destination, text);
  const to = {
    ...(name === undefined || name === null ? {} : { name: parseName(name, 'Invalid file name.') }),
    ...(parent === undefined ? {} : { parentId: parseParent(parent) }),
  };
  if (Object.keys(to).length === 0) throw invalid('Give a name or a parent.');
  return to;
}

/** A JSON body of this shape; else `invalid` with the first thing that the schema says against it. */
function parseBody<T>(schema: z.ZodType<T>, text: string): T {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw invalid(parsed.error.issues[0]?.message ?? NO_OBJECT.error);
}

/** JSON, or `invalid`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalid('The body must be JSON.');
  }
}
