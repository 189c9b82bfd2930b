/** The ways in which .NET prints a GUID: `D` in capitals, `N`, `B`. */
export type GuidSpelling = 'upper' | 'bare' | 'braced';

/** A GUID in lower case with hyphens, however it is written; throws for anything else, as `Guid.Parse` does. */
export function parseGuid(text: string): string {
  const digits = text
    .replace(/^\{(.*)\}$/, '$1')
    .replaceAll('-', '')
    .toLowerCase();
  const match = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(digits);
  if (match === null) throw new Error('FormatException: Unrecognized Guid format.');
  return match.slice(1).join('-');
}

/** Prints a GUID. */
export function printGuid(guid: string, spelling: GuidSpelling): string {
  switch (spelling) {
    case 'upper':
      return guid.toUpperCase();
    case 'bare':
      return guid.replaceAll('-', '');
    case 'braced':
      return `{${guid}}`;
  }
}
