import type { Response } from 'express';
import type { FoundThere, News } from '../../../files/index.js';
import { invalid, ROOT_ID, type ItemId } from '../../../kernel/index.js';
import { escapeText, hrefOf } from '../../../webdav/index.js';
import { PropertyTeller, responseOf } from '../properties/index.js';
import { readDepth, readReport, type Report } from '../requests/index.js';
import {
  addressOf,
  davRefusal,
  hasNews,
  isAbroad,
  Places,
  SyncTokens,
  type DavRequest,
  type Resource,
  type SyncScope,
} from '../world/index.js';
import { sendMultistatus } from '../xml/index.js';
import { xmlBody } from './bodies.js';
import type { Handling } from './handling.js';
import { ABILITIES } from './options.js';
import { isReachable, isReachableName } from './propfind.js';

/** Members that are looked up and told together. */
const BATCH = 200;

/** Most members that one answer tells of. */
const MOST = 10_000;

type Told = News & { readonly outcome: 'news' };
type SyncReport = Report & { readonly kind: 'sync-collection' };

/** A report about a folder, on its way to be answered. */
interface Syncing {
  readonly request: DavRequest;
  readonly folder: Resource;
  readonly report: SyncReport;
}

/** REPORT (RFC 3253 3.6): what has changed in a folder (RFC 6578), and nothing else. */
export async function report(inputs: Handling, request: DavRequest, response: Response): Promise<void> {
  const folder = await new Places(inputs.tree).existing(request);
  const asked = readReport(await xmlBody(request));
  if (asked.kind === 'other' || !hasNews(folder.item)) {
    throw davRefusal('forbidden', 'There is no such report here.', { precondition: 'supported-report' });
  }
  if ((readDepth(request.http.headers['depth']) ?? 0) !== 0) throw invalid('How deep is said by sync-level.');
  if (asked.isDeep && isAbroad(folder.item)) throw noTraversal();
  const syncing = { request, folder, report: asked };
  const scope = { folderId: folder.item.id, isDeep: asked.isDeep };
  const news = await newsOf(inputs, syncing, scope);
  await sendMultistatus(response, told(inputs, syncing, scope, news), request, ABILITIES);
}

async function newsOf(
  inputs: Handling,
  { request, folder, report: { token, isDeep, limit } }: Syncing,
  scope: SyncScope,
): Promise<Told> {
  const point = token === undefined ? undefined : new SyncTokens(inputs).read(scope, token);
  if (token !== undefined && point === undefined) throw voidToken();
  const wish = { point, isDeep, limit: Math.min(limit ?? MOST, MOST), signal: () => request.signal };
  const news = await inputs.news.since(request.caller.principal, folder.item.id, wish);
  if (news.outcome === 'too-old') throw voidToken();
  if (news.outcome === 'too-large') throw tooMuch();
  return news;
}

function voidToken() {
  return davRefusal('forbidden', 'What has changed since then is not known any more.', {
    precondition: 'valid-sync-token',
  });
}

/** In another cloud one folder after the other is asked about (RFC 6578 3.3). */
function noTraversal() {
  return davRefusal('forbidden', 'In a folder of another cloud ask with sync-level 1.', {
    precondition: 'sync-traversal-supported',
  });
}

/** Such a folder is listed instead. */
function tooMuch() {
  return davRefusal('quota', 'Too much lies in this folder for its changes to be told.', {
    precondition: 'number-of-matches-within-limits',
  });
}

async function* told(
  inputs: Handling,
  syncing: Syncing,
  scope: SyncScope,
  { present, gone, point, hasMore }: Told,
): AsyncGenerator<string> {
  const { request, folder } = syncing;
  const { path } = request.caller.root;
  for (const { names, kind } of gone.filter((each) => each.names.every(isReachableName)))
    yield responseOf(hrefOf(path, [...folder.names, ...names], kind), GONE);
  yield* members(
    inputs,
    syncing,
    present.filter(({ item }) => isReachable(item)),
  );
  if (hasMore) yield responseOf(addressOf(request.caller, folder), CUT);
  yield `<d:sync-token>${escapeText(new SyncTokens(inputs).write(scope, point))}</d:sync-token>`;
}

const GONE = '<d:status>HTTP/1.1 404 Not Found</d:status>';
const CUT =
  '<d:status>HTTP/1.1 507 Insufficient Storage</d:status><d:error><d:number-of-matches-within-limits/></d:error>';
const OTHER_TREE = '<d:status>HTTP/1.1 403 Forbidden</d:status><d:error><d:sync-traversal-supported/></d:error>';

/** The changed members, grouped by folder, so that what those of one folder have in common is looked up once. */
async function* members(
  inputs: Handling,
  { request, folder, report: { find, isDeep } }: Syncing,
  present: readonly FoundThere[],
): AsyncGenerator<string> {
  const teller = new PropertyTeller(inputs, request, find);
  const byFolder = new Map<ItemId, Resource[]>();
  for (const { item, names } of present) {
    const resource = { item, names: [...folder.names, ...names] };
    // What others share has a tree of its own, whose changes are asked about at its top (RFC 6578 3.3).
    if (isDeep && item.isShareTop) yield responseOf(addressOf(request.caller, resource), OTHER_TREE);
    else {
      const id = item.parentId ?? ROOT_ID;
      const there = byFolder.get(id) ?? [];
      there.push(resource);
      byFolder.set(id, there);
    }
  }
  for (const [id, resources] of byFolder) {
    const names = resources[0]?.names.slice(0, -1) ?? [];
    const item = id === folder.item.id ? folder.item : await inputs.tree.stat(request.caller.principal, id);
    const around = { item, names };
    for (let start = 0; start < resources.length; start += BATCH) {
      const batch = resources.slice(start, start + BATCH);
      const facts = await teller.facts.among(around, batch);
      yield* batch.flatMap((resource, at) => (facts[at] === undefined ? [] : [teller.tell(resource, facts[at])]));
    }
  }
}
