import type { ErrorRequestHandler, Response, Router } from 'express';
import { Failure, invalid, type Clock } from '../../kernel/index.js';
import type { Tree } from '../../files/index.js';
import type { Log } from '../../platform/index.js';
import type { Recipients } from '../../federation/index.js';
import type { Leaving, Sharing } from '../../shares/index.js';
import { allowAnyOrigin } from '../door/cors.js';
import { createDoor, row, type AnyRow, type Arrival, type Row } from '../door/door.js';
import type { Operation } from '../door/operation.js';
import { createFile, createFolder, deleteFile, deleteFolder, moveItem } from './calls/changes.js';
import { replaceContent, sendContent } from './calls/contents.js';
import { calls, versionCalls } from './document.js';
import type { StorageRequest } from './wire/incoming.js';
import { sendContents, sendFile, sendFolder, sendVersion, sendVersions, type Tagging } from './calls/metadata.js';
import { pathVersion } from './wire/parameters.js';
import type { StorageCaller } from './wire/ports.js';
import { forCaller, refuse } from './refusals.js';
import { shareFolder, sendMembers, unshareFolder } from './calls/sharing.js';

/** What the storage API needs. */
export interface StacksyncInputs {
  readonly tree: Pick<
    Tree,
    'stat' | 'list' | 'open' | 'head' | 'create' | 'replace' | 'makeFolder' | 'move' | 'remove' | 'versions' | 'version'
  >;
  readonly sharing: Pick<Sharing, 'share' | 'unshare' | 'members'>;
  /** Tells from an address how somebody is reached. */
  readonly recipients: Pick<Recipients, 'sort'>;
  readonly leaving: Pick<Leaving, 'leave'>;
  /** Checks the proof of a request, see `createStorageAuthorizer`. */
  readonly authorize: (arrival: Arrival) => Promise<StorageCaller>;
  /** See {@link Tagging}. */
  readonly tagOf: Tagging['tagOf'];
  readonly log: Log;
  readonly clock: Clock;
  /** Longest file that is taken, bytes; default: no limit but the quota. */
  readonly maxUpload?: number | undefined;
}

type Handle = (request: StorageRequest, response: Response) => Promise<void>;

/**
 * The StackSync storage API v2 (stacksync-api-v2.md 4 to 6), to be mounted at the API prefix. No body is read before its
 * sender is known, whatever its type says.
 */
export function createStacksyncDoor(inputs: StacksyncInputs): Router {
  const router = createDoor({ rows: storageRows(inputs), refuse, log: inputs.log, first: allowAnyOrigin });
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
  const version = (path: string, { metadata, content }: ReturnType<typeof versionCalls>): AnyRow[] => [
    make('GET', path, metadata, 'Metadata of one version of a file', (q, a) => sendVersion(tree, q, a)),
    make('GET', `${path}/data`, content, 'Content of one version of a file', (q, a) =>
      sendContent(tree, q, a, pathVersion(q)),
    ),
  ];
  const data = '/file/:id/data';
  return [
    make('POST', '/file', calls.createFile, 'Create a file', (q, a) => createFile(tree, q, a, maxUpload)),
    make('GET', '/file/:id', calls.getFile, 'Metadata of a file', (q, a) => sendFile(tree, q, a)),
    make('PUT', '/file/:id', calls.moveFile, 'Rename or move', (q, a) => moveItem(tree, q, a)),
    make('DELETE', '/file/:id', calls.deleteFile, 'Delete a file', (q, a) => deleteFile(tree, q, a)),
    make('GET', data, calls.downloadFile, 'Content of a file', (q, a) => sendContent(tree, q, a)),
    make('PUT', data, calls.uploadFile, 'Replace the content of a file', (q, a) =>
      replaceContent(tree, q, a, maxUpload),
    ),
    make('GET', '/file/:id/versions', calls.listVersions, 'Every version of a file', (q, a) =>
      sendVersions(tree, q, a),
    ),
    ...version('/file/:id/version/:version', versionCalls('Version')),
    ...version('/file/:id/versions/:version', versionCalls('Versions')),
    make('POST', '/folder', calls.createFolder, 'Create a folder', (q, a) => createFolder(tree, q, a)),
    make('GET', '/folder/:id', calls.getFolder, 'Metadata of a folder', (q, a) => sendFolder(inputs, q, a)),
    make('PUT', '/folder/:id', calls.moveFolder, 'Rename or move', (q, a) => moveItem(tree, q, a)),
    make('DELETE', '/folder/:id', calls.deleteFolder, 'Delete a folder', (q, a) => deleteFolder(tree, q, a)),
    make('GET', '/folder/:id/contents', calls.listFolder, 'A folder with its children', (q, a) =>
      sendContents(inputs, q, a),
    ),
    make('GET', '/folder/:id/members', calls.listMembers, 'Who can open a folder', (q, a) =>
      sendMembers(sharing, q, a),
    ),
    make('POST', '/folder/:id/share', calls.shareFolder, 'Share a folder', (q, a) => shareFolder(inputs, q, a)),
    make('POST', '/folder/:id/unshare', calls.unshareFolder, 'End shares, or leave', (q, a) =>
      unshareFolder(inputs, q, a),
    ),
  ];
}

function rowMaker({ authorize }: StacksyncInputs) {
  return (
    method: Row<StorageCaller>['method'],
    path: string,
    document: Operation,
    summary: string,
    handle: Handle,
  ): AnyRow =>
    row<StorageCaller>({
      method,
      path,
      summary,
      document,
      body: { kind: document.body === undefined ? 'none' : 'stream' },
      onlyReads: method === 'GET',
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

/** Disconnected clients are not logged; flagged clients get 400 instead of 403. */
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
