import { Router, type Response } from 'express';
import { Failure, isFailure } from '../../kernel/index.js';
import { anyone, createDoor, NO_BODY, row, type AnyRow, type Method } from '../door/door.js';
import { createEntry, createStateEntry } from './entry.js';
import { mkcol, proppatch, remove } from './methods/changes.js';
import { get, put } from './methods/contents.js';
import { patch } from './methods/hashing.js';
import { Jobs } from './methods/jobs.js';
import { lock, unlock } from './methods/locking.js';
import { copy, move, type Moving } from './methods/moving.js';
import { cancelTransfer, sendState, STATES } from './methods/state.js';
import { sendOptions } from './methods/options.js';
import { propfind } from './methods/propfind.js';
import { report } from './methods/report.js';
import { createRefuse } from './refusals.js';
import { SECRET_ROOT } from './roots.js';
import { refuseShareInfo, shareInfoRow } from './share-info.js';
import { davRefusal, isAway, Places, type DavCaller, type DavInputs, type DavRequest } from './world/index.js';

type Handle = (inputs: Moving, request: DavRequest, response: Response) => Promise<void>;

const SUMMARIES = {
  GET: [get, 'Content of a file'],
  PUT: [put, 'Make a file, or give it new content'],
  PATCH: [patch, 'Make the hash of a file'],
  DELETE: [remove, 'Delete a file or a folder'],
  PROPFIND: [propfind, 'Properties of a resource, and of what is in it'],
  PROPPATCH: [proppatch, 'Change properties'],
  MKCOL: [mkcol, 'Make a folder'],
  COPY: [copy, 'Copy a file or a folder'],
  MOVE: [move, 'Move or rename a file or a folder'],
  LOCK: [lock, 'Take a lock, or hold it longer'],
  UNLOCK: [unlock, 'Give a lock back'],
  REPORT: [report, 'What has changed in a folder'],
} as const satisfies Partial<Record<Method, readonly [Handle, string]>>;

/** Everything at and below the roots, undecoded: paths are read by this door (webdav.md 1.1). */
const ROOTS = [
  { path: '/dav/*path', match: /^\/dav(?:\/.*)?$/ },
  { path: `${SECRET_ROOT}/*path`, match: /^\/public\.php\/webdav(?:\/.*)?$/ },
] as const;

/** Methods that change nothing. */
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PROPFIND', 'REPORT']);

/**
 * The WebDAV door (webdav.md 1), to be mounted at the top: at `/dav/` people’s files, at `/public.php/webdav/` and
 * `/dav/ocm/<share>/` what is shared with other clouds that speak Open Cloud Mesh (open-cloud-mesh.md 8).
 */
export function createDavDoor(inputs: DavInputs): Router {
  const router = Router({ caseSensitive: true });
  // Windows asks for the abilities of the top of the host first, and remembers the answer until it is restarted
  // (DC-01).
  router.options('/', (_request, response) => sendOptions(response));
  const { log } = inputs;
  router.use(createDoor({ rows: davRows(inputs), refuse: createRefuse(inputs), log }));
  router.use(createDoor({ rows: [shareInfoRow(inputs)], refuse: refuseShareInfo, log }));
  return router;
}

/** The rows of every method. Pages of browsers get no permission to ask (no CORS), and cookies open nothing here. */
function davRows(inputs: DavInputs): readonly AnyRow[] {
  const mark = inputs
    .tagOf('cloud')
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 8);
  const moving: Moving = {
    ...inputs,
    jobs: new Jobs(),
    fileId: ({ id }) => `${id.padStart(8, '0')}fb${mark}`,
  };
  const enter = createEntry(inputs);
  const rows = ROOTS.flatMap((root) =>
    Object.entries(SUMMARIES).map(([method, [handle, summary]]) =>
      row<DavCaller>({
        ...root,
        method: method as keyof typeof SUMMARIES,
        summary,
        enter,
        body: { kind: 'stream' },
        onlyReads: READING.has(method),
        handle: (request, response) => handled(moving, request, () => handle(moving, request, response)),
      }),
    ),
  );
  return [...ROOTS.map(optionsRow), ...rows, ...stateRows(inputs)];
}

/** The states of long work. They stand beside the roots, so that no name of a file can hide one (webdav.md 1.8). */
function stateRows(inputs: DavInputs): AnyRow[] {
  const at = { path: `${STATES}/:id`, enter: createStateEntry(inputs), body: NO_BODY };
  return [
    row<DavCaller>({
      ...at,
      method: 'GET',
      summary: 'How a copy or move stands',
      onlyReads: true,
      handle: ({ caller, params }, response) => sendState(inputs, caller, params['id'] ?? '', response),
    }),
    row<DavCaller>({
      ...at,
      method: 'DELETE',
      summary: 'Cancel a copy or move',
      handle: ({ caller, params }, response) => cancelTransfer(inputs, caller, params['id'] ?? '', response),
    }),
  ];
}

/** Answers OPTIONS to everybody, signed in or not: some programs give up on a 401 (DC-02). */
function optionsRow(root: (typeof ROOTS)[number]): AnyRow {
  return row<undefined>({
    ...root,
    method: 'OPTIONS',
    summary: 'What can be asked for',
    body: NO_BODY,
    enter: anyone,
    handle: (_request, response) => {
      sendOptions(response);
      return Promise.resolve();
    },
  });
}

/**
 * Runs a method, and rewords what it throws: a client that left is not logged as a defect, another cloud that is away
 * becomes 503, and a lock in the way is named by its address.
 */
async function handled(inputs: Moving, request: DavRequest, work: () => Promise<void>): Promise<void> {
  try {
    refuseReadOnly(request);
    await work();
  } catch (error) {
    if (request.signal.aborted) throw new Failure('invalid', 'The client left.', { cause: error });
    if (isFailure(error) && isAway(error)) throw away(error);
    if (!isFailure(error, 'locked')) throw error;
    const id = error.facts['locked'];
    const href = id === undefined ? undefined : await new Places(inputs.tree).hrefOf(request.caller, id as never);
    // Another cloud says that something is locked, not what: it is what the request is about.
    const asked = new URL(request.http.originalUrl, 'http://of.no.matter').pathname;
    const precondition = request.http.method === 'LOCK' ? 'no-conflicting-lock' : 'lock-token-submitted';
    throw davRefusal('locked', error.message, { precondition, href: href ?? asked }, error);
  }
}

/**
 * A read-only share refuses every change first, before conditions are judged or a byte of the body is read
 * (open-cloud-mesh.md 8).
 */
function refuseReadOnly({ http, caller: { principal } }: DavRequest): void {
  if (principal.kind !== 'grant' || principal.permission !== 'read-only' || READING.has(http.method)) return;
  throw new Failure('forbidden', 'This folder is shared for reading only.');
}

/** Seconds after which a cloud that was not reached is asked again. */
const AGAIN = 30;

/** What a cloud that is away is told of as: see {@link isAway}. */
function away(error: Failure): Failure {
  return new Failure('unavailable', error.message, { retryAfter: AGAIN, cause: error });
}
