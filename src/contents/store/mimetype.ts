import { fileTypeFromBuffer } from 'file-type';

/** How many leading bytes {@link sniffMimetype} looks at. */
export const SNIFF_BYTES = 4_100;

/**
 * The media type of a file, found in its first bytes; its name and the uploader's claim are ignored (threat model
 * CNT-02).
 */
export async function sniffMimetype(head: Uint8Array, size: number): Promise<string> {
  if (size === 0) return 'inode/x-empty';
  const binary = await binaryType(head);
  if (binary !== undefined && binary !== 'application/xml') return binary;
  const text = readText(head, head.length < size);
  if (text === undefined) return binary ?? 'application/octet-stream';
  return markupType(text) ?? 'text/plain';
}

async function binaryType(head: Uint8Array): Promise<string | undefined> {
  try {
    return (await fileTypeFromBuffer(head))?.mime;
  } catch {
    // A truncated or hostile header has no type.
    return undefined;
  }
}

/** The head as text, or undefined when it is not UTF-8 or holds control characters. */
function readText(head: Uint8Array, cut: boolean): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: cut });
    // eslint-disable-next-line no-control-regex -- control characters are what tells binary from text
    return /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f\u007f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

const MARKUP: readonly (readonly [RegExp, string])[] = [
  [/^<svg[\s>/]/i, 'image/svg+xml'],
  [
    /^<(?:!doctype\s+html|html|head|body|script|style|title|iframe|meta|link|a|b|p|h1|div|table|img|br|font)[\s>/]/i,
    'text/html',
  ],
  [/^<!doctype\s+svg/i, 'image/svg+xml'],
];

function markupType(text: string): string | undefined {
  const start = skipProlog(text);
  const known = MARKUP.find(([pattern]) => pattern.test(start.slice(0, 100)))?.[1];
  return known ?? (/^\s*<\?xml\s/.test(text) ? 'application/xml' : undefined);
}

/** Steps over white space, comments, the XML declaration and processing instructions, one at a time. */
function skipProlog(text: string): string {
  let rest = text.trimStart();
  for (;;) {
    const end = rest.startsWith('<!--') ? rest.indexOf('-->') + 3 : rest.startsWith('<?') ? rest.indexOf('?>') + 2 : -1;
    if (end < 4) return rest;
    rest = rest.slice(end).trimStart();
  }
}
