import type { PageServices } from '../../../src/doors/pages/index.js';
import { Failure, notFound, type AccountId, type ItemId } from '../../../src/kernel/index.js';
import type {
  IncomingView,
  InvitationView,
  Member,
  OutgoingView,
  Passage,
  ProposalView,
} from '../../../src/shares/index.js';
import { ANA, BO, START } from '../../support/seeds.js';

/** One call that a page made. */
export type Call = readonly [name: string, ...arguments_: unknown[]];

/** Shares played by hand: what pages ask is answered from these lists, and written down. */
export interface Agreements {
  readonly services: Omit<
    PageServices,
    | 'accounts'
    | 'passwords'
    | 'passwordLinks'
    | 'addresses'
    | 'tree'
    | 'peers'
    | 'limiter'
    | 'letterWishes'
    | 'clients'
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
    peers: [
      {
        id: 'peer-birch',
        name: 'Birch',
        origin: 'https://birch.example',
        pageOrigins: ['https://birch.example'],
        suggested: true,
        description: 'Files of the <b>Birch</b>',
      },
      {
        id: 'peer-cedar',
        name: 'Cedar',
        origin: 'https://cedar.example:8443',
        pageOrigins: ['https://cedar.example:8443'],
        suggested: false,
        description: undefined,
      },
    ],
    chosenPeerId: undefined,
    ...changes,
  };
}

/** Somebody who can open the folder. */
export function member(changes: Partial<Member> = {}): Member {
  return {
    ...{ name: ANA.name, email: ANA.email, joinedAt: START, isOwner: true, permission: 'read-write' },
    ...{ accountId: undefined, peerName: undefined, outgoingId: undefined, expiresAt: undefined },
    ...changes,
  };
}

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
    logos: { of: async () => undefined, known: async () => new Set() },
    // Played in whole clouds: spec/doors/interop/join.spec.ts, spec/browser/joining.spec.ts.
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
    },
    sharing: {
      share: async (...args) => {
        note('share', ...args);
        return { members: [], proposals: [{ shareId: 'share-1', email: BO.email, state: 'created' }] };
      },
      unshare: async (...args) => {
        note('unshare', ...args);
        return [];
      },
      leave: async (...args) => note('leave', ...args),
      members: async () => state.members,
      outgoingOf: async () => state.outgoing,
      incomingOf: async () => state.incoming,
      withdraw: async (...args) => note('withdraw', ...args),
      leaveIncoming: async (...args) => note('leaveIncoming', ...args),
    },
    inviting: { resend: async (...args) => note('resend', ...args) },
    changing: {
      change: async (...args) => note('change', ...args),
      changeMember: async (...args) => note('changeMember', ...args),
    },
    invitations: {
      view: async (token) => need(state.invitations, token),
      choose: async (token, peerId) => {
        note('choose', token, peerId);
        const page = new URL(`https://birch.example/interop/proposals/${peerId}`);
        return state.passages.get(peerId) ?? { kind: 'page', location: page };
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
      };
    },
    shareAdministration: {
      shares: async () => [
        ...state.outgoing.map((view) => ({ ...view, direction: 'outgoing' as const })),
        ...state.incoming.map((view) => ({ ...view, direction: 'incoming' as const })),
      ],
      endShare: async (...args) => note('endShare', ...args),
    },
  };
  return { ...state, services, calls, failNext: (next) => (failure = next) };
}

function beyond(): never {
  throw new Failure('unavailable', 'There is no other cloud here.');
}
