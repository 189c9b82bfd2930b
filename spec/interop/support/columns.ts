import { CsinteropPeer } from '../../support/scripted-peers/csinterop-peer.js';
import { NecPeer } from '../../support/scripted-peers/nec-peer.js';
import type { ScriptedPeer } from '../../support/scripted-peers/peer.js';
import { SpecPeer } from '../../support/scripted-peers/spec-peer.js';
import { StacksyncPeer } from '../../support/scripted-peers/stacksync-peer.js';
import type { Terms } from './stage.js';

/** The makes of clouds that the matrix knows. */
export const MAKES = ['spec', 'csinterop', 'stacksync', 'nec'] as const;
export type Make = (typeof MAKES)[number];

export const ROLES = ['origin', 'destination'] as const;
export type Role = (typeof ROLES)[number];

export const TRANSPORTS = ['server-post', 'browser-post', 'browser-get'] as const;
type Transport = (typeof TRANSPORTS)[number];

/** One column: a make in a role, as an administrator registered it. */
export interface Column {
  readonly title: string;
  readonly make: Make;
  readonly role: Role;
  readonly terms: Omit<Terms, 'name'> & { readonly transport: Transport };
  readonly open: (now: () => number) => Promise<ScriptedPeer>;
  /** What it shares as an origin; default: folders. */
  readonly kind?: 'folder' | 'file';
}

const SPEC: Omit<Terms, 'name'> = { dialect: 'spec' };
const UNSIGNED_SPEC: Omit<Terms, 'name'> = { dialect: 'spec', allowUnsigned: true };
const REF: Omit<Terms, 'name'> = { dialect: 'csinterop', allowUnsigned: true, isKeyed: false };
const INT: Omit<Terms, 'name'> = { dialect: 'csinterop', allowUnsigned: true, credentialsByGet: true };
const NEC: Omit<Terms, 'name'> = { dialect: 'nec', allowUnsigned: true };
const SIGNING_NEC: Omit<Terms, 'name'> = { dialect: 'nec' };

type Kind = Pick<Column, 'make' | 'open'> & { readonly terms: Omit<Terms, 'name'>; readonly words: string };

const spec: Kind = { make: 'spec', words: 'spec', terms: SPEC, open: (now) => SpecPeer.open({ now }) };
const ref: Kind = { make: 'csinterop', words: 'csinterop', terms: REF, open: (now) => CsinteropPeer.open({ now }) };
const int: Kind = { make: 'stacksync', words: 'stacksync', terms: INT, open: (now) => StacksyncPeer.open({ now }) };
const nec: Kind = { make: 'nec', words: 'nec', terms: NEC, open: (now) => NecPeer.open({ now }) };

/** Readings that an installation may be set up for beside the usual one of its make. */
const UNSIGNED: Kind = {
  ...spec,
  words: 'spec that cannot sign',
  terms: UNSIGNED_SPEC,
  open: (now) => SpecPeer.open({ now, signs: false }),
};
const BY_GET: Kind = { ...ref, words: 'csinterop by GET', terms: { ...REF, credentialsByGet: true } };
const NOT_BY_GET: Kind = { ...int, words: 'stacksync not by GET', terms: { ...INT, credentialsByGet: false } };
const SIGNED_BY_BROWSER: Kind = {
  ...nec,
  words: 'nec that signs',
  terms: SIGNING_NEC,
  open: (now) => NecPeer.open({ now, signs: true, spelling: 'braced' }),
};
const SERVED_NEC: Kind = {
  ...nec,
  words: 'nec from its server',
  open: (now) => NecPeer.open({ now, carrier: 'server', spelling: 'bare' }),
};

function column({ words, ...kind }: Kind, role: Role, transport: Transport): Column {
  return { ...kind, role, title: `${words} as ${role}, ${transport}`, terms: { ...kind.terms, transport } };
}

/** Every make in every role by every transport, and what else an installation may be. */
export const COLUMNS: readonly Column[] = [
  ...[spec, ref, int, nec].flatMap((kind) =>
    ROLES.flatMap((role) => TRANSPORTS.map((transport) => column(kind, role, transport))),
  ),
  ...ROLES.map((role) => column(UNSIGNED, role, 'server-post')),
  ...ROLES.map((role) => column(SIGNED_BY_BROWSER, role, 'browser-post')),
  column(SERVED_NEC, 'origin', 'server-post'),
  { ...column(nec, 'origin', 'browser-post'), title: 'nec with a file as origin, browser-post', kind: 'file' },
  column(BY_GET, 'destination', 'browser-get'),
  column(NOT_BY_GET, 'destination', 'browser-get'),
];
