import type { Prepared } from '../load.js';
import type { Filled } from './fill.js';
import { LEAF } from './sizes.js';
import type { Span } from './tree-rows.js';

/** A request that is measured. */
export interface Call {
  readonly what: string;
  /** The n-th request, signed, or with the cookie of somebody who is signed in. */
  readonly request: (side: Filled, number: number) => Prepared;
}

/** Everything whose cost must not depend on how much there is (scale.md SCA-25). */
export const CALLS: readonly Call[] = [
  signed('list of a folder of 100', ({ tree }, k) => `/v1/folder/${String(someOf(tree.leaves, k))}/contents`),
  signed('list of the root', () => '/v1/folder/0/contents'),
  signed('stat by id, a file', ({ tree }, k) => `/v1/file/${String(someOf(tree.files, k))}`),
  signed('stat by id, a folder', ({ tree }, k) => `/v1/folder/${String(someOf(tree.leaves, k))}`),
  byPath('stat by path, a file', 0, pathOfFile),
  byPath('list by path, a folder of 100', 1, (side, k) => pathOfLeaf(side, someOf(side.tree.leaves, k))),
  signed('read of 4 KiB', ({ small }, k) => `/v1/file/${String(small[k % small.length])}/data`),
  signed('poll, members of a folder', ({ tree }, k) => `/v1/folder/${String(someOf(tree.leaves, k))}/members`),
  page('page of the root', () => '/files'),
  page('page of a folder of 100', ({ tree }, k) => `/files/folder/${String(someOf(tree.leaves, k))}`),
  page('page of who can open a folder', ({ tree }, k) => `/files/folder/${String(someOf(tree.leaves, k))}/share`),
  page('page of one’s shares', () => '/shares'),
  page('overview of the administrator', () => '/admin'),
  page('page of people', () => '/admin/people'),
  page('page of peers', () => '/admin/peers'),
  page('page of all shares', () => '/admin/shares'),
  page('page of deliveries', () => '/admin/deliveries'),
  page('page of the audit', () => '/admin/audit'),
];

/** A number of the span, far from the one before: asking for neighbours would measure caches. */
export function someOf({ first, count }: Span, number: number): number {
  return first + ((number * 7_919) % count);
}

function signed(what: string, pathOf: (side: Filled, number: number) => string): Call {
  const request = (side: Filled, number: number): Prepared => {
    const path = pathOf(side, number);
    return { path, headers: side.ana.app.headers('GET', path) };
  };
  return { what, request };
}

/** By the names that `fillTree` gave, through the WebDAV door. */
function byPath(what: string, depth: 0 | 1, namesOf: (side: Filled, number: number) => string[]): Call {
  const request = (side: Filled, number: number): Prepared => {
    const path = ['/dav', ...namesOf(side, number).map(encodeURIComponent)].join('/');
    return { method: 'PROPFIND', path, headers: { authorization: side.basic, depth: String(depth) } };
  };
  return { what, request };
}

function pathOfFile(side: Filled, number: number): string[] {
  const { files } = side.tree;
  const file = someOf(files, number) - files.first;
  return [...pathOfLeaf(side, side.tree.leaves.first + Math.floor(file / LEAF)), `File ${file % LEAF}.bin`];
}

function pathOfLeaf({ size, tree }: Filled, id: number): string[] {
  const leaf = id - tree.leaves.first;
  return ['Tree', `Region ${Math.floor(leaf / size.leaves)}`, `Folder ${leaf % size.leaves}`];
}

function page(what: string, pathOf: (side: Filled, number: number) => string): Call {
  const request = (side: Filled, number: number): Prepared => {
    const path = pathOf(side, number);
    const { cookies } = side.ana.person.browser;
    const cookie = cookies.header(new URL(path, side.cloud.url), { method: 'GET', sameSite: true }) ?? '';
    return { path, headers: { cookie, accept: 'text/html' } };
  };
  return { what, request };
}
