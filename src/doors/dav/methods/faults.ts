import type { Fault } from '../../../files/index.js';
import type { Failure } from '../../../kernel/index.js';
import type { Response } from 'express';
import { STATUS_CODES } from 'node:http';
import { responseOf } from '../properties/index.js';
import { davStatusOf, isAway, type DavRequest } from '../world/index.js';
import { escapeText, hrefOf } from '../../../webdav/index.js';
import { sendMultistatus } from '../xml/index.js';
import { ABILITIES } from './options.js';

/** Something in a folder that failed, by its address. */
interface FaultAt {
  readonly href: string;
  readonly failure: Failure;
}

/** What failed, by its address; `root` and `names` lead to the top of what was copied or moved. */
export function memberFaults(
  faults: readonly Fault[],
  { root, names }: { readonly root: string; readonly names: readonly string[] },
): FaultAt[] {
  return faults.map(({ path, kind, failure }) => ({ href: hrefOf(root, [...names, ...path], kind), failure }));
}

/** Tells which members kept something from being done whole (RFC 4918 9.8.8). */
export async function sendFaults(response: Response, faults: readonly FaultAt[], request: DavRequest): Promise<void> {
  const told = faults.map(({ href, failure }) => {
    const status = statusFor(failure);
    const line = `<d:status>HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}</d:status>`;
    return responseOf(href, `${line}<d:responsedescription>${escapeText(failure.message)}</d:responsedescription>`);
  });
  await sendMultistatus(response, told, request, ABILITIES);
}

/** Whatever clashes with what stands there is a conflict; a cloud that does not answer is away, as it is for a request. */
export function statusFor(failure: Failure): number {
  if (failure.reason !== undefined) return 409;
  return isAway(failure) ? 503 : davStatusOf(failure.code);
}
