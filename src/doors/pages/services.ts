import type { AccountId, Email, ItemId, Permission, PersonPrincipal } from '../../kernel/index.js';
import type { ChangeOptions, Content, Item, ItemListing, OpenOptions, Opened } from '../../files/index.js';
import type { Accounts, Addresses, PasswordLinks, Passwords } from '../../accounts/index.js';
import type { Clients, TemporaryCredentials } from '../../clients/index.js';
import type { QueueView } from '../../deliveries/index.js';
import type { Doctor, Journal } from '../../doctor/index.js';
import type { LetterWishes } from '../../mail/index.js';
import type { Limiter } from '../../platform/index.js';
import type { DiscoveredPeer, JoinRequests, Joins, KeyRotation, Logos, Peers, Probes } from '../../peers/index.js';
import type {
  IncomingView,
  InvitationView,
  Member,
  OutgoingView,
  Passage,
  ProposalView,
  ShareResult,
} from '../../shares/index.js';

/** What pages ask of accounts. */
export interface AccountServices {
  readonly accounts: Pick<Accounts, 'list' | 'add' | 'byId' | 'disable' | 'enable'>;
  readonly passwords: Pick<Passwords, 'signIn' | 'set'>;
  readonly passwordLinks: Pick<PasswordLinks, 'issue' | 'mail' | 'holder' | 'redeem'>;
  readonly addresses: Pick<Addresses, 'list' | 'askCode' | 'prove' | 'remove' | 'makePrimary'>;
}

/** An app that may act for a person. */
export interface ConnectedApp {
  readonly id: string;
  readonly name: string;
  /** Milliseconds. */
  readonly createdAt: number;
  readonly lastUsedAt: number | undefined;
}

/** What pages ask of the apps a person connected. */
export interface ConnectedApps {
  list(id: AccountId): Promise<readonly ConnectedApp[]>;
  /** `not-found` for somebody else's app. */
  disconnect(id: AccountId, appId: string): Promise<void>;
}

/** One person's whole tree, own and foreign folders (src/files/tree.ts). */
export interface FileTree {
  stat(principal: PersonPrincipal, id: ItemId): Promise<Item>;
  list(principal: PersonPrincipal, id: ItemId, options?: { signal?: AbortSignal }): Promise<ItemListing>;
  open(principal: PersonPrincipal, id: ItemId, options?: OpenOptions): Promise<Opened>;
  create(
    principal: PersonPrincipal,
    parentId: ItemId,
    name: string,
    content: Content,
    options?: ChangeOptions,
  ): Promise<Item>;
  replace(principal: PersonPrincipal, id: ItemId, content: Content, options?: ChangeOptions): Promise<Item>;
  makeFolder(principal: PersonPrincipal, parentId: ItemId, name: string, options?: ChangeOptions): Promise<Item>;
  move(
    principal: PersonPrincipal,
    id: ItemId,
    to: { parentId?: ItemId; name?: string },
    options?: ChangeOptions,
  ): Promise<Item>;
  remove(principal: PersonPrincipal, id: ItemId, options?: ChangeOptions): Promise<Item>;
  versions(principal: PersonPrincipal, id: ItemId): Promise<readonly Item[]>;
}

/** How an owner offers a folder. */
export interface ShareOffer {
  readonly addresses: readonly Email[];
  readonly permission: Permission;
  readonly comment?: string;
  /** Milliseconds. */
  readonly expiresAt?: number;
  /** How long the invitation waits for an answer, milliseconds. */
  readonly invitationLife?: number;
}

/** Sharing as owners, members and recipients do it. */
export interface Sharing {
  share(actor: AccountId, folderId: ItemId, offer: ShareOffer): Promise<ShareResult>;
  unshare(
    actor: AccountId,
    folderId: ItemId,
    addresses: readonly Email[],
  ): Promise<readonly { readonly name: string; readonly email: Email }[]>;
  /** Leaves a folder shared by somebody here, or the mount of a foreign one. */
  leave(actor: AccountId, folderId: ItemId): Promise<void>;
  members(principal: PersonPrincipal, folderId: ItemId): Promise<readonly Member[]>;
  outgoingOf(actor: AccountId): Promise<readonly OutgoingView[]>;
  incomingOf(actor: AccountId): Promise<readonly IncomingView[]>;
  /** Ends one outgoing share, answered or not. */
  withdraw(actor: AccountId, outgoingId: string): Promise<void>;
  leaveIncoming(actor: AccountId, incomingId: string): Promise<void>;
}

/** New terms of a share; what is absent stays as it is. */
export interface NewTerms {
  readonly permission?: Permission;
  /** Milliseconds; null: without a last moment. */
  readonly expiresAt?: number | null;
}

/** How owners change what somebody may do in their folder. */
export interface Changing {
  change(actor: AccountId, outgoingId: string, terms: NewTerms): Promise<void>;
  changeMember(actor: AccountId, folderId: ItemId, memberId: AccountId, terms: NewTerms): Promise<void>;
}

/** Invitations as their holders use them. */
export interface Invitations {
  view(token: string): Promise<InvitationView>;
  /** Records the choice, presents the proposal and answers how the browser goes on. */
  choose(token: string, peerId: string): Promise<Passage>;
}

/** A proposal as the signed-in person may see it: everything, or that it is for another address (WEB-05). */
export type ProposalAnswer =
  { readonly kind: 'shown'; readonly proposal: ProposalView } | { readonly kind: 'other-address' };

/** Proposals as their recipients answer them. */
export interface Proposals {
  view(accountId: AccountId, id: string): Promise<ProposalAnswer>;
  decide(accountId: AccountId, id: string, digest: string, accepted: boolean): Promise<{ readonly location: URL }>;
}

/** A share as administrators see it. */
export type ListedShare =
  (OutgoingView & { readonly direction: 'outgoing' }) | (IncomingView & { readonly direction: 'incoming' });

/** What administrators do with shares. */
export interface ShareAdministration {
  shares(): Promise<readonly ListedShare[]>;
  /** Ends one half by its own id: names are not unique (G1). `by`: the administrator. */
  endShare(direction: ListedShare['direction'], id: string, by: AccountId): Promise<void>;
}

/** What administrators ask about what does not work, and what people ask about their own shares. */
export interface Care {
  readonly doctor: Pick<Doctor, 'examine' | 'retry' | 'retryDelivery' | 'retryPeer'>;
  readonly journal: Pick<Journal, 'page'>;
  readonly queue: Pick<QueueView, 'counts' | 'page'>;
}

/** How clouds become peers by a code, and stay so. */
export interface JoiningServices {
  readonly joins: Pick<Joins, 'start' | 'list' | 'cancel'>;
  readonly joinRequests: Pick<JoinRequests, 'list' | 'read' | 'dismiss' | 'approve'>;
  readonly probes: Pick<Probes, 'probe'>;
  readonly rotation: Pick<KeyRotation, 'rotate'>;
}

/** What administrators do with peers. */
export interface PeerServices {
  readonly peers: Pick<Peers, 'list' | 'byId' | 'add' | 'set' | 'block' | 'unblock'>;
  /**
   * Reads what the cloud at an address says of itself, wherever its endpoints lie: the page shows them and nothing is
   * stored before the administrator confirms (ADM-02).
   */
  readonly discover: (url: string) => Promise<DiscoveredPeer>;
  readonly joining: JoiningServices;
  /** Our copies of their pictures. */
  readonly logos: Pick<Logos, 'of' | 'known'>;
}

/** Everything that pages call; cloud.ts fills it. */
export interface PageServices extends AccountServices, PeerServices {
  /** Counts misses at addresses that are secrets (PRO-09). */
  readonly limiter: Pick<Limiter, 'check' | 'spend'>;
  readonly apps: ConnectedApps;
  /** Which letters people do without. */
  readonly letterWishes: Pick<LetterWishes, 'read' | 'wish' | 'isStopped' | 'wantedBy' | 'choose'>;
  /** What apps ask for and people decide on. */
  readonly temporaryCredentials: Pick<TemporaryCredentials, 'pending' | 'approve' | 'deny'>;
  /** The apps that may ask. */
  readonly clients: Pick<Clients, 'list' | 'add' | 'remove'>;
  readonly tree: FileTree;
  readonly sharing: Sharing;
  readonly inviting: {
    /** Mails an invitation once more. */
    resend(actor: AccountId, outgoingId: string): Promise<void>;
  };
  readonly changing: Changing;
  readonly invitations: Invitations;
  readonly proposals: Proposals;
  readonly shareAdministration: ShareAdministration;
  readonly care: Care;
}
