import type { OcmProfileName } from '../../support/ocm-servers/index.js';

/** What comes of each flow; a flow that is missing here fails. */
export type Cells = Readonly<Record<string, string>>;

/** What Ana gives to somebody at a server that signs nothing, tells everything and drops what no longer opens. */
const OUT_USUAL: Cells = {
  invite: '200, Zoe Zander',
  share: 'sent',
  accept: 'active, active after a read',
  decline: 'declined',
  'list and read': '/ a.txt 206 twelve',
  write: '201 from Zoe',
  rename: '201 twelve bytes',
  delete: '204 nothing',
  permission: '403, then 201',
  'permission told': 'no',
  leave: 'left',
  expiry: '401, here expired, there gone',
  'peer away': 'sent, then told',
  revoke: '401, there gone',
};

/** They know no invitations (open-cloud-mesh.md 12). */
const NO_INVITES: Cells = { invite: 'unknown there' };

/**
 * Servers that never tell what their people answer: the first read counts as a yes, and a no is never heard
 * (open-cloud-mesh.md 6, 16).
 */
const OUT_SILENT: Cells = { accept: 'sent, active after a read', decline: 'sent', leave: 'active' };

/** Servers that log notifications and do nothing (open-cloud-mesh.md 12); the secret is dead all the same. */
const OUT_DEAF: Cells = { expiry: '401, here expired, there accepted', revoke: '401, there accepted' };

/** They look like oCIS, which alone acts on it (open-cloud-mesh.md 12, 14). */
const OUT_TOLD: Cells = { 'permission told': '201 201 201, there read, read+write, read' };
const OUT_TOLD_IN_VAIN: Cells = { 'permission told': '201 201 201, there read+write, read+write, read+write' };

/** No share was offered, so that nothing else can be played. */
const OUT_NOTHING: Cells = Object.fromEntries(Object.keys(OUT_USUAL).map((flow) => [flow, 'nothing came']));

/** Ana gives, somebody there receives. */
export const OUT_CELLS: Readonly<Record<OcmProfileName, Cells>> = {
  nc29: { ...OUT_USUAL, ...NO_INVITES },
  nc32: OUT_USUAL,
  nc34: OUT_USUAL,
  nc35: OUT_USUAL,
  oc10: { ...OUT_USUAL, ...NO_INVITES },
  seafile: { ...OUT_USUAL, ...NO_INVITES, accept: 'sent, active after a read' },
  ocis: { ...OUT_USUAL, ...OUT_SILENT, ...OUT_TOLD },
  opencloud: { ...OUT_USUAL, ...OUT_SILENT, ...OUT_DEAF, ...OUT_TOLD_IN_VAIN },
  cernbox: { ...OUT_USUAL, ...OUT_SILENT, ...OUT_DEAF, ...OUT_TOLD_IN_VAIN },
  'opencloudmesh-go': {
    ...OUT_NOTHING,
    invite: '200, Zoe Zander',
    share:
      'refused: HOST takes only shares that are opened with tokens. An administrator of this cloud can turn that on for it.',
    'peer away': 'created, then nothing',
  },
};

/** Somebody at a server that tells everything gives, Ana receives. */
const IN_USUAL: Cells = {
  invite: 'Zoe Zander, there Ana',
  share: 'pending, there sent upon 201',
  accept: 'active, there accepted',
  decline: 'declined, there declined',
  'list and read': 'a.txt 206 twelve',
  write: 'from Ana',
  rename: '200 twelve bytes',
  delete: '200 nothing',
  permission: '403, then 201',
  leave: 'left, there declined',
  'taken back': 'withdrawn',
  expiry: '503, revoked in the end',
  'peer away': '502, stays, 200, active',
  revoke: 'revoked, 404, revoked in the end',
  'read a file': 'file of 12, 206 twelve, there accepted',
  'write a file': '200 from Ana, read from Ana',
  'end a file': 'revoked, vanishes, or left',
};

/** They write down what they are told, and do not act. */
const IN_DEAF: Cells = {
  accept: 'active, there sent',
  decline: 'declined, there sent',
  leave: 'left, there sent',
  'read a file': 'file of 12, 206 twelve, there sent',
};

/**
 * Servers that do not tell the end of a share, or do so without proof: it shows when the secret opens nothing any more.
 */
const IN_MUTE: Cells = { 'taken back': 'pending', revoke: 'active, 503, revoked in the end' };

const IN_NOTHING: Cells = Object.fromEntries(Object.keys(IN_USUAL).map((flow) => [flow, 'nothing came']));

/** Somebody there gives, Ana receives. */
export const IN_CELLS: Readonly<Record<OcmProfileName, Cells>> = {
  nc29: { ...IN_USUAL, ...NO_INVITES },
  nc32: IN_USUAL,
  nc34: IN_USUAL,
  nc35: IN_USUAL,
  oc10: { ...IN_USUAL, ...NO_INVITES },
  // Neither its message nor its files say what may be done.
  seafile: {
    ...IN_USUAL,
    ...NO_INVITES,
    ...IN_MUTE,
    accept: 'active, there sent',
    write: 'nothing',
    rename: '403 nothing',
    delete: '403 twelve bytes',
    permission: '403, then 403',
    'read a file': 'file of 12, 206 twelve, there sent',
    'write a file': '403 twelve bytes, read twelve bytes',
  },
  // It tells the time of the end, at which we end the share ourselves.
  ocis: { ...IN_USUAL, ...IN_DEAF, ...IN_MUTE, expiry: '404, expired in the end' },
  // What it took back it answers with 500, which is trouble and no end (open-cloud-mesh.md 8).
  opencloud: {
    ...IN_USUAL,
    ...IN_DEAF,
    ...IN_MUTE,
    expiry: '404, expired in the end',
    revoke: 'active, 502, active in the end',
    'end a file': 'active, stays, or left',
  },
  cernbox: { ...IN_USUAL, ...IN_DEAF, ...IN_MUTE, expiry: '404, expired in the end' },
  'opencloudmesh-go': {
    ...IN_NOTHING,
    invite: 'Zoe Zander, there Ana',
    share: 'refused: 501 The share demands what this cloud does not do.',
  },
};
