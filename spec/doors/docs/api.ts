import { describeApi } from '../../../src/doors/docs/index.js';
import type { AnyRow } from '../../../src/doors/door.js';
import { interopRows } from '../../../src/doors/interop/index.js';
import { opsRows } from '../../../src/doors/ops/index.js';
import { storageRows } from '../../../src/doors/stacksync/index.js';

/** The API document. */
export type Api = ReturnType<typeof describeApi>;

/** Rows whose handlers nobody calls. */
const unwired = <T>(rows: (inputs: T) => readonly AnyRow[], inputs: object = {}): readonly AnyRow[] =>
  rows(inputs as T);

/** The routes of every door for programs, by its folder; `base` is where it is mounted. */
export const API_DOORS: Readonly<Record<string, { readonly base: string; readonly rows: readonly AnyRow[] }>> = {
  stacksync: { base: '/v1', rows: unwired(storageRows) },
  interop: { base: '', rows: unwired(interopRows, { entry: {} }) },
  ops: { base: '', rows: unwired(opsRows) },
};

/** The document of all of them, as a cloud with the usual settings assembles it. */
export const api: Api = describeApi({
  cloudName: 'Alder',
  publicOrigin: 'https://alder.example',
  groups: Object.values(API_DOORS),
});
