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

/** Spellings of the root that clients send as a parent (stacksync-api-v2.md 4, body handling). */
const ROOT_SPELLINGS = new Set(['', '0', 'null', 'root']);

/** A parent as sent: text, number or nothing; the spellings of the root are one. Throws `invalid` otherwise. */
export function parseParent(value: unknown, message = 'Incorrect parent.'): ItemId {
  if (value === undefined || value === null) return ROOT_ID;
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string') throw invalid(message);
  if (ROOT_SPELLINGS.has(text)) return ROOT_ID;
  try {
    return parseItemId(text);
  } catch {
    throw invalid(message);
  }
}

const FOLDER = z.looseObject({ name: z.unknown().optional(), parent: z.unknown().optional() });

/** The body of folder creation, checked. */
export function parseNewFolder(text: string): { name: string; parentId: ItemId } {
  const { name, parent } = parseObject(text);
  if (name === undefined || name === null || name === '') throw invalid('Folder name not set.');
  return { name: parseNameValue(name, 'Invalid folder name.'), parentId: parseParent(parent) };
}

/** The body of a rename or move: at least one of both; unknown keys are ignored (stacksync-api-v2.md 5). */
export function parseDestination(text: string): { name?: string; parentId?: ItemId } {
  const { name, parent } = parseObject(text);
  const to = {
    ...(name === undefined || name === null ? {} : { name: parseNameValue(name, 'Invalid file name.') }),
    ...(parent === undefined ? {} : { parentId: parseParent(parent) }),
  };
  if (Object.keys(to).length === 0) throw invalid('Give a name or a parent.');
  return to;
}

function parseNameValue(value: unknown, message: string): string {
  if (typeof value !== 'string') throw invalid(message);
  return parseName(value, message);
}

function parseObject(text: string): { name?: unknown; parent?: unknown } {
  const parsed = FOLDER.safeParse(parseJson(text));
  if (!parsed.success) throw invalid('The body must be a JSON object.');
  return parsed.data;
}

/** JSON, or `invalid`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalid('The body must be JSON.');
  }
}
