import { describeApi } from '../../../src/doors/docs/index.js';
import type { AnyRow } from '../../../src/doors/door/door.js';
import { deskRows } from '../../../src/doors/desk/index.js';
import { interopRows } from '../../../src/doors/interop/index.js';
import { ocmRows } from '../../../src/doors/ocm/index.js';
import { oauthRows } from '../../../src/doors/oauth/index.js';
import { opsRows } from '../../../src/doors/ops/index.js';
import { authorizeRows } from '../../../src/doors/pages/people/authorize-pages.js';
import { storageRows } from '../../../src/doors/stacksync/index.js';

import { Contract, type Api } from './contract.js';

/** Rows whose handlers nobody calls. */
const unwired = <T>(rows: (inputs: T) => readonly AnyRow[], inputs: object = {}): readonly AnyRow[] =>
  rows(inputs as T);

/** Whatever is asked of it. */
export const anything: never = new Proxy(() => anything, { get: () => anything, apply: () => anything }) as never;

/** The routes of every door for programs, by its folder; `base` is where it is mounted. */
export const API_DOORS: Readonly<Record<string, { readonly base: string; readonly rows: readonly AnyRow[] }>> = {
  stacksync: { base: '/v1', rows: unwired(storageRows) },
  oauth: { base: '', rows: unwired(oauthRows) },
  /** One page belongs to a protocol. */
  'pages/authorize-pages': { base: '', rows: authorizeRows(anything, anything) },
  interop: { base: '', rows: unwired(interopRows, { entry: {} }) },
  ocm: { base: '', rows: unwired(ocmRows, { entry: anything }) },
  desk: { base: '/v1', rows: unwired(deskRows) },
  ops: { base: '', rows: unwired(opsRows) },
};

/** The document of all of them, as a cloud with the usual settings assembles it. */
export const api: Api = describeApi({
  cloudName: 'Alder',
  webOrigin: 'https://alder.example',
  groups: Object.values(API_DOORS),
});

/** Holds answers of any cloud with the usual settings against {@link api}. */
export const contract = new Contract(api);
