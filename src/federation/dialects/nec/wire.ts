const HYPHENATED = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** How .NET may print a GUID: its formats D, N, B and P, in either letter case. */
const SPELLINGS = new RegExp(`^(?:${HYPHENATED}|[0-9a-f]{32}|\\{${HYPHENATED}\\}|\\(${HYPHENATED}\\))$`, 'i');

/** A GUID in the spelling in which we mint them, lower case with hyphens; any other text as it is. */
export function canonicalGuid(text: string): string {
  if (!SPELLINGS.test(text)) return text;
  const digits = text.toLowerCase().replaceAll(/[^0-9a-f]/g, '');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
