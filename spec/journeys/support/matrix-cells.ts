import { storageRows } from '../../../src/doors/stacksync/index.js';
import type { Asker, Scope, Spot } from './matrix-stage.js';
import type { StorageClient } from './storage-client.js';
import type { Answer, Sent } from './wire.js';

/** A call of the storage API, as the matrix makes it upon any item. */
export interface Cell {
  /** `METHOD /path`, as in the rows of the door. */
  readonly row: string;
  /** What it wants: to look, to change, or to share. */
  readonly verb: 'read' | 'write' | 'share';
  /** The kind of item that it is made for. */
  readonly kind: 'file' | 'folder' | 'either';
  /** What a grant or person who may do it is told. */
  readonly success: number;
  /** The status for a deleted file. */
  readonly deleted: number;
  call(app: StorageClient, id: number): Promise<Answer>;
}

type Making = Pick<Cell, 'verb' | 'kind' | 'success' | 'deleted'> & {
  /** Body and query; none for reads. */
  readonly send?: (id: number) => Sent & { readonly query?: string };
};

const json = (body: unknown): Sent => ({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const octets = (body: string): Sent => ({ headers: { 'content-type': 'application/octet-stream' }, body });

let made = 0;
const newName = (): string => `made ${String((made += 1))}`;

const look = (kind: Cell['kind'], deleted: number): Making => ({ verb: 'read', kind, success: 200, deleted });

/** Every row of the storage API and how it is called. A row that is missing here has no cell, and the matrix fails. */
const MAKINGS: Readonly<Record<string, Making>> = {
  'POST /file': {
    verb: 'write',
    kind: 'folder',
    success: 201,
    deleted: 400,
    send: (id) => ({ ...octets('new'), query: `?name=${encodeURIComponent(newName())}&parent=${String(id)}` }),
  },
  'GET /file/:id': look('file', 200),
  'PUT /file/:id': { verb: 'write', kind: 'either', success: 200, deleted: 404, send: () => json({ name: newName() }) },
  'DELETE /file/:id': { verb: 'write', kind: 'file', success: 200, deleted: 404 },
  'GET /file/:id/data': look('file', 404),
  'PUT /file/:id/data': { verb: 'write', kind: 'file', success: 200, deleted: 404, send: () => octets('changed') },
  'GET /file/:id/versions': look('file', 200),
  'GET /file/:id/version/:version': look('file', 200),
  'GET /file/:id/version/:version/data': look('file', 404),
  'GET /file/:id/versions/:version': look('file', 200),
  'GET /file/:id/versions/:version/data': look('file', 404),
  'POST /folder': {
    verb: 'write',
    kind: 'folder',
    success: 201,
    deleted: 400,
    send: (id) => json({ name: newName(), parent: id }),
  },
  'GET /folder/:id': look('folder', 404),
  'PUT /folder/:id': {
    verb: 'write',
    kind: 'either',
    success: 200,
    deleted: 404,
    send: () => json({ name: newName() }),
  },
  'DELETE /folder/:id': { verb: 'write', kind: 'folder', success: 200, deleted: 404 },
  'GET /folder/:id/contents': look('either', 200),
  'GET /folder/:id/members': look('folder', 404),
  'POST /folder/:id/share': {
    verb: 'share',
    kind: 'folder',
    success: 201,
    deleted: 404,
    send: () => json(['eve@elsewhere.example']),
  },
  'POST /folder/:id/unshare': {
    verb: 'share',
    kind: 'folder',
    success: 201,
    deleted: 404,
    send: () => json(['eve@elsewhere.example']),
  },
};

/** Every row there is, from the door itself; `undefined` where the matrix does not know how to call it. */
export function allCells(): readonly (readonly [row: string, cell: Cell | undefined])[] {
  const rows = storageRows({} as Parameters<typeof storageRows>[0]);
  return rows.map(({ method, path }) => {
    const row = `${method} ${path}`;
    const making = MAKINGS[row];
    return [row, making === undefined ? undefined : cellOf(row, making)];
  });
}

function cellOf(row: string, { send, ...making }: Making): Cell {
  const [method, path] = row.split(' ') as [Sent['method'] & string, string];
  return {
    row,
    ...making,
    call: (app, id) => {
      const { query = '', ...sent } = send?.(id) ?? {};
      const place = path.slice(1).replace(':id', String(id)).replace(':version', '1');
      return app.call(place + query, { ...sent, method });
    },
  };
}

/** True when the call is made for this kind of item. */
export function fits({ kind }: Cell, spot: Spot): boolean {
  return kind === 'either' || spot.kind === 'either' || kind === spot.kind;
}

/**
 * The status that a call must get: 401 for an unknown caller; 404 for an item that lies outside or does not exist (G8);
 * 403 for changing the top of a share, which belongs to its owner, and for writing with a read-only grant; else the
 * success of the call.
 */
export function expected(scope: Scope, cell: Cell, spot: Spot): number {
  if (scope === 'an ended grant' || scope === 'another cloud with this grant') return 401;
  if (spot.place === 'outside' || spot.place === 'nowhere') return unseen(scope, cell);
  const isGrant = scope !== 'the owner';
  if (cell.verb === 'share' && isGrant) return spot.place === 'top' ? 403 : 404;
  if (cell.verb === 'write' && scope === 'a read-only grant') return 403;
  if (cell.verb === 'write' && isGrant && spot.place === 'top' && !cell.row.startsWith('POST')) return 403;
  return spot.place === 'deleted' ? cell.deleted : cell.success;
}

/** To people the API says of a folder that they cannot see that it is not found, as a bad request (stacksync-api-v2.md 6). */
function unseen(scope: Scope, { row }: Cell): number {
  const isPerson = scope === 'the owner' || scope === 'somebody else of the same cloud';
  return isPerson && row === 'POST /folder/:id/share' ? 400 : 404;
}

/** Whether a call changes something when it is let in. */
export function changes(status: number, cell: Cell): boolean {
  return cell.verb !== 'read' && status < 400;
}

/** The item to call upon: one that may be lost when the call will change it. */
export async function targetOf(asker: Asker, cell: Cell, spot: Spot): Promise<number> {
  return cell.row.startsWith('POST') || spot.kind === 'either' ? spot.id : asker.fresh(spot.kind);
}
