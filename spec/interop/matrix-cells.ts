/** What must be seen at each step of one column. */
type Cells = Readonly<Record<string, string>>;

/** A cloud that signs and keeps to the text offers a folder. */
const SPEC_ORIGIN: Cells = {
  proposal: 'works',
  'kept before the decision': 'a pending row',
  consent: 'after signing in',
  'consent page': 'shows the folder',
  'proposal again': 'shows the folder',
  'credentials before the decision': 'refused 409',
  callback: 'accepted=true, signed',
  'decision at the origin': 'ACCEPTED',
  credentials: 'by the server: works',
  mount: 'works',
  'consent page again': 'shows what was decided',
  'proposal after the decision': 'refused 409',
  'credentials again': 'works',
  'other credentials': 'refused 409',
  read: 'works',
  write: 'works',
  'write seen at the origin': 'works',
  'callback of a refusal': 'accepted=false, signed',
  'refusal at the origin': 'DECLINED',
  'credentials after a refusal': 'refused 409',
  permission: 'read-only',
  'write to a read-only share': 'refused 403',
  'end by the recipient': 'left, told, erased',
  'end by the owner': 'told: revoked, answers 404',
  'end again': 'works',
  'credentials after the end': 'refused 409',
};

/** What is carried by a browser, or not signed, leaves nothing behind before its recipient has decided. */
const CARRIED: Cells = {
  'kept before the decision': 'nothing',
  'credentials before the decision': 'refused 404',
};

/** People are told when a message cannot be proven. */
const UNSIGNED: Cells = {
  ...CARRIED,
  'consent page': 'warns of unsigned messages',
  'proposal again': 'warns of unsigned messages',
};

/** Signed with our pair, if we hold one: the storage behind an unsigned cloud checks it. */
const UNSIGNED_SPEC_ORIGIN: Cells = without(
  { ...SPEC_ORIGIN, ...UNSIGNED, 'end by the owner': 'learns from the dead token: revoked, answers 404' },
  'end again',
);

const NEC_ORIGIN: Cells = { ...UNSIGNED_SPEC_ORIGIN, 'end by the recipient': 'left, not told, erased' };

/** It signs within the form that the browser carries; it has no word for an end either. */
const SIGNING_NEC_ORIGIN: Cells = {
  ...NEC_ORIGIN,
  'consent page': 'shows the folder',
  'proposal again': 'shows the folder',
};

/** The wired reference: a yes in Python's spelling, an empty no, its token through the browser, and always write access. */
const STACKSYNC_ORIGIN: Cells = {
  ...NEC_ORIGIN,
  callback: 'accepted=True, signed',
  'callback of a refusal': 'accepted=, signed',
  credentials: 'through the browser: works, and led away from the address',
  permission: 'read-write',
  'write to a read-only share': 'works',
};

/** The bare reference has a constant token without a secret, and no storage: nothing comes of a yes. */
const CSINTEROP_ORIGIN: Cells = {
  proposal: 'works',
  ...UNSIGNED,
  consent: 'after signing in',
  callback: 'accepted=True, unsigned',
  'decision at the origin': 'ACCEPTED',
  credentials: 'through the browser: refused 400',
  mount: 'accepted: waits',
  'consent page again': 'shows what was decided',
  'proposal after the decision': 'refused 409',
  'callback of a refusal': 'accepted=, unsigned',
  'refusal at the origin': 'DECLINED',
  'credentials after a refusal': 'refused 400: access_token_secret is missing',
};

/** A cloud that signs and keeps to the text is offered a folder. */
const SPEC_DESTINATION: Cells = {
  choice: 'offered',
  proposal: 'works',
  'proposal again': 'same page, sent',
  consent: 'after signing in',
  callback: 'accepted=true, signed',
  'page after the callback': 'works',
  'callback again': 'works',
  'callback reversed': 'refused 401',
  credentials: 'works: signed POST by the server, access_token_key and access_token_secret',
  state: 'active',
  list: 'works',
  read: 'works',
  write: 'works',
  'write seen at the origin': 'works',
  permission: 'read-only',
  'write to a read-only share': 'refused 403',
  'callback of a refusal': 'accepted=false, signed',
  'refusal at the origin': 'declined, page 200',
  'credentials after a refusal': 'never sent',
  'end by the recipient': 'told: left',
  'end by the owner': 'told, token 401',
  'callback after the end': 'refused 409',
};

const UNSIGNED_SPEC_DESTINATION: Cells = {
  ...SPEC_DESTINATION,
  callback: 'accepted=true, unsigned',
  'callback reversed': 'refused 409',
  'callback of a refusal': 'accepted=false, unsigned',
  // An unsigned end could be anybody's (UNS-01).
  'end by the recipient': 'refused 401: active',
};

const NEC_DESTINATION: Cells = {
  ...UNSIGNED_SPEC_DESTINATION,
  'end by the recipient': 'not told: active',
  'end by the owner': 'not told, token 401',
};

const SIGNING_NEC_DESTINATION: Cells = {
  ...NEC_DESTINATION,
  callback: 'accepted=true, signed',
  'callback reversed': 'refused 401',
  'callback of a refusal': 'accepted=false, signed',
};

const STACKSYNC_DESTINATION: Cells = {
  ...NEC_DESTINATION,
  consent: 'nobody is asked who they are',
  'proposal again': 'refused there 500, sent',
  callback: 'accepted=True, unsigned',
  'callback of a refusal': 'accepted=False, unsigned',
  credentials: 'works: unsigned GET by the server, oauth_access_token and oauth_access_token_secret',
};

/**
 * The csinterop destination keeps the token without its secret and uses no storage API: nothing happens there after the
 * credentials.
 */
const CSINTEROP_DESTINATION: Cells = {
  ...without(
    STACKSYNC_DESTINATION,
    ...['list', 'read', 'write', 'write seen at the origin', 'permission'],
    ...['write to a read-only share', 'end by the recipient'],
  ),
  'end by the owner': 'not told, no token to try',
};

/** Without the administrator's consent no secret goes into an address: these clouds wait (cloudspaces-interop.md 13). */
const WAITING: Cells = { ...CSINTEROP_DESTINATION, state: 'accepted' };
const POSTED = 'waits: unsigned POST by the server, oauth_access_token and oauth_access_token_secret';

/** What must be seen at each step of each column. A step without a cell must not happen, nor a cell without its step. */
export const CELLS: Readonly<Record<string, Cells>> = {
  'spec as origin, server-post': { register: 'spec by server-post', ...SPEC_ORIGIN },
  // How a cloud takes proposals says nothing about those that it posts itself.
  'spec as origin, browser-post': { register: 'spec by browser-post', ...SPEC_ORIGIN },
  'spec as origin, browser-get': { register: 'spec by browser-get', ...SPEC_ORIGIN },
  'spec as destination, server-post': { register: 'spec by server-post', ...SPEC_DESTINATION },
  'spec as destination, browser-post': { register: 'spec by browser-post', ...SPEC_DESTINATION },
  'spec as destination, browser-get': {
    register: 'spec by browser-get',
    choice: 'offered',
    proposal: 'refused there 404, sent',
  },

  // Proposals by GET are taken from clouds that were registered for them.
  'csinterop as origin, server-post': { register: 'csinterop by server-post, unsigned', proposal: 'refused 405' },
  'csinterop as origin, browser-post': { register: 'csinterop by browser-post, unsigned', proposal: 'refused 405' },
  'csinterop as origin, browser-get': { register: 'csinterop by browser-get, unsigned', ...CSINTEROP_ORIGIN },
  // A post does not get past Django's check for forged forms.
  'csinterop as destination, server-post': {
    register: 'csinterop by server-post, unsigned',
    choice: 'offered',
    proposal: 'refused 502, created',
  },
  'csinterop as destination, browser-post': {
    register: 'csinterop by browser-post, unsigned',
    choice: 'offered',
    proposal: 'refused there 403, sent',
  },
  'csinterop as destination, browser-get': {
    register: 'csinterop by browser-get, unsigned',
    ...WAITING,
    credentials: `${POSTED}: answered 403`,
  },

  'stacksync as origin, server-post': {
    register: 'csinterop by server-post, unsigned, credentials by GET',
    proposal: 'refused 405',
  },
  'stacksync as origin, browser-post': {
    register: 'csinterop by browser-post, unsigned, credentials by GET',
    proposal: 'refused 405',
  },
  'stacksync as origin, browser-get': {
    register: 'csinterop by browser-get, unsigned, credentials by GET',
    ...STACKSYNC_ORIGIN,
  },
  // A repeated proposal makes it crash; the first is still good.
  'stacksync as destination, server-post': {
    register: 'csinterop by server-post, unsigned, credentials by GET',
    ...STACKSYNC_DESTINATION,
    'proposal again': 'refused 502, sent',
  },
  'stacksync as destination, browser-post': {
    register: 'csinterop by browser-post, unsigned, credentials by GET',
    ...STACKSYNC_DESTINATION,
  },
  'stacksync as destination, browser-get': {
    register: 'csinterop by browser-get, unsigned, credentials by GET',
    ...STACKSYNC_DESTINATION,
  },

  'nec as origin, server-post': { register: 'nec by server-post, unsigned', ...NEC_ORIGIN },
  'nec as origin, browser-post': { register: 'nec by browser-post, unsigned', ...NEC_ORIGIN },
  'nec as origin, browser-get': { register: 'nec by browser-get, unsigned', ...NEC_ORIGIN },
  // It answers with a page that only the recipient's browser could show.
  'nec as destination, server-post': {
    register: 'nec by server-post, unsigned',
    choice: 'offered',
    proposal: 'refused 502, created',
  },
  'nec as destination, browser-post': { register: 'nec by browser-post, unsigned', ...NEC_DESTINATION },
  'nec as destination, browser-get': {
    register: 'nec by browser-get, unsigned',
    choice: 'offered',
    proposal: 'refused there 500, sent',
  },

  'spec that cannot sign as origin, server-post': {
    register: 'spec by server-post, unsigned',
    ...UNSIGNED_SPEC_ORIGIN,
    // We sign what we send to it; it does not look.
    'end by the recipient': 'left, told, erased',
  },
  'spec that cannot sign as destination, server-post': {
    register: 'spec by server-post, unsigned',
    ...UNSIGNED_SPEC_DESTINATION,
  },
  'nec that signs as origin, browser-post': { register: 'nec by browser-post', ...SIGNING_NEC_ORIGIN },
  'nec that signs as destination, browser-post': { register: 'nec by browser-post', ...SIGNING_NEC_DESTINATION },
  'nec from its server as origin, server-post': { register: 'nec by server-post, unsigned', ...NEC_ORIGIN },
  'nec with a file as origin, browser-post': { register: 'nec by browser-post, unsigned', ...NEC_ORIGIN },
  'csinterop by GET as destination, browser-get': {
    register: 'csinterop by browser-get, unsigned, credentials by GET',
    ...CSINTEROP_DESTINATION,
  },
  'stacksync not by GET as destination, browser-get': {
    register: 'csinterop by browser-get, unsigned',
    ...WAITING,
    credentials: `${POSTED}: answered 400`,
  },
};

function without(cells: Cells, ...steps: readonly string[]): Cells {
  return Object.fromEntries(Object.entries(cells).filter(([step]) => !steps.includes(step)));
}
