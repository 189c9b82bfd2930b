import { Failure, isFailure } from '../../../../kernel/index.js';
import { longWork } from '../../../../platform/index.js';
import {
  DAV,
  dav,
  escapeValue,
  FOOTBRIDGE,
  isNamed,
  OC,
  OCM,
  OCS,
  readXmlParts,
  type XmlElement,
  type XmlLimits,
} from '../../../../webdav/index.js';
import { ASKED, readResponse, type Said } from './said.js';

/** Longest answer that is read (webdav.md 2). */
export const LISTING_LIMITS: XmlLimits = {
  bytes: 64 * 1024 * 1024,
  depth: 32,
  elements: 1_000,
  parts: 100_000,
  piece: 8 * 1024,
};

const PREFIXES: readonly (readonly [prefix: string, namespace: string])[] = [
  ['d', DAV],
  ['oc', OC],
  ['ocs', OCS],
  ['ocm', OCM],
  ['f', FOOTBRIDGE],
];

/** The body of every PROPFIND. */
export const PROPFIND_BODY = propfindBody();

function propfindBody(): string {
  const declared = PREFIXES.map(([prefix, namespace]) => ` xmlns:${prefix}="${escapeValue(namespace)}"`).join('');
  const prefixes = new Map(PREFIXES.map(([prefix, namespace]) => [namespace, prefix]));
  const asked = ASKED.map(({ namespace, name }) => `<${prefixes.get(namespace) ?? 'd'}:${name}/>`).join('');
  return `<?xml version="1.0" encoding="utf-8"?>\n<d:propfind${declared}><d:prop>${asked}</d:prop></d:propfind>`;
}

/** Takes the resources of a 207 one by one. `absent`: it is not there; undefined: the entry cannot be read. */
export type TakeSaid = (said: Said | 'absent' | undefined) => void;

/**
 * Reads a 207 as it arrives (webdav.md 2), and stops as soon as it is too long, too deep or not XML. Other work gets
 * its turn in between (F-60). Throws `peer-failed` for what cannot be used; what `take` throws ends the reading.
 */
export async function readMultistatus(body: AsyncIterable<Uint8Array>, take: TakeSaid): Promise<void> {
  let root: XmlElement | undefined;
  try {
    root = await readXmlParts(unhurried(body), { limits: LISTING_LIMITS, take: (part) => take(readResponse(part)) });
  } catch (error) {
    throw unreadable(error);
  }
  if (root === undefined || !isNamed(root, dav('multistatus'))) throw junk('something else than a multistatus');
}

/**
 * Bytes that are parsed before other work gets its turn: a piece from a socket can be four times as long, and dense XML
 * is slow.
 */
const SLICE = 16 * 1024;

/** The same bytes in slices, with a turn for other work between them. */
async function* unhurried(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    for (let start = 0; start < piece.length; start += SLICE) {
      yield piece.subarray(start, start + SLICE);
      await longWork.rest();
    }
  }
}

const OF_READER = ['invalid', 'too-large', 'unsupported-type'] as const;

function unreadable(error: unknown): unknown {
  if (!isFailure(error) || !OF_READER.some((code) => code === error.code)) return error;
  return junk(`an answer that cannot be read: ${error.message}`);
}

/** The refusal of an answer that makes no sense. */
export function junk(detail: string): Failure {
  return new Failure('peer-failed', 'The other cloud answered in a way that cannot be used.', {
    detail: `the other cloud sent ${detail}`,
  });
}
