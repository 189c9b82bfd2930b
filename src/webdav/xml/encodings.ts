import { TextDecoder } from 'node:util';

/**
 * What decodes an XML document that begins with these bytes: UTF-16 by its byte order mark, else UTF-8, with a mark or without.
 * Undefined for what shows itself as something else: UTF-16 and UTF-32 without a mark (XML 1.0, appendix F).
 */
export function decoderFor(start: Uint8Array): TextDecoder | undefined {
  const [first, second, third, fourth] = start;
  const isUtf32 = (first === 0 && second === 0) || (third === 0 && fourth === 0 && start.length > 3);
  if (isUtf32) return undefined;
  if (first === 0xff && second === 0xfe) return strict('utf-16le');
  if (first === 0xfe && second === 0xff) return strict('utf-16be');
  return first === 0 || second === 0 ? undefined : strict('utf-8');
}

/** Whether the encoding that a document declares agrees with the one that its bytes are in. */
export function isWantedEncoding(said: string | undefined, found: string): boolean {
  if (said === undefined) return true;
  const name = said.toLowerCase();
  if (found === 'utf-8') return name === 'utf-8' || name === 'utf8' || name === 'us-ascii';
  return name === 'utf-16' || name === found;
}

function strict(encoding: string): TextDecoder {
  return new TextDecoder(encoding, { fatal: true });
}
