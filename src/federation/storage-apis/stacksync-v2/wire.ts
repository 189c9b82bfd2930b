import { MAX_PATH_BYTES, parsePermission, parseStorageTime, wellFormed } from '../../../kernel/index.js';
import type { Node, NodeStatus, UnusableWhy } from '../../../files/index.js';
import { safeType, strongTag } from '../../peer-call/foreign-contents.js';
import type { Terms } from '../../ports/storage-api.js';

type Fields = Readonly<Record<string, unknown>>;

/** 9999-12-31: later times have no form in the storage API. */
const LATEST = 253_402_300_799_999;

/**
 * The metadata of one item as a node, or what is wrong with it. Tolerant (ruling F-11): accepts names that we would not
 * give, numbers as text and signed checksums; descriptive fields may be missing or odd. The caller checks the parent.
 * Cheap for unusable entries, of which a listing may be full (F-60).
 */
export function readEntry(value: unknown): Node | UnusableWhy {
  return readItem(value, undefined);
}

/** {@link readEntry} without the reason; undefined when the item cannot be used. */
export function readNode(value: unknown): Node | undefined {
  return usable(readItem(value, undefined));
}

/** {@link readNode} for the top of a share, whose name may be unusable: the mount has a name of its own. */
export function readTop(value: unknown): Node | undefined {
  return usable(readItem(value, 'Shared'));
}

function usable(read: Node | UnusableWhy): Node | undefined {
  return typeof read === 'string' ? undefined : read;
}

function readItem(value: unknown, nameless: string | undefined): Node | UnusableWhy {
  if (typeof value !== 'object' || value === null) return 'shape';
  const fields = value as Fields;
  const key = readId(fields['id']);
  if (key === undefined) return 'id';
  const name = readName(fields['filename']) ?? nameless;
  if (name === undefined) return 'name';
  const parentKey = readParent(fields['parent_id']);
  if (parentKey === undefined) return 'parent';
  const isFolder = readFlag(fields['is_folder']);
  if (isFolder === undefined) return 'kind';
  const common = { key, name, parentKey, ...lastChange(fields) };
  return isFolder ? { ...common, ...FOLDER } : readFile(fields, common);
}

function readFile(fields: Fields, common: Omit<Node, keyof ReturnType<typeof fileParts>>): Node | UnusableWhy {
  const size = wholeNumber(fields['size']) ?? -1;
  return size < 0 ? 'size' : { ...common, ...fileParts(fields, size, common.version) };
}

const FOLDER = { kind: 'folder', size: 0, checksum: 0, mimetype: 'inode/directory', etag: '' } as const;

function lastChange(fields: Fields): Pick<Node, 'status' | 'version' | 'modifiedAt' | 'contentAt'> {
  const version = wholeNumber(fields['version']) ?? 1;
  const modifiedAt = readTime(fields['modified_at']);
  // The API has only one of the two times.
  const times = { modifiedAt, contentAt: modifiedAt };
  return { status: statusOf(fields['status']), version: Math.max(1, version), ...times };
}

function fileParts(fields: Fields, size: number, version: number) {
  const checksum = readChecksum(fields['checksum']);
  const etag = strongTag(fields['etag']) ?? `"v${String(version)}-${checksum.toString(16)}"`;
  return { kind: 'file', size, checksum, mimetype: safeType(textOf(fields['mimetype']) ?? ''), etag } as const;
}

/** Ids above 2^53 have lost digits when the JSON was parsed, so such entries are unusable (threat model PTH-09). */
function readId(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? String(value) : undefined;
  return typeof value === 'string' && /^[1-9][0-9]{0,17}$/.test(value) ? value : undefined;
}

/** Null at the root of the owner's tree, which servers write in several ways; undefined when it cannot be read. */
function readParent(value: unknown): string | null | undefined {
  const isRoot = value === undefined || value === null || [0, '0', '', 'null'].includes(value as string | number);
  return isRoot ? null : readId(value);
}

/**
 * Any possible name of a file (F-11): without separators and NUL, and neither `.` nor `..`. Normalised to NFC, so that
 * equal names are equal as in our own folders (threat model PTH-04).
 */
function readName(value: unknown): string | undefined {
  if (typeof value !== 'string' || Buffer.byteLength(value) > MAX_PATH_BYTES) return undefined;
  const name = wellFormed(value).normalize('NFC');
  return name === '' || name === '.' || name === '..' || /[/\0]/.test(name) ? undefined : name;
}

function readFlag(value: unknown): boolean | undefined {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : undefined;
}

/** A safe integer, also as text; undefined for anything else. */
function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?[0-9]{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

/** Adler-32 as an unsigned number; Java servers send it signed. 0 when it is missing or unreadable. */
function readChecksum(value: unknown): number {
  const number = wholeNumber(value) ?? 0;
  return number >= -0x8000_0000 && number <= 0xffff_ffff ? number >>> 0 : 0;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A move is `MOVED` in old servers' tables (stacksync-api-v2.md 2). */
function statusOf(text: unknown): NodeStatus {
  if (text === 'NEW' || text === 'CHANGED' || text === 'DELETED') return text;
  return text === 'RENAMED' || text === 'MOVED' ? 'RENAMED' : 'NEW';
}

/**
 * Reads the API's own form, milliseconds, or the Java form that old servers give after a change; 0 for anything else.
 */
function readTime(value: unknown): number {
  const at = wholeNumber(value) ?? (typeof value === 'string' && value.length <= 64 ? parseTime(value) : 0);
  return at >= 0 && at <= LATEST ? at : 0;
}

function parseTime(text: string): number {
  try {
    return parseStorageTime(text, 'modified_at');
  } catch {
    const at = Date.parse(text.replace(/ [A-Z]{3,4} (\d{4})$/, ' $1 GMT'));
    return Number.isNaN(at) ? 0 : at;
  }
}

/**
 * Reads the terms in a shared folder's metadata; undefined when they cannot be understood. Whoever tells the permission and
 * no time says that there is none.
 */
export function readTerms(value: unknown): Terms | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Fields;
  try {
    const permission = readTerm(fields['permission'], parsePermission);
    const expiresAt = readTerm(fields['expires_at'], (text) => parseStorageTime(text, 'expires_at'));
    return { permission, expiresAt: expiresAt ?? (permission === undefined ? undefined : null) };
  } catch {
    return undefined;
  }
}

/** Absent and null mean the same; anything but text cannot be understood. */
function readTerm<T>(value: unknown, parse: (text: string) => T): T | undefined {
  return value === undefined || value === null ? undefined : parse(typeof value === 'string' ? value : '');
}

/** Whether an answer has the list whose entries were handed over before. */
export function isListed(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && Array.isArray((value as Fields)[name]);
}
