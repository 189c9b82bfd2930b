import { PROFILES as DAV } from '../scripted-peers/webdav/index.js';
import type { NoticeKind, OcmProfile, ScriptedAnswer } from './profile.js';

const MISSING = { message: 'Missing arguments', validationErrors: [] };
const nextcloudSays = (status: number, message: string): ScriptedAnswer => ({
  status,
  body: status === 501 ? { message } : { message, validationErrors: [] },
});
const revaSays = (status: number, code: string, message: string): ScriptedAnswer => ({
  status,
  body: { code, message },
});

const MAIN: readonly NoticeKind[] = ['SHARE_ACCEPTED', 'SHARE_DECLINED', 'SHARE_UNSHARED'];
const FILE = { name: 'file', shareTypes: ['user', 'group'], protocols: { webdav: '/public.php/webdav/' } };

/** Nextcloud 32.0.1, from which the other versions differ in single things (seen of Nextcloud). */
const NC32: OcmProfile = {
  name: 'nc32',
  cites: 'seen of Nextcloud; open-cloud-mesh.md 12',
  document: {
    enabled: true,
    apiVersion: '1.0-proposal1',
    version: '1.1.0',
    endPoint: 'http://HOST/index.php/ocm',
    publicKey: 'KEY',
    resourceTypes: [FILE],
    capabilities: ['/invite-accepted', '/notifications', '/shares'],
  },
  documentAt: { '/.well-known/ocm': 404, '/ocm-provider': 'json', '/ocm-provider/': 'json' },
  people: 'login',
  needsScheme: true,
  finding: {
    asks: ['/ocm-provider/'],
    userAgent: 'Nextcloud Server Crawler',
    needsEnabled: false,
    needsEntry: false,
    needsInvite: false,
  },
  signatures: { makes: 'cavage', demands: 'known' },
  sending: {
    shape: 'legacy',
    address: 'uri',
    emptyOptions: false,
    numericIds: false,
    folder: 'file',
    persons: ['owner', 'sharedBy', 'sender'],
    expiration: false,
    needs201: true,
  },
  taking: {
    shapes: ['legacy'],
    kinds: ['file'],
    persons: ['owner'],
    strictProtocol: false,
    done: { status: 201, body: { recipientDisplayName: 'Zoe Zander', recipientUserId: 'zoe' } },
    refuses: {
      missing: { status: 400, body: MISSING },
      options: { status: 400, body: MISSING },
      shape: nextcloudSays(501, 'Unsupported protocol for data exchange.'),
      kind: nextcloudSays(501, 'Share type "user" not implemented'),
      person: nextcloudSays(400, 'User does not exists'),
      entry: nextcloudSays(403, 'not allowed'),
      invite: nextcloudSays(403, 'not allowed'),
    },
  },
  notices: {
    sends: MAIN,
    acts: MAIN,
    unknown: 'refused',
    needs: 'secret',
    done: { status: 201, body: [] },
    wrong: nextcloudSays(400, 'entry  does not contain @'),
    gone: nextcloudSays(400, 'Can not find share with ID'),
  },
  opens: { with: 'basic', at: 'advertised root', dot: false, padsPassword: false, dropsOn: [401, 403, 404] },
  serves: {
    root: '/public.php/webdav',
    byId: false,
    with: ['basic'],
    closed: 401,
    exchanges: false,
    quirks: DAV.nextcloud,
  },
  invites: { needs: 'userId', otherwise: { status: 500, body: '<html>Internal Server Error</html>' } },
};

/** Nextcloud 29.0.1: signs nothing, knows nothing later than 1.1, and its ids are numbers. */
const NC29: OcmProfile = {
  ...NC32,
  name: 'nc29',
  document: {
    enabled: true,
    apiVersion: '1.0-proposal1',
    endPoint: 'http://HOST/index.php/ocm',
    resourceTypes: [FILE],
  },
  finding: { ...NC32.finding, versions: /^1\.(?:0|1)/ },
  signatures: { makes: 'none', demands: 'never' },
  sending: { ...NC32.sending, numericIds: true, persons: ['owner', 'sharedBy'] },
  taking: { ...NC32.taking, done: { status: 201, body: { recipientDisplayName: 'Zoe Zander' } } },
  notices: { ...NC32.notices, wrong: { status: 201, body: [] } },
  invites: undefined,
};

/** Nextcloud 34.0.1: as 32, at the well-known path, and takes folders. */
const NC34: OcmProfile = {
  ...NC32,
  name: 'nc34',
  document: {
    ...NC32.document,
    provider: 'Nextcloud 34.0.1.2',
    capabilities: ['invite-accepted', 'notifications', 'shares'],
  },
  documentAt: { '/.well-known/ocm': 'json', '/ocm-provider': 'json', '/ocm-provider/': 'json' },
  finding: {
    ...NC32.finding,
    asks: ['/.well-known/ocm', '/ocm-provider'],
    userAgent: 'Nextcloud-Server-Crawler/34.0.1',
    needsEnabled: true,
  },
  taking: { ...NC32.taking, kinds: ['file', 'folder'] },
  notices: { ...NC32.notices, gone: nextcloudSays(400, 'Internal error at') },
  invites: { needs: 'userID', otherwise: nextcloudSays(400, 'Missing arguments') },
};

/** What the contract says of a Nextcloud after those that were seen: signs as RFC 9421 has it, takes objects. */
const NC35: OcmProfile = {
  ...NC34,
  name: 'nc35',
  cites: 'open-cloud-mesh.md 10.2, 12: as read, not seen',
  document: { ...NC34.document, version: '1.1.2', capabilities: ['http-sig', 'invites', 'notifications'] },
  signatures: { makes: 'rfc9421', demands: 'known' },
  taking: { ...NC34.taking, shapes: ['legacy', 'single', 'multi'] },
};

/** ownCloud 10: kinds of resources under another name, no signatures, `sender` for `sharedBy`. */
const OC10: OcmProfile = {
  ...NC32,
  name: 'oc10',
  cites: 'open-cloud-mesh.md 3.2, 12',
  document: {
    enabled: true,
    apiVersion: '1.0-proposal1',
    endPoint: 'http://HOST/index.php/apps/federatedfilesharing',
    shareTypes: [{ name: 'file', protocols: { webdav: '/public.php/webdav/' } }],
  },
  finding: { ...NC32.finding, asks: ['/ocm-provider/'], userAgent: 'ownCloud Server Crawler' },
  signatures: { makes: 'none', demands: 'never' },
  sending: { ...NC32.sending, persons: ['owner', 'sender'] },
  taking: { ...NC32.taking, persons: ['owner', 'sender'], done: { status: 201, body: [] } },
  serves: { ...NC32.serves, quirks: DAV.oc10 },
  invites: undefined,
};

/** oCIS: shares between people who have met only, in objects, opened by a bearer; 200 where 201 should be. */
const OCIS: OcmProfile = {
  name: 'ocis',
  cites: 'open-cloud-mesh.md 2, 5, 6, 8, 12',
  document: {
    enabled: true,
    apiVersion: '1.1.0',
    endPoint: 'http://HOST/ocm/',
    provider: 'oCIS',
    resourceTypes: [{ name: 'file', shareTypes: ['user'], protocols: { webdav: '/dav/ocm' } }],
    capabilities: ['/invite-accepted'],
  },
  documentAt: { '/.well-known/ocm': 'json', '/ocm-provider': 'json', '/ocm-provider/': 'json' },
  people: 'uuid@host',
  needsScheme: false,
  finding: { asks: [], userAgent: 'Go-http-client/1.1', needsEnabled: false, needsEntry: true, needsInvite: true },
  signatures: { makes: 'none', demands: 'never' },
  sending: {
    shape: 'multi',
    address: 'uri',
    emptyOptions: true,
    numericIds: false,
    folder: 'folder',
    persons: ['owner', 'sender'],
    expiration: true,
    needs201: false,
  },
  taking: {
    shapes: ['multi'],
    kinds: ['file', 'folder'],
    persons: ['owner', 'sender'],
    strictProtocol: true,
    done: { status: 200, body: {} },
    refuses: {
      missing: revaSays(400, 'INVALID_PARAMETER', 'validation failed'),
      options: revaSays(400, 'INVALID_PARAMETER', 'protocol options not supported'),
      shape: revaSays(400, 'INVALID_PARAMETER', 'protocol not recognised'),
      kind: revaSays(501, 'UNIMPLEMENTED', 'share type not supported'),
      person: revaSays(404, 'RESOURCE_NOT_FOUND', 'user not found'),
      entry: revaSays(401, 'UNAUTHENTICATED', 'provider not authorized'),
      invite: revaSays(401, 'UNAUTHENTICATED', 'remote user not accepted'),
    },
  },
  notices: {
    sends: ['SHARE_UNSHARED', 'SHARE_CHANGE_PERMISSION'],
    acts: ['SHARE_UNSHARED', 'SHARE_CHANGE_PERMISSION'],
    unknown: 'logged',
    needs: 'grantee',
    done: { status: 201, body: {} },
    wrong: revaSays(400, 'INVALID_PARAMETER', 'grantee not found'),
    gone: revaSays(404, 'RESOURCE_NOT_FOUND', 'share not found'),
  },
  opens: { with: 'bearer', at: 'address', dot: false, padsPassword: false, dropsOn: [] },
  serves: { root: '/dav/ocm', byId: true, with: ['bearer'], closed: 404, exchanges: false, quirks: DAV.ocis },
  invites: { needs: 'either', otherwise: revaSays(400, 'INVALID_PARAMETER', 'missing parameters') },
};

/** OpenCloud of February 2025: as oCIS; ids in base64, `url` for `uri`, a dot in its paths, a page at the old path. */
const OPENCLOUD: OcmProfile = {
  ...OCIS,
  name: 'opencloud',
  cites: 'seen of OpenCloud; open-cloud-mesh.md 12',
  document: { ...OCIS.document, endPoint: 'http://HOST/ocm', provider: 'OpenCloud' },
  documentAt: { '/.well-known/ocm': 'json', '/ocm-provider': 'page', '/ocm-provider/': 'page' },
  people: 'base64',
  sending: { ...OCIS.sending, address: 'url' },
  notices: { ...OCIS.notices, sends: [], acts: [], needs: 'nothing' },
  opens: { ...OCIS.opens, dot: true },
  serves: { ...OCIS.serves, closed: 500 },
};

/** CERNBox: finds others by itself, knows criteria, takes both shapes, and says nothing about shares afterwards. */
const CERNBOX: OcmProfile = {
  ...OCIS,
  name: 'cernbox',
  cites: 'open-cloud-mesh.md 3.1, 12',
  document: {
    enabled: true,
    apiVersion: '1.3.0',
    endPoint: 'http://HOST/ocm',
    provider: 'CERNBox',
    resourceTypes: ['file', 'folder'].map((name) => ({
      name,
      shareTypes: ['user', 'group'],
      protocols: { webdav: '/remote.php/dav/ocm', webapp: '/external/sciencemesh', datatx: '/remote.php/dav/ocm' },
    })),
    capabilities: ['/invite-accepted', '/notifications'],
    criteria: ['invite'],
    inviteAcceptDialog: '/open-cloud-mesh/accept-invite',
  },
  people: 'login',
  finding: { ...OCIS.finding, asks: ['/.well-known/ocm', '/ocm-provider'], needsEntry: false },
  taking: {
    ...OCIS.taking,
    shapes: ['legacy', 'multi'],
    strictProtocol: false,
    done: { status: 201, body: { recipientDisplayName: 'Zoe Zander' } },
  },
  notices: { ...OCIS.notices, sends: [], acts: [], needs: 'nothing' },
  opens: { ...OCIS.opens, with: 'bearer, then basic' },
  serves: { ...OCIS.serves, root: '/remote.php/dav/ocm', with: ['bearer', 'basic'] },
};

/** Seafile: the first shape with little in it; falls over without `sharedBy`, and pads the password. */
const SEAFILE: OcmProfile = {
  ...NC32,
  name: 'seafile',
  cites: 'open-cloud-mesh.md 3.2, 8, 12',
  document: {
    enabled: true,
    apiVersion: '1.0-proposal1',
    endPoint: 'http://HOST/ocm',
    resourceTypes: {
      name: 'library',
      shareTypes: ['user'],
      protocols: { 'Seafile API': '/api2', webdav: '/seafdav' },
    },
  },
  documentAt: { '/.well-known/ocm': 404, '/ocm-provider': 'json', '/ocm-provider/': 'json' },
  finding: { ...NC32.finding, asks: ['/ocm-provider/'], userAgent: 'python-requests/2.32' },
  signatures: { makes: 'none', demands: 'never' },
  sending: { ...NC32.sending, persons: ['owner', 'sharedBy'], folder: 'library', needs201: false },
  taking: {
    ...NC32.taking,
    kinds: ['file', 'library'],
    persons: ['sharedBy'],
    done: { status: 201, body: { recipientDisplayName: 'Zoe' } },
  },
  notices: {
    ...NC32.notices,
    sends: ['SHARE_DECLINED'],
    acts: ['SHARE_UNSHARED', 'SHARE_DECLINED'],
    done: { status: 201, body: {} },
  },
  opens: { ...NC32.opens, padsPassword: true, dropsOn: [] },
  serves: { root: '/seafdav', byId: false, with: ['basic'], closed: 401, exchanges: false, quirks: DAV.seafile },
  invites: undefined,
};

/** opencloudmesh-go: the newest text to the letter: signatures, tokens and invitations are all demanded. */
const NEWEST: OcmProfile = {
  ...CERNBOX,
  name: 'opencloudmesh-go',
  cites: 'open-cloud-mesh.md 12, last part',
  document: {
    enabled: true,
    apiVersion: '1.4.0',
    endPoint: 'http://HOST/ocm',
    provider: 'OpenCloudMesh Go',
    resourceTypes: [
      {
        name: 'file',
        shareTypes: ['user'],
        protocols: { webdav: '/webdav/ocm/', 'webdav-receive': { uri: 'relative' } },
      },
    ],
    capabilities: ['exchange-token', 'http-sig', 'invites', 'invite-wayf', 'notifications', 'protocol-object'],
    criteria: ['must-use-http-sig', 'must-exchange-token', 'must-invite'],
    tokenEndPoint: 'http://HOST/ocm/token',
    jwksUri: 'http://HOST/ocm/jwks.json',
    inviteAcceptDialog: 'http://HOST/ui/accept-invite',
  },
  documentAt: { '/.well-known/ocm': 'json', '/ocm-provider': 404, '/ocm-provider/': 404 },
  people: 'base64url',
  finding: { ...CERNBOX.finding, needsEnabled: true },
  signatures: { makes: 'rfc9421', demands: 'always' },
  sending: { ...CERNBOX.sending, address: 'relative', emptyOptions: false, folder: 'file' },
  taking: {
    ...CERNBOX.taking,
    shapes: ['multi'],
    kinds: ['file'],
    strictProtocol: true,
    needsRequirement: 'must-exchange-token',
  },
  notices: {
    ...NC32.notices,
    done: { status: 200, body: {} },
    wrong: { status: 403, body: { message: 'FORBIDDEN', validationErrors: [] } },
    gone: { status: 409, body: { message: 'CONFLICT', validationErrors: [] } },
  },
  opens: { ...CERNBOX.opens, with: 'bearer' },
  serves: { ...CERNBOX.serves, root: '/webdav/ocm', with: ['bearer'], exchanges: true },
};

/** The servers that are in the field. */
export const OCM_PROFILES = {
  nc29: NC29,
  nc32: NC32,
  nc34: NC34,
  nc35: NC35,
  oc10: OC10,
  ocis: OCIS,
  opencloud: OPENCLOUD,
  cernbox: CERNBOX,
  seafile: SEAFILE,
  'opencloudmesh-go': NEWEST,
} as const satisfies Readonly<Record<string, OcmProfile>>;

/** One of {@link OCM_PROFILES}. */
export type OcmProfileName = keyof typeof OCM_PROFILES;
