import { isUtf8 } from 'node:buffer';
import { invalid } from '../../../../kernel/index.js';

/** What the head of a part says of it. */
export interface PartHead {
  readonly field: string;
  /** The name of the file as the person's machine has it; undefined for plain fields. */
  readonly fileName: string | undefined;
}

/** Reads the head of a part; undefined when it is no part of a form. Throws `invalid` for heads that are not UTF-8. */
export function readHead(head: Buffer): PartHead | undefined {
  if (!isUtf8(head)) throw invalid('The names in the form are not UTF-8. Please send it from a page of this cloud.');
  const disposition = lineOf(head.toString(), 'content-disposition');
  if (disposition === undefined || !/^form-data\b/i.test(disposition)) return undefined;
  const field = parameterOf(disposition, 'name');
  return field === undefined ? undefined : { field, fileName: parameterOf(disposition, 'filename') };
}

function lineOf(head: string, name: string): string | undefined {
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon !== -1 && line.slice(0, colon).toLowerCase() === name) return line.slice(colon + 1).trim();
  }
  return undefined;
}

/**
 * A parameter as browsers write it: between quotes, `"`, CR and LF as `%22`, `%0D` and `%0A`, everything else as it is,
 * a backslash too (HTML, multipart form data). So the quote that ends it is the next one.
 */
function parameterOf(disposition: string, name: string): string | undefined {
  for (const [, key = '', quoted, bare] of disposition.matchAll(/;[ \t]*([\w*-]+)=(?:"([^"]*)"|([^\s";]*))/g)) {
    if (key.toLowerCase() === name) return (quoted ?? bare ?? '').replace(/%(22|0D|0A)/g, decoded);
  }
  return undefined;
}

function decoded(_escape: string, code: string): string {
  return String.fromCharCode(Number.parseInt(code, 16));
}
