import type { Item } from '../../../files/index.js';
import { SECOND } from '../../../kernel/index.js';
import { hexOf } from '../requests/index.js';
import { hasNews, type DavCaller, type Resource } from '../world/index.js';
import {
  dav,
  escapeText,
  EXPIRATION,
  nc,
  oc,
  OCM,
  OCS,
  wordOf,
  writeDate,
  type XmlName,
} from '../../../webdav/index.js';
import type { Facts, Need, ShownLock } from './facts.js';
import { holderOf, lockDiscovery, supportedLock, toldLock } from './locks.js';
import { isOwnOf, permissionsOf, sharePermissionsOf } from './permissions.js';

/** What values depend on beside the resource: who asks, when, and which cloud this is. */
export interface Telling {
  readonly caller: DavCaller;
  /** Milliseconds. */
  readonly now: number;
  readonly cloudName: string;
  /** The id of an item that clients keep. */
  readonly fileId: (item: Item) => string;
}

type Value = (resource: Resource, facts: Facts, telling: Telling) => string | undefined;

/** A property that the door itself answers for. */
export interface LiveProperty {
  readonly name: XmlName;
  /** True when it is part of the answer to `allprop`. */
  readonly isUsual: boolean;
  readonly needs: readonly Need[];
  /** Its value as XML; undefined where the resource has none. */
  readonly value: Value;
}

const SYNC_REPORT = '<d:supported-report><d:report><d:sync-collection/></d:report></d:supported-report>';

const SHARE_PERMISSIONS = 'share-permissions';

/** Every property that the door itself answers for (webdav.md 1.6). */
const PROPERTIES: readonly LiveProperty[] = [
  usual(dav('displayname'), ({ item }, _facts, { cloudName }) =>
    escapeText(item.place === 'root' ? cloudName : item.name),
  ),
  usual(dav('resourcetype'), ({ item }) => (item.kind === 'folder' ? '<d:collection/>' : '')),
  usual(
    dav('getcontentlength'),
    ofFile((item) => String(item.size)),
  ),
  usual(
    dav('getcontenttype'),
    ofFile((item) => escapeText(item.mimetype)),
  ),
  usual(dav('getetag'), (_resource, { tag }) => escapeText(tag), ['tag']),
  usual(dav('getlastmodified'), ({ item }) => (timeOf(item) > 0 ? writeDate(timeOf(item)) : undefined)),
  usual(dav('creationdate'), ({ item }) => (item.createdAt === undefined ? undefined : stamp(item.createdAt))),
  usual(dav('supportedlock'), ({ item }) => supportedLock(item)),
  usual(dav('lockdiscovery'), (_resource, { locks }, { now }) => lockDiscovery(locks, now), ['locks']),
  asked(
    dav('quota-used-bytes'),
    ofFolder((_item, { quota }) => (quota?.used === undefined ? undefined : String(quota.used))),
    ['quota'],
  ),
  asked(
    dav('quota-available-bytes'),
    (resource, facts, { caller }) => (resource.item.kind === 'folder' ? availableOf(facts.quota, caller) : undefined),
    ['quota'],
  ),
  asked(dav('supported-report-set'), ({ item }) => (hasNews(item) ? SYNC_REPORT : '')),
  asked(dav('sync-token'), (_resource, { syncToken }) => syncToken && escapeText(syncToken), ['sync']),
  asked(oc('id'), ({ item }, _facts, { fileId }) => fileId(item)),
  asked(oc('fileid'), ({ item }) => item.id),
  asked(oc('permissions'), ({ item }, _facts, { caller }) => permissionsOf(item, caller.principal)),
  asked({ namespace: OCS, name: SHARE_PERMISSIONS }, ({ item }, _facts, { caller }) => {
    const told = sharePermissionsOf(item, caller.principal);
    return told && String(told.bits);
  }),
  asked({ namespace: OCM, name: SHARE_PERMISSIONS }, ({ item }, _facts, { caller }) => {
    const told = sharePermissionsOf(item, caller.principal);
    return told && escapeText(JSON.stringify(told.words));
  }),
  asked(EXPIRATION, ({ item }, _facts, { caller }) => expirationOf(item, caller)),
  asked(oc('size'), sizeOf, ['bytes']),
  asked(oc('checksums'), ofFile(checksumsOf)),
  asked(oc('owner-id'), (_resource, { owner }) => textOf(owner?.email), ['owner']),
  asked(oc('owner-display-name'), (_resource, { owner }) => textOf(owner?.name), ['owner']),
  asked(oc('share-types'), (_resource, { sharedWith }) => shareTypesOf(sharedWith), ['shared']),
  asked(oc('favorite'), () => '0'),
  asked(oc('tags'), () => ''),
  asked(oc('comments-unread'), () => '0'),
  asked(oc('data-fingerprint'), (_resource, { fingerprint }) => escapeText(fingerprint), ['fingerprint']),
  asked(nc('has-preview'), () => 'false'),
  asked(nc('hidden'), () => 'false'),
  asked(nc('mount-type'), ({ item }, _facts, { caller }) => mountTypeOf(item, caller)),
  asked(nc('is-mount-root'), ({ item }) => String(item.place === 'mount')),
  asked(nc('creation_time'), ({ item }) =>
    item.createdAt === undefined ? undefined : String(Math.floor(item.createdAt / SECOND)),
  ),
  asked(nc('upload_time'), ({ item }) =>
    item.createdAt === undefined ? undefined : String(Math.floor(item.createdAt / SECOND)),
  ),
  locked('lock', () => '1'),
  locked('lock-owner', ({ holder }) => textOf(holder?.email), ['holders']),
  locked('lock-owner-displayname', ({ lock }) => escapeText(holderOf(lock))),
  // Of the kinds that Nextcloud has, a lock that people and their programs take.
  locked('lock-owner-type', () => '0'),
  locked('lock-time', ({ lock }) => String(Math.floor(lock.heldAt / SECOND))),
  // Counted from that time on, not from now.
  locked('lock-timeout', ({ lock }) => String(Math.ceil((lock.endsAt - lock.heldAt) / SECOND))),
];

const BY_NAME = new Map(PROPERTIES.map((property) => [wordOf(property.name), property]));

/** The property of this name that the door answers for, if it does. */
export function liveProperty(name: XmlName): LiveProperty | undefined {
  return BY_NAME.get(wordOf(name));
}

/** Every property that the door answers for, in the order in which they are told. */
export function liveProperties(): readonly LiveProperty[] {
  return PROPERTIES;
}

function usual(name: XmlName, value: Value, needs: readonly Need[] = []): LiveProperty {
  return { name, isUsual: true, needs, value };
}

function asked(name: XmlName, value: Value, needs: readonly Need[] = []): LiveProperty {
  return { name, isUsual: false, needs, value };
}

/** What Nextcloud's clients ask about a lock, in their namespace; absent where nothing is locked (webdav.md 1.6). */
function locked(
  name: string,
  value: (shown: ShownLock) => string | undefined,
  needs: readonly Need[] = [],
): LiveProperty {
  const ofLock: Value = (_resource, { locks }) => {
    const shown = toldLock(locks);
    return shown && value(shown);
  };
  return asked(nc(name), ofLock, ['locks', ...needs]);
}

/** Of a folder: the bytes of what is in it; absent where another cloud does not say. */
function sizeOf({ item }: Resource, { bytesBelow }: Facts): string | undefined {
  const bytes = item.kind === 'file' ? item.size : bytesBelow;
  return bytes === undefined ? undefined : String(bytes);
}

type OfItem = (item: Item, facts: Facts) => string | undefined;

function ofFile(value: OfItem): Value {
  return ({ item }, facts) => (item.kind === 'file' ? value(item, facts) : undefined);
}

function ofFolder(value: OfItem): Value {
  return ({ item }, facts) => (item.kind === 'folder' ? value(item, facts) : undefined);
}

/**
 * The time in `getlastmodified`: of a file, when its content was made (RFC 4918 15.7); of a folder, its last change. 0:
 * not known.
 */
export function timeOf({ contentAt }: Item): number {
  return contentAt;
}

/** Undefined where another cloud says nothing: what is not known is absent, not empty. */
function textOf(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : escapeText(text);
}

/** A time in RFC 3339 without fractions of seconds, at which some clients fail. */
function stamp(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** ownCloud's numbers for shares: 0 with people of this cloud, 6 with other clouds. */
function shareTypesOf(shared: Facts['sharedWith']): string {
  const types = [...(shared?.people === true ? ['0'] : []), ...(shared?.clouds === true ? ['6'] : [])];
  return types.map((type) => `<oc:share-type>${type}</oc:share-type>`).join('');
}

/**
 * The room that is left. Where nothing limits it, people are told nothing, since clients read every negative number as
 * a full disk or as one of 16 EB. Other clouds are told -3, which they all read as unlimited (open-cloud-mesh.md 8).
 */
function availableOf(quota: Facts['quota'], { principal }: DavCaller): string | undefined {
  if (quota?.available !== undefined) return String(quota.available);
  return quota !== undefined && principal.kind === 'grant' ? UNLIMITED : undefined;
}

const UNLIMITED = '-3';

/** Of the shared item itself, to the cloud that it is shared with. */
function expirationOf({ id }: Item, { principal }: DavCaller): string | undefined {
  if (principal.kind !== 'grant' || principal.folderId !== id) return undefined;
  return String(Math.floor((principal.expiresAt ?? 0) / SECOND));
}

/** The checksums that are known. There is none for an empty content, or when another cloud tells none. */
function checksumsOf({ checksum, hashes }: Item): string | undefined {
  const known = [...(hashes === undefined ? [] : [hashes]), ...(checksum === 0 ? [] : [`ADLER32:${hexOf(checksum)}`])];
  return known.length === 0 ? undefined : `<oc:checksum>${escapeText(known.join(' '))}</oc:checksum>`;
}

function mountTypeOf(item: Item, { principal }: DavCaller): string {
  if (item.incomingId !== undefined) return 'external';
  if (principal.kind === 'grant') return '';
  return isOwnOf(item, principal) ? '' : 'shared';
}
