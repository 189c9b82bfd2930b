import type { PageServices } from '../../../src/doors/pages/index.js';
import { Failure, notFound, type AccountId, type ItemId } from '../../../src/kernel/index.js';
import {
  isEnd,
  type FolderShares,
  type IncomingView,
  type InvitationView,
  type Member,
  type OutgoingView,
  type Passage,
  type ProposalView,
} from '../../../src/shares/index.js';
import { mailRecipients } from '../../support/mail-recipients.js';
import { ANA, BO, START } from '../../support/seeds.js';

/** A cloud that speaks only Open Cloud Mesh, as it is found. */
export const MOSS = {
  url: 'https://moss.example',
  found: {
    name: 'Moss',
    dialect: 'ocm',
    storageApi: 'webdav',
    storageBase: 'https://moss.example/ocm',
    shareUrl: 'https://moss.example/ocm/shares',
    unshareUrl: 'https://moss.example/ocm/notifications',
    credentialsUrl: 'https://moss.example/ocm/notifications',
    origins: ['https://moss.example'],
    ocm: { host: 'moss.example', path: '', isPlain: false },
    said: undefined,
  },
} as const;

/** One call that a page made. */
export type Call = readonly [name: string, ...arguments_: unknown[]];

/** Shares played by hand: what pages ask is answered from these lists, and written down. */
export interface Agreements {
  readonly services: Omit<
    PageServices,
    | 'accounts'
    | 'removedPeople'
    | 'passwords'
    | 'passwordLinks'
    | 'recoveries'
    | 'addresses'
    | 'tree'
    | 'trash'
    | 'locks'
    | 'peers'
    | 'limiter'
    | 'remember'
    | 'letterWishes'
    | 'clients'
    | 'appPasswords'
    | 'temporaryCredentials'
    | 'care'
  >;
  readonly calls: Call[];
  readonly outgoing: OutgoingView[];
  readonly incoming: IncomingView[];
  readonly members: Member[];
  readonly invitations: Map<string, InvitationView>;
  /** How a choice of a cloud goes on, where that is not Birch's page. */
  readonly passages: Map<string, Passage>;
  readonly proposals: Map<string, ProposalView>;
  /** Accounts that own the address of every proposal. */
  readonly recipients: Set<string>;
  /** What the next call throws instead of answering. */
  failNext(failure: Failure): void;
}

/** A page of a list with nothing beside it. */
export const ALONE = { unreadable: [], before: undefined, after: undefined } as const;

/** An outgoing share to Bo, waiting for him to choose a cloud. */
export function outgoingView(changes: Partial<OutgoingView> = {}): OutgoingView {
  return {
    id: 'out-1',
    shareId: 'share-1',
    state: 'created',
    endReason: undefined,
    endedBy: undefined,
    folderId: '1' as ItemId,
    folderName: 'Plans',
    permission: 'read-write',
    ownerName: ANA.name,
    ownerEmail: ANA.email,
    recipient: BO.email,
    comment: '',
    peerName: undefined,
    isOcm: false,
    problem: undefined,
    createdAt: START,
    changedAt: START,
    expiresAt: undefined,
    invitationExpiresAt: START + 30 * 86_400_000,
    mailState: 'sent',
    mailAt: START,
    ...changes,
  };
}

/** An incoming share from Bo at Birch, waiting for an answer. */
export function incomingView(changes: Partial<IncomingView> = {}): IncomingView {
  return {
    id: 'in-1',
    shareId: 'share-2',
    state: 'pending',
    endReason: undefined,
    endedBy: undefined,
    folderName: 'Recipes',
    permission: 'read-only',
    ownerName: BO.name,
    ownerEmail: BO.email,
    recipient: ANA.email,
    peerName: 'Birch',
    peerOrigin: 'https://birch.example',
    createdAt: START,
    changedAt: START,
    expiresAt: undefined,
    kind: 'folder',
    isKindOpen: false,
    mountId: undefined,
    problem: undefined,
    ...changes,
  };
}

/** A proposal from Bo at Birch. */
export function proposalView(changes: Partial<ProposalView> = {}): ProposalView {
  return {
    ...incomingView(),
    digest: 'digest-1',
    callbackOrigin: 'https://birch.example',
    unsigned: false,
    sender: undefined,
    isOcm: false,
    ...changes,
  };
}

/** An open invitation of Bo, with two clouds to choose from. */
export function invitationView(changes: Partial<InvitationView> = {}): InvitationView {
  return {
    state: 'created',
    ownerName: ANA.name,
    ownerEmail: ANA.email,
    folderName: 'Plans',
    permission: 'read-write',
    comment: 'For Saturday',
    recipient: BO.email,
    expiresAt: undefined,
    invitationExpiresAt: START + 30 * 86_400_000,
    peers: {
      ...ALONE,
      items: [
        {
          id: 'peer-birch',
          name: 'Birch',
          origin: 'https://birch.example',
          pageOrigins: ['https://birch.example'],
          suggested: true,
          asks: undefined,
          description: 'Files of the <b>Birch</b>',
        },
        {
          id: 'peer-cedar',
          name: 'Cedar',
          origin: 'https://cedar.example:8443',
          pageOrigins: ['https://cedar.example:8443'],
          suggested: false,
          asks: undefined,
          description: undefined,
        },
      ],
    },
    takesAddresses: false,
    chosenPeerId: undefined,
    ...changes,
  };
}

/** Somebody who can open the folder. */
export function member(changes: Partial<Member> = {}): Member {
  return {
    name: ANA.name,
    email: ANA.email,
    joinedAt: START,
    isOwner: true,
    permission: 'read-write',
    accountId: undefined,
    peerName: undefined,
    outgoingId: undefined,
    expiresAt: undefined,
    ...changes,
  };
}

/** What every peer has sent in vain. */
export const REFUSED = {
  at: START,
  call: 'POST /interop/credentials',
  status: 400,
  reason: 'access_token_secret is missing',
};

/** Agreements that pages can look at and change. */
export function createAgreements(): Agreements {
  const calls: Call[] = [];
  const state = {
    outgoing: [] as OutgoingView[],
    incoming: [] as IncomingView[],
    members: [] as Member[],
    invitations: new Map<string, InvitationView>(),
    passages: new Map<string, Passage>(),
    proposals: new Map<string, ProposalView>(),
    recipients: new Set<string>(),
  };
  let failure: Failure | undefined;
  /** Writes a change down; looking is not written down, so that an empty list means that nothing happened. */
  const note = (...call: Call): void => {
    const thrown = failure;
    failure = undefined;
    if (thrown !== undefined) throw thrown;
    calls.push(call);
  };
  const need = <Value>(map: ReadonlyMap<string, Value>, key: string): Value => {
    const value = map.get(key);
    if (value === undefined) throw notFound();
    return value;
  };
  const services: Agreements['services'] = {
    apps: {
      list: async () => [{ id: 'app-1', name: 'Desk', createdAt: START, lastUsedAt: undefined }],
      disconnect: async (...args) => note('disconnect', ...args),
    },
    // Played in whole clouds: spec/journeys/ocm-contacts.spec.ts.
    contacts: {
      book: { list: async () => [], remove: async () => beyond() },
      invites: {
        make: async () => beyond(),
        list: async () => [],
        withdraw: async () => beyond(),
        inviter: async () => beyond(),
      },
      meeting: { accept: async () => beyond(), wayTo: async () => beyond() },
      clouds: async () => [],
    },
    // spec/journeys/ocm-introductions.spec.ts
    introductions: { lead: async () => beyond() },
    logos: { of: async () => undefined, known: async () => new Set() },
    refused: { of: async () => [REFUSED] },
    // Played in whole clouds: spec/doors/interop/join.spec.ts, spec/browser/joining.spec.ts, spec/journeys/moving.spec.ts.
    joining: {
      joins: { start: async () => beyond(), list: async () => [], cancel: async () => undefined },
      joinRequests: {
        list: async () => [],
        read: async () => beyond(),
        dismiss: async () => beyond(),
        approve: async () => beyond(),
      },
      probes: { probe: async () => 'well' },
      rotation: { rotate: async (...args) => note('rotate', ...args) },
      peerMoves: { confirm: async () => beyond() },
    },
    recipients: mailRecipients,
    sharing: {
      share: async (...args) => {
        note('share', ...args);
        return {
          members: [],
          proposals: [{ shareId: 'share-1', email: BO.email, state: 'created', outcome: 'new' }],
          disabled: [],
        };
      },
      unshare: async (...args) => {
        note('unshare', ...args);
        return [];
      },
      openers: async () => ({
        owner: state.members.find(({ isOwner }) => isOwner),
        here: onePage(state.members.filter(({ isOwner, peerName }) => !isOwner && peerName === undefined)),
        abroad: onePage(state.members.filter(({ isOwner, peerName }) => !isOwner && peerName !== undefined)),
      }),
      memberOf: async (actor, _folderId, memberId) =>
        state.members.some(({ accountId, isOwner }) => accountId === actor && isOwner)
          ? state.members.find(({ accountId, isOwner }) => accountId === memberId && !isOwner)
          : undefined,
      outgoingPage: async () => onePage(state.outgoing),
      incomingPage: async () => onePage(state.incoming),
      outgoingOfFolder: async (_actor, folderId, which) =>
        onePage(state.outgoing.filter((share) => share.folderId === folderId && standingOf(share) === which)),
      outgoingOne: async (_actor, id) => state.outgoing.find((share) => share.id === id),
      incomingOne: async (_actor, id) => state.incoming.find((share) => share.id === id),
      withdraw: async (...args) => note('withdraw', ...args),
    },
    leaving: {
      leave: async (...args) => note('leave', ...args),
      leaveIncoming: async (...args) => note('leaveIncoming', ...args),
    },
    inviting: { resend: async (...args) => note('resend', ...args) },
    changing: {
      change: async (...args) => note('change', ...args),
      changeMember: async (...args) => note('changeMember', ...args),
    },
    wishedClouds: { wish: async (...args) => note('wishCloud', ...args) },
    invitations: {
      view: async (token) => need(state.invitations, token),
      offered: async (token, peerId) => need(state.invitations, token).peers.items.find(({ id }) => id === peerId),
      choose: async (token, peerId, address) => {
        note('choose', token, peerId, ...(address === undefined || address === '' ? [] : [address]));
        if (address === 'nobody') throw new Failure('invalid', 'Type your address at moss.example.');
        const page = new URL(`https://birch.example/interop/proposals/${peerId}`);
        return state.passages.get(peerId) ?? { kind: 'page', location: page };
      },
      chooseByAddress: async (token, address) => {
        note('chooseByAddress', token, address);
        const host = address.slice(address.lastIndexOf('@') + 1);
        const asks = { host, likely: '' };
        const at = { id: 'met', name: host, origin: `https://${host}`, pageOrigins: [], suggested: false } as const;
        const peer = { ...at, asks, description: undefined };
        return { peer, passage: { kind: 'waiting-there', host, acceptsByUse: false } };
      },
    },
    proposals: {
      view: async (accountId, id) => {
        const proposal = need(state.proposals, id);
        return state.recipients.has(accountId) ? { kind: 'shown', proposal } : { kind: 'other-address' };
      },
      decide: async (accountId: AccountId, id, digest, accepted) => {
        const proposal = need(state.proposals, id);
        if (!state.recipients.has(accountId)) throw new Failure('forbidden', 'This offer is for another address.');
        if (proposal.digest !== digest) throw new Failure('conflict', 'The offer has changed. Please look again.');
        note('decide', accountId, id, digest, accepted);
        return { location: new URL(`https://birch.example/interop/result/callback?accepted=${String(accepted)}`) };
      },
    },
    discover: async (url) => {
      note('discover', url);
      return {
        name: 'Birch',
        transport: 'server-post',
        storageApi: 'stacksync-v2',
        storageBase: 'https://files.elsewhere.example/v1/',
        shareUrl: 'https://birch.example/interop/share',
        unshareUrl: 'https://birch.example/interop/unshare',
        credentialsUrl: 'https://birch.example/interop/credentials',
        returnUrl: undefined,
        joinUrl: undefined,
        origins: ['https://birch.example', 'https://files.elsewhere.example'],
        emailDomains: ['birch.example'],
        description: undefined,
        logoUrl: undefined,
        ...(url === MOSS.url ? MOSS.found : { dialect: undefined, ocm: undefined, said: undefined }),
      };
    },
    shareLists: {
      all: async () =>
        onePage([
          ...state.outgoing.map((view) => ({ ...view, direction: 'outgoing' as const })),
          ...state.incoming.map((view) => ({ ...view, direction: 'incoming' as const })),
        ]),
      counts: async () => ({ open: state.outgoing.length + state.incoming.length, accepted: 0 }),
    },
    endings: { half: async (...args) => note('endShare', ...args) },
  };
  return { ...state, services, calls, failNext: (next) => (failure = next) };
}

function beyond(): never {
  throw new Failure('unavailable', 'There is no other cloud here.');
}

/** All there is, as the only page of a list. */
function standingOf({ state }: OutgoingView): FolderShares {
  if (isEnd(state)) return 'over';
  return state === 'active' ? 'open' : 'under-way';
}

function onePage<View>(items: readonly View[]) {
  return { items, unreadable: [], before: undefined, after: undefined };
}
