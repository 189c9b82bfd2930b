/**
 * A value as JSON in plain ASCII, everything else as `\uXXXX`: some clouds read what they get as ISO-8859-15, whatever its
 * type says, and would spoil names that come as UTF-8 (F-19). Every JSON body that we send is made here.
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
