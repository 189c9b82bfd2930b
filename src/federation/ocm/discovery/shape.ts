import type { OcmRecord } from './record.js';

/**
 * The three shapes of `protocol`, the part of a share that says how it is opened (open-cloud-mesh.md 4.2): A, B and C.
 */
export type ShareShape = 'legacy' | 'single' | 'multi';

/** How a share is written to one server. */
export interface ShareManner {
  readonly shape: ShareShape;
  /** How the address of the resource is written, where the shape has one. */
  readonly uri: 'absolute' | 'relative';
  /** The `resourceType` of a folder. */
  readonly folder: 'file' | 'folder';
}

/** The parts of a {@link ShareManner} that an operator has set for a host, or that were found to work there. */
export type KnownManner = Partial<ShareManner>;

/** A row of the table in open-cloud-mesh.md 5. */
interface Row {
  readonly evidence: string;
  readonly holds: (record: OcmRecord) => boolean;
  readonly shape: ShareShape;
  /** The shape when the share demands tokens. */
  readonly strict?: ShareShape;
  /** `advertised`: `folder` if the server says that it takes it. */
  readonly folder: 'file' | 'advertised';
}

/** The rows of the table; the first that fits counts. No shape is taken by every server. */
const ROWS: readonly Row[] = [
  {
    evidence: 'ownCloud 10, or Seafile',
    holds: ({ form }) => form !== 'list',
    shape: 'legacy',
    folder: 'file',
  },
  {
    evidence: 'says that it takes objects',
    holds: (record) => record.capabilities.includes('protocol-object') || saysHowItReceives(record),
    shape: 'multi',
    folder: 'advertised',
  },
  {
    evidence: 'exchanges tokens: a later Nextcloud',
    holds: ({ capabilities, tokenEndPoint }) => capabilities.includes('exchange-token') && tokenEndPoint !== undefined,
    shape: 'legacy',
    strict: 'single',
    folder: 'file',
  },
  {
    evidence: 'OCM 1.1 to 1.3, and no Nextcloud',
    holds: isOfReva,
    shape: 'multi',
    folder: 'advertised',
  },
  { evidence: 'anything else', holds: () => true, shape: 'legacy', folder: 'file' },
];

/** True for what looks like oCIS, OpenCloud or CERNBox: a version from 1.1 to 1.3, and nothing that a Nextcloud says. */
export function isOfReva({ apiVersion, version, publicKey }: OcmRecord): boolean {
  return /^1\.[123](?:\.|$)/.test(apiVersion) && version === undefined && publicKey === undefined;
}

/** The form of shares for a server: what is known of the host, else what its document suggests. */
export function chooseManner(record: OcmRecord, known: KnownManner = {}, demandsTokens = false): ShareManner {
  const row = ROWS.find(({ holds }) => holds(record));
  const shape = (demandsTokens ? row?.strict : undefined) ?? row?.shape ?? 'legacy';
  return {
    shape,
    uri: receiveStyle(record) ?? 'absolute',
    folder: row?.folder === 'advertised' && takesFolders(record) ? 'folder' : 'file',
    ...known,
  };
}

/** The other form, which is tried once after a 400 or 501. */
export function otherManner(record: OcmRecord, { shape, uri }: ShareManner): ShareManner {
  if (shape !== 'legacy') return { shape: 'legacy', uri, folder: 'file' };
  return { shape: 'multi', uri, folder: takesFolders(record) ? 'folder' : 'file' };
}

function takesFolders({ resourceTypes }: OcmRecord): boolean {
  return resourceTypes.some(({ name }) => name === 'folder');
}

function saysHowItReceives({ resourceTypes }: OcmRecord): boolean {
  return resourceTypes.some(({ protocols }) => protocols.names.includes('webdav-receive'));
}

function receiveStyle({ resourceTypes }: OcmRecord): 'absolute' | 'relative' | undefined {
  return resourceTypes.find(({ protocols }) => protocols.webdavReceive !== undefined)?.protocols.webdavReceive;
}

/** How messages to a server are signed (open-cloud-mesh.md 10.1). */
export function signingFor({ capabilities, criteria, publicKey }: OcmRecord): 'rfc9421' | 'cavage' | 'unsigned' {
  if (capabilities.includes('http-sig') || criteria.includes('must-use-http-sig')) return 'rfc9421';
  return publicKey === undefined ? 'unsigned' : 'cavage';
}
