import { deskRows } from '../../../src/doors/desk/index.js';
import type { Scope, Spot } from './matrix-stage.js';
import type { StorageClient } from './storage-client.js';
import type { Answer, Sent } from './wire.js';

/** A sync route, as the matrix makes it upon any item. */
export interface DeskCell {
  /** `METHOD /path`, as in the rows of the door. */
  readonly row: string;
  readonly verb: 'read' | 'write' | 'moderate' | 'plan';
  readonly kind: 'file' | 'either';
  call(app: StorageClient, id: number): Promise<Answer>;
}

type Making = Pick<DeskCell, 'verb' | 'kind'> & {
  /** The body of a write. */
  readonly fields?: (id: number) => object;
  /** Needs the lock that this call gives. */
  readonly locked?: boolean;
};

/** Ana has written the first comment on everything of hers, when the clocks began. */
export const FIRST = { user: 'ana', cloud: 'Alder', text: 'first', time: '20261102090000' } as const;

const holder = (id: number): object => ({
  id,
  cloud: 'Alder',
  user: 'eye',
  ipserver: '192.0.2.7',
  datetime: '2015-05-12 10:50:00',
});
const lock = (id: number): object => ({ ...holder(id), timelimit: '10' });
const calendar = { user: 'eye', name: 'Work', cloud: 'Alder', description: '', timezone: '0' };
const event = {
  user: 'eye',
  calendar: 'Work',
  cloud: 'Alder',
  isallday: '0',
  timestart: '1',
  timeend: '2',
  repetition: 'None',
  finaltype: '1',
  finalvalue: '0',
  subject: '',
  location: '',
  description: '',
  repeattype: 'n',
};
const planning = (fields?: object): Making => ({
  verb: 'plan',
  kind: 'either',
  ...(fields === undefined ? {} : { fields: () => fields }),
});

/** Every sync route and how it is called; one that is missing here has no cell, and the matrix fails. */
const MAKINGS: Readonly<Record<string, Making>> = {
  'POST /comment': {
    verb: 'write',
    kind: 'either',
    fields: (id) => ({ id, user: 'eye', cloud: 'Alder', text: 'hello' }),
  },
  'GET /comment/:id/:cloud': { verb: 'read', kind: 'either' },
  'GET /comment/:id/:cloud/:interop': { verb: 'read', kind: 'either' },
  'DELETE /comment/:id/:user/:cloud/:time_created': { verb: 'moderate', kind: 'either' },
  'GET /lockFile/:id/:cloud': { verb: 'read', kind: 'file' },
  'GET /lockFile/:id/:cloud/:interop': { verb: 'read', kind: 'file' },
  'POST /lockFile': { verb: 'write', kind: 'file', fields: lock },
  'PUT /updateTime': { verb: 'write', kind: 'file', fields: holder, locked: true },
  'PUT /unLockFile': { verb: 'write', kind: 'file', fields: holder, locked: true },
  'POST /calendar': planning(calendar),
  'PUT /calendar': planning(calendar),
  'GET /calendar/:user/:cloud': planning(),
  'DELETE /calendar/:user/:name/:cloud': planning(),
  'GET /calEvents/:user/:cloud': planning(),
  'DELETE /calUser/:user/:cloud': planning(),
  'POST /event': planning(event),
  'PUT /event': planning(event),
  'GET /event/:user/:calendar/:cloud': planning(),
  'DELETE /event/:user/:calendar/:cloud/:timestart/:timeend/:isallday': planning(),
};

/** Every row there is, from the door itself; `undefined` where the matrix does not know how to call it. */
export function allDeskCells(): readonly (readonly [row: string, cell: DeskCell | undefined])[] {
  const rows = deskRows({} as Parameters<typeof deskRows>[0]);
  return rows.map(({ method, path }) => {
    const row = `${method} ${path}`;
    const making = MAKINGS[row];
    return [row, making === undefined ? undefined : cellOf(row, making)];
  });
}

function cellOf(row: string, { fields, locked = false, ...making }: Making): DeskCell {
  const [method, path] = row.split(' ') as [Sent['method'] & string, string];
  return {
    row,
    ...making,
    call: async (app, id) => {
      if (locked) await send(app, 'POST', 'lockFile', lock(id));
      return send(app, method, placeOf(path, id), fields?.(id));
    },
  };
}

/** Parameters that name no item are the same for everybody. */
function placeOf(path: string, id: number): string {
  const values: Readonly<Record<string, string>> = {
    id: String(id),
    user: FIRST.user,
    cloud: FIRST.cloud,
    time_created: FIRST.time,
    interop: 'true',
    name: 'Work',
    calendar: 'Work',
    timestart: '1',
    timeend: '2',
    isallday: '0',
  };
  return path.slice(1).replace(/:(\w+)/g, (_whole, name: string) => values[name] ?? '');
}

function send(app: StorageClient, method: Sent['method'] & string, path: string, fields?: object): Promise<Answer> {
  if (fields === undefined) return app.call(path, { method });
  const headers = { 'content-type': 'application/json' };
  return app.call(path, { method, headers, body: JSON.stringify(fields) });
}

/** True when the call is made for this kind of item. */
export function fitsDesk({ kind }: DeskCell, spot: Spot): boolean {
  return kind === 'either' || spot.kind !== 'folder';
}

/**
 * The whole rule. Who is not known: 401. Every other refusal is 400 (stacksync-api-v2.md 8): what is not seen or was
 * deleted, writing with a read-only grant, other people's comments, calendars to a grant.
 */
export function expectedOfDesk(scope: Scope, cell: DeskCell, spot: Spot): number {
  if (scope === 'an ended grant' || scope === 'another cloud with this grant') return 401;
  if (cell.verb === 'plan') return 400;
  if (spot.place !== 'top' && spot.place !== 'inside') return 400;
  if (cell.verb === 'moderate') return scope === 'the owner' ? 200 : 400;
  return cell.verb === 'write' && scope === 'a read-only grant' ? 400 : 200;
}
