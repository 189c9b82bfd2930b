import { z } from 'zod';
import {
  characterCount,
  invalid,
  notFound,
  parseItemId,
  parseName,
  ROOT_ID,
  type ItemId,
} from '../../../kernel/index.js';
import { parseForeignJson } from '../../../platform/index.js';
import type { StorageRequest } from './incoming.js';
import { BAD_FOLDER_NAME, SENTENCES } from './sentences.js';

/** The id in the path. Throws `invalid` unless it is canonical (threat model PTH-09). */
export function pathItemId(request: StorageRequest): ItemId {
  return parseItemId(request.params['id'] ?? '');
}

/** A version number in the path; one that cannot exist is `not-found`, anything but digits `invalid`. */
export function pathVersion(request: StorageRequest): number {
  const text = request.params['version'] ?? '';
  if (!/^(?:0|[1-9]\d*)$/.test(text)) throw invalid('A version is a whole number.');
  const version = Number(text);
  if (version < 1 || !Number.isSafeInteger(version)) throw notFound();
  return version;
}

/** Longest name that this API makes, in characters (stacksync-api-v2.md 2); all other doors go by bytes (F-33). */
const LONGEST_NAME = 100;

/** What a new name may be, for the API document. */
export const NAME_RULE =
  'At most 100 characters and 255 bytes of UTF-8, without `/`, `\\` and control characters; kept in NFC.';

/** Reads a name that an app gives. Throws `invalid` with `message`. */
export function parseNewName(text: string, message: string = SENTENCES['bad-name']): string {
  const name = parseName(text, message);
  if (characterCount(name) > LONGEST_NAME) throw invalid(message);
  return name;
}

/** What is said to a parent that is neither an id nor a spelling of the root. */
const NO_PARENT = { error: SENTENCES['parent-wrong'] };

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

const NO_NAME = SENTENCES['no-name'];

/** What a body that is no object is answered. */
const NO_OBJECT = { error: 'The body must be a JSON object.' };

/** The body of folder creation. */
export const NewFolder = z
  .looseObject(
    {
      name: z
        .string({ error: ({ input }) => (input === undefined || input === null ? NO_NAME : BAD_FOLDER_NAME) })
        .min(1, { error: () => NO_NAME })
        .meta({ description: NAME_RULE }),
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
        .string({ error: SENTENCES['bad-name'] })
        .nullish()
        .meta({ description: `The new name. ${NAME_RULE} Absent: as before.` }),
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
  return { name: parseNewName(name, BAD_FOLDER_NAME), parentId: parseParent(parent) };
}

/** Reads {@link Destination}. */
export function parseDestination(text: string): { name?: string; parentId?: ItemId } {
  const { name, parent } = parseBody(Destination, text);
  const to = {
    ...(name === undefined || name === null ? {} : { name: parseNewName(name) }),
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
    return parseForeignJson(text);
  } catch {
    throw invalid('The body must be JSON.');
  }
}
