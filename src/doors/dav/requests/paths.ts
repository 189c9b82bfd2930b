import { Failure, invalid, MAX_DEPTH, MAX_PATH_BYTES, parseName } from '../../../kernel/index.js';

/** Where a root of this door is, and how paths below it are read. */
export interface RootPath {
  /** Without a slash at its end. */
  readonly path: string;
  /** Segments that are a lone `.` are dropped: OpenCloud asks with such paths (open-cloud-mesh.md 8). */
  readonly takesDots: boolean;
}

/** A path below a root of this door: the names that lead there, none for the root itself. */
export interface DavPath {
  /** Each in NFC, as it stands in the tree. */
  readonly names: readonly string[];
  /** It was written with a slash at its end, as that of a folder. */
  readonly endsInSlash: boolean;
}

/**
 * Reads what stands behind a root in a request target or a destination (webdav.md 1.1): split at slashes first, each part
 * decoded once, UTF-8, NFC, and judged as a name. Throws `invalid` for the reason `bad-name` for what can name nothing here
 * (threat model PTH-01, PTH-02, PTH-03).
 */
export function parseDavPath(behindRoot: string, { takesDots }: Pick<RootPath, 'takesDots'> = NO_DOTS): DavPath {
  const written = behindRoot.replace(/^\/+/, '');
  const text = takesDots ? written.replace(LONE_DOTS, '') : written;
  if (text === '') return { names: [], endsInSlash: true };
  const endsInSlash = text.endsWith('/');
  const names = text
    .slice(0, endsInSlash ? -1 : undefined)
    .split('/')
    .map(readSegment);
  const bytes = names.reduce((sum, name) => sum + 1 + Buffer.byteLength(name), 0);
  if (names.length > MAX_DEPTH || bytes > MAX_PATH_BYTES) throw badName();
  return { names, endsInSlash };
}

const NO_DOTS = { takesDots: false };

/** Each with the slash behind it, so that the rest still ends in a slash exactly if the path named a folder. */
const LONE_DOTS = /(?<=^|\/)\.(?:\/|$)/g;

const DOTS = /^(?:\.|%2e){1,2}$/i;

function readSegment(segment: string): string {
  if (DOTS.test(segment)) throw badName();
  let decoded: string;
  try {
    decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(unescaped(segment));
  } catch {
    throw badName();
  }
  try {
    return parseName(decoded);
  } catch (cause) {
    throw badName(cause);
  }
}

/** The bytes of a part of an address, with its escapes decoded. */
function unescaped(segment: string): Buffer {
  if (/%(?![0-9a-f]{2})/i.test(segment)) throw invalid('An escape is broken.');
  const plain = segment.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(plain, 'latin1');
}

function badName(cause?: unknown): Failure {
  return new Failure('invalid', 'No file or folder can have this address.', { reason: 'bad-name', cause });
}
