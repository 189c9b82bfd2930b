const ENCODED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const sign = String.fromCharCode(byte);
  return /[A-Za-z0-9\-._~]/.test(sign) ? sign : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

/** One name as it stands in an address: everything but letters, digits and `- . _ ~` is escaped, byte by byte. */
export function encodeName(name: string): string {
  if (/^[A-Za-z0-9\-._~]*$/.test(name)) return name;
  let text = '';
  for (const byte of Buffer.from(name)) text += ENCODED[byte] ?? '';
  return text;
}

/**
 * The name in one part of an address: escapes are decoded once, and a plus sign stays one. Undefined for a broken
 * escape, or bytes that are not UTF-8.
 */
export function decodeName(segment: string): string | undefined {
  if (!segment.includes('%')) return segment;
  if (/%(?![0-9a-f]{2})/i.test(segment)) return undefined;
  const bytes = segment.split(/((?:%[0-9a-f]{2})+)/i).map((part, index) => {
    return index % 2 === 0 ? Buffer.from(part) : Buffer.from(part.replaceAll('%', ''), 'hex');
  });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(bytes));
  } catch {
    return undefined;
  }
}

/**
 * The address of something below a root, absolute and without a host; that of a folder ends in a slash (webdav.md 1.1).
 * `root`: without a slash at its end.
 */
export function hrefOf(root: string, names: readonly string[], kind: 'file' | 'folder'): string {
  const path = [root, ...names.map(encodeName)].join('/');
  return kind === 'folder' ? `${path}/` : path;
}
