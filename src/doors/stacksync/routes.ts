import { Router, type ErrorRequestHandler, type Response } from 'express';
import { Failure, invalid, type Clock } from '../../kernel/index.js';
import type { Log } from '../../platform/index.js';
import { allowAnyOrigin } from '../cors.js';
import { createDoor, row, type AnyRow, type Arrival, type Row } from '../door.js';
import { createFile, createFolder, deleteFile, deleteFolder, moveItem } from './changes.js';
import { replaceContent, sendContent } from './contents.js';
import type { StorageRequest } from './incoming.js';
import { sendContents, sendFile, sendFolder, sendVersion, sendVersions } from './metadata.js';
import { versionOf } from './parameters.js';
import type { FolderSharing, StorageCaller, StorageTree } from './ports.js';
import { forCaller, refuse } from './refusals.js';
import { shareFolder, sendMembers, unshareFolder } from './sharing.js';

/** What the storage API stands on. */
export interface StacksyncInputs {
  readonly tree: StorageTree;
  readonly sharing: FolderSharing;
  /** Checks the proof of a request, see `createStorageAuthorizer`. */
  readonly authorize: (arrival: Arrival) => Promise<StorageCaller>;
  readonly log: Log;
  readonly clock: Clock;
  /** Longest file that is taken, bytes; default: no limit but the quota. */
  readonly maxUpload?: number | undefined;
}

type Handle = (request: StorageRequest, response: Response) => Promise<void>;
type Rule = 'none' | 'stream';

/**
 * The StackSync storage API v2 (stacksync-api-v2.md 4 to 6), to be mounted at the API prefix. No body is read before its
 * sender is known, whatever its type says.
 */
export function createStacksyncDoor(inputs: StacksyncInputs): Router {
  const router = Router().use(allowAnyOrigin);
  router.use(createDoor({ rows: storageRows(inputs), refuse, log: inputs.log }));
  // The old server's grammar: anything else below these two is a bad request (stacksync-api-v2.md 1).
  router.all(['/file/*rest', '/folder/*rest'], (request, response) => {
    refuse(invalid('There is no such call.'), request, response);
  });
  router.use(refuseUnroutable);
  return router;
}

/** What the router itself could not read, such as a malformed escape in a path. */
const refuseUnroutable: ErrorRequestHandler = (error: unknown, request, response, next) => {
  if (response.headersSent) next(error);
  else refuse(invalid('The request target is malformed.'), request, response);
};

/** Every call of the storage API. */
export function storageRows(inputs: StacksyncInputs): readonly AnyRow[] {
  const { tree, sharing, maxUpload = Infinity } = inputs;
  const make = rowMaker(inputs);
  const version = (path: string): AnyRow[] => [
    make('GET', path, 'metadata of one version of a file', 'none', (q, a) => sendVersion(tree, q, a)),
    make('GET', `${path}/data`, 'content of one version of a file', 'none', (q, a) =>
      sendContent(tree, q, a, versionOf(q)),
    ),
  ];
  return [
    make('POST', '/file', 'create a file', 'stream', (q, a) => createFile(tree, q, a, maxUpload)),
    make('GET', '/file/:id', 'metadata of a file', 'none', (q, a) => sendFile(tree, q, a)),
    make('PUT', '/file/:id', 'rename or move', 'stream', (q, a) => moveItem(tree, q, a)),
    make('DELETE', '/file/:id', 'delete a file', 'none', (q, a) => deleteFile(tree, q, a)),
    make('GET', '/file/:id/data', 'content of a file', 'none', (q, a) => sendContent(tree, q, a)),
    make('PUT', '/file/:id/data', 'replace the content of a file', 'stream', (q, a) =>
      replaceContent(tree, q, a, maxUpload),
    ),
    make('GET', '/file/:id/versions', 'every version of a file', 'none', (q, a) => sendVersions(tree, q, a)),
    ...version('/file/:id/version/:version'),
    ...version('/file/:id/versions/:version'),
    make('POST', '/folder', 'create a folder', 'stream', (q, a) => createFolder(tree, q, a)),
    make('GET', '/folder/:id', 'metadata of a folder', 'none', (q, a) => sendFolder(tree, q, a)),
    make('PUT', '/folder/:id', 'rename or move', 'stream', (q, a) => moveItem(tree, q, a)),
    make('DELETE', '/folder/:id', 'delete a folder with everything in it', 'none', (q, a) => deleteFolder(tree, q, a)),
    make('GET', '/folder/:id/contents', 'a folder with its children', 'none', (q, a) => sendContents(tree, q, a)),
    make('GET', '/folder/:id/members', 'who can open a folder', 'none', (q, a) => sendMembers(sharing, q, a)),
    make('POST', '/folder/:id/share', 'share a folder', 'stream', (q, a) => shareFolder(inputs, q, a)),
    make('POST', '/folder/:id/unshare', 'end shares, or leave', 'stream', (q, a) => unshareFolder(sharing, q, a)),
  ];
}

function rowMaker({ authorize }: StacksyncInputs) {
  return (method: Row<StorageCaller>['method'], path: string, summary: string, rule: Rule, handle: Handle): AnyRow =>
    row<StorageCaller>({
      method,
      path,
      summary,
      body: { kind: rule },
      enter: async (arrival) => {
        const caller = await authorize(arrival);
        requireVersion(arrival);
        return caller;
      },
      handle: async (request, response) => {
        try {
          await handle(request, response);
        } catch (error) {
          throw softened(error, request);
        }
      },
    });
}

/** Clients that left are no news; flagged clients are spared the 403. */
function softened(error: unknown, { caller, signal }: StorageRequest): unknown {
  if (!signal.aborted) return forCaller(error, caller);
  return new Failure('invalid', 'The client left.', { cause: error });
}

/** `StackSync-API: v2`, or with an underscore, in any letter case (stacksync-api-v2.md 1). */
function requireVersion({ http }: Arrival): void {
  const value = http.headers['stacksync-api'] ?? http.headers['stacksync_api'];
  if (typeof value === 'string' && value.trim().toLowerCase() === 'v2') return;
  throw invalid('The header StackSync-API: v2 is missing.');
}
