const HYPHENATED = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

const OCTETS = '\\{0x[0-9a-f]{2}(?:,0x[0-9a-f]{2}){7}\\}';
const HEXADECIMAL = `\\{0x[0-9a-f]{8},0x[0-9a-f]{4},0x[0-9a-f]{4},${OCTETS}\\}`;

/** How .NET may print a GUID: its formats D, N, B, P and X, in either letter case. */
const SPELLINGS = new RegExp(
  `^(?:${HYPHENATED}|[0-9a-f]{32}|\\{${HYPHENATED}\\}|\\(${HYPHENATED}\\)|${HEXADECIMAL})$`,
  'i',
);

/** A GUID in the spelling of our own ones, lower case with hyphens; any other text unchanged. */
export function canonicalGuid(text: string): string {
  if (!SPELLINGS.test(text)) return text;
  const digits = text.toLowerCase().replaceAll(/0x|[^0-9a-f]/g, '');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
