import type { Response } from 'express';
import type { Transfer } from '../../../files/index.js';
import { hrefOf } from '../../../webdav/index.js';
import type { DavCaller, DavInputs } from '../world/index.js';
import { memberFaults, statusFor } from './faults.js';

/** Where the states of transfers are, from the root of the host: beside the roots of files, and below none of them. */
export const STATES = '/dav-transfers';

/** Seconds after which a state is worth asking for again. */
const AGAIN = 5;

/** How a request has called source and target, kept with its transfer. */
export interface TransferNote {
  /** The path of the root, as `DavRoot.path`. */
  readonly root: string;
  /** Names from the root down. */
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** What is kept with a transfer to word its answers. */
export function writeNote(note: TransferNote): string {
  return JSON.stringify(note);
}

/** What {@link writeNote} has kept. */
export function readNote({ note }: Pick<Transfer, 'note'>): TransferNote {
  return JSON.parse(note) as TransferNote;
}

/** The path at which the state of a transfer is asked for; who knows it learns nothing without the credentials. */
export function stateAddress(id: string): string {
  return `${STATES}/${id}`;
}

/** GET of a state: how a transfer stands. `not-found` for everybody but the person or grant who asked for it. */
export async function sendState(
  { transfers }: Pick<DavInputs, 'transfers'>,
  { principal }: DavCaller,
  id: string,
  response: Response,
): Promise<void> {
  const transfer = await transfers.state(principal, id);
  const safe = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };
  const again = transfer.endedAt === undefined ? { 'Retry-After': AGAIN } : {};
  const body = JSON.stringify(stateOf(transfer));
  response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8', ...safe, ...again });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function stateOf(transfer: Transfer) {
  const { status, isMove, isCancelled, isPlaced, files, bytes, totalBytes, isFolder, faults } = transfer;
  const { root, from, to } = readNote(transfer);
  const href = hrefOf(root, to, isFolder ? 'folder' : 'file');
  const errors = memberFaults(faults, { root, names: from }).map(({ href: at, failure }) => {
    return { href: at, status: statusFor(failure), message: failure.message };
  });
  return {
    status,
    method: isMove ? 'MOVE' : 'COPY',
    files,
    bytes,
    total_bytes: totalBytes ?? null,
    // It is there as soon as it is whole, whatever of its source could not be removed.
    ...(isPlaced ? { href } : {}),
    ...(isCancelled ? { cancelled: true } : {}),
    ...(status === 'failed' && !isCancelled ? { errors } : {}),
  };
}

/** DELETE of a state: cancels what is under way. `conflict` once the copy stands at its place. */
export async function cancelTransfer(
  { transfers }: Pick<DavInputs, 'transfers'>,
  { principal }: DavCaller,
  id: string,
  response: Response,
): Promise<void> {
  const transfer = await transfers.cancel(principal, id);
  // Where another process has to stop it, that may take a moment.
  const status = transfer.endedAt === undefined ? 202 : 204;
  response.writeHead(status, status === 202 ? { 'Content-Length': 0 } : {}).end();
}
