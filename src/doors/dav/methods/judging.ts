import { checkChange, type ChangeOptions, type Conditions, type Item } from '../../../files/index.js';
import { Failure } from '../../../kernel/index.js';
import { readChangeConditions } from '../../content/conditions.js';
import { timeOf } from '../properties/index.js';
import { readAddress, readIf, tokensIn, type IfCondition, type IfList } from '../requests/index.js';
import { LockDesk, Places, Tags, type DavInputs, type DavRequest, type Place } from '../world/index.js';

/**
 * What is handed to a change once its conditions held: the lock tokens that were shown, and what must still hold when
 * it is written.
 */
export type Judged = Pick<ChangeOptions, 'conditions' | 'lockTokens'> & { readonly signal: AbortSignal };

/**
 * Judges the conditions of a change in the order of webdav.md 1.9: those of RFC 9110, then `If`. Throws
 * `precondition-failed` for one that does not hold, `invalid` for one that cannot be read. The answer binds the change
 * to the state that was judged: if another content comes in between, the write is refused.
 */
export async function judge(inputs: DavInputs, request: DavRequest, target: Place): Promise<Judged> {
  const { headers } = request.http;
  const conditions = readChangeConditions(headers);
  const lists = readIf(headers['if']);
  const item = target.found?.item;
  const tags = new Tags(inputs, request.caller);
  if (conditions !== undefined)
    checkChange(conditions, item && { etag: await tags.of(item), modifiedAt: timeOf(item) });
  if (lists !== undefined) await judgeIf(inputs, { request, target, tags }, lists);
  const bound = boundTo(conditions, lists, item);
  return { lockTokens: tokensIn(lists), signal: request.signal, ...(bound === undefined ? {} : { conditions: bound }) };
}

/**
 * The conditions that the files check once more when they write: that the content is the judged one, or that nothing is
 * there.
 */
function boundTo(
  conditions: Conditions | undefined,
  lists: readonly IfList[] | undefined,
  item: Item | undefined,
): Conditions | undefined {
  if (item === undefined) return conditions?.ifNoneMatch === undefined ? undefined : { ifNoneMatch: '*' };
  if (item.kind === 'folder' || item.etag === '') return undefined;
  const isAboutContent =
    conditions !== undefined || lists?.some(({ conditions: all }) => all.some(({ kind }) => kind === 'etag')) === true;
  return isAboutContent ? { ifMatch: [item.etag] } : undefined;
}

interface Judging {
  readonly request: DavRequest;
  readonly target: Place;
  readonly tags: Tags;
}

/** The state of one resource, which conditions are compared with. */
interface Evidence {
  readonly etag: string | undefined;
  readonly tokens: ReadonlySet<string>;
}

const NOTHING: Evidence = { etag: undefined, tokens: new Set() };

async function judgeIf(inputs: DavInputs, judging: Judging, lists: readonly IfList[]): Promise<void> {
  const known = new Map<string | undefined, Evidence>();
  for (const { resource, conditions } of lists) {
    const evidence = known.get(resource) ?? (await evidenceOf(inputs, judging, resource));
    known.set(resource, evidence);
    if (conditions.every((condition) => holds(condition, evidence))) return;
  }
  throw new Failure('precondition-failed', 'What the header If wants is not so.');
}

async function evidenceOf(
  inputs: DavInputs,
  { request, target, tags }: Judging,
  resource: string | undefined,
): Promise<Evidence> {
  const { caller, http } = request;
  const places = new Places(inputs.tree);
  let place = target;
  if (resource !== undefined) {
    const hosts = { publicUrl: inputs.publicUrl, host: http.headers.host };
    const path = readAddress(resource, caller.root, hosts);
    if (typeof path === 'string') return NOTHING;
    place = await places.at(caller, path);
  }
  const item = place.found?.item ?? (await around(places, request, place));
  if (item === undefined) return NOTHING;
  const locks = await new LockDesk(inputs, caller).on(item);
  const tokens = new Set(locks.flatMap(({ token }) => (token === undefined ? [] : [token])));
  return { etag: place.found === undefined ? undefined : await tags.of(item), tokens };
}

/** The folder of a name that is free: its locks cover whatever is made there. */
async function around(places: Places, { caller }: DavRequest, { path }: Place): Promise<Item | undefined> {
  const names = path.names.slice(0, -1);
  return (await places.at(caller, { names, endsInSlash: true })).found?.item;
}

function holds({ isNot, kind, value }: IfCondition, { etag, tokens }: Evidence): boolean {
  const isSo = kind === 'token' ? tokens.has(value) : etag !== undefined && weak(etag) === weak(value);
  return isSo !== isNot;
}

/** Tags are compared weakly here (RFC 4918 10.4.4). */
function weak(tag: string): string {
  return tag.replace(/^W\//, '');
}
