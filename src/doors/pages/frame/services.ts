import type { AccountId } from '../../../kernel/index.js';
import type { Locks, Trash, Tree } from '../../../files/index.js';
import type {
  Accounts,
  Addresses,
  PasswordLinks,
  Passwords,
  Recoveries,
  RemovedPeople,
} from '../../../accounts/index.js';
import type { AppPasswords, Clients, TemporaryCredentials } from '../../../clients/index.js';
import type { QueueView } from '../../../deliveries/index.js';
import type { Doctor, Journal } from '../../../doctor/index.js';
import type { ContactBook, ContactInvites, Introductions, Meeting, Recipients } from '../../../federation/index.js';
import type { LetterWishes } from '../../../mail/index.js';
import type { Limiter, Remember } from '../../../platform/index.js';
import type {
  JoinRequests,
  Joins,
  KeyRotation,
  Logos,
  PeerMoves,
  Peers,
  Probes,
  Recognised,
  RefusedMessages,
} from '../../../peers/index.js';
import type {
  Changing,
  Endings,
  Invitations,
  Inviting,
  Leaving,
  Proposals,
  ShareLists,
  Sharing,
  WishedClouds,
} from '../../../shares/index.js';

/** What pages ask of accounts. */
export interface AccountServices {
  readonly accounts: Pick<Accounts, 'page' | 'count' | 'add' | 'byId' | 'byEmail' | 'disable' | 'enable'>;
  /** People who were removed and can be brought back. */
  readonly removedPeople: Pick<RemovedPeople, 'page' | 'bringBack'>;
  readonly passwords: Pick<Passwords, 'signIn' | 'set'>;
  readonly recoveries: Pick<Recoveries, 'view' | 'restore'>;
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

/** What administrators ask about what does not work, and what people ask about their own shares. */
export interface Care {
  readonly doctor: Pick<Doctor, 'examine' | 'retry' | 'retryDelivery' | 'retryPeer'>;
  readonly journal: Pick<Journal, 'page'>;
  readonly queue: Pick<QueueView, 'sums' | 'peers' | 'countsOf' | 'page'>;
}

/** How clouds become peers by a code, and stay so. */
export interface JoiningServices {
  readonly joins: Pick<Joins, 'start' | 'list' | 'cancel'>;
  readonly joinRequests: Pick<JoinRequests, 'list' | 'read' | 'dismiss' | 'approve'>;
  readonly probes: Pick<Probes, 'probe'>;
  readonly rotation: Pick<KeyRotation, 'rotate'>;
  readonly peerMoves: Pick<PeerMoves, 'confirm'>;
}

/** What administrators do with peers. */
export interface PeerServices {
  readonly peers: Pick<Peers, 'lists' | 'lostKeys' | 'byId' | 'add' | 'set' | 'block' | 'unblock'>;
  /**
   * Reads what the cloud at an address says of itself, wherever its endpoints lie: the page shows them and nothing is
   * stored before the administrator confirms (ADM-02).
   */
  readonly discover: (url: string) => Promise<Recognised>;
  readonly joining: JoiningServices;
  /** What they sent in vain. */
  readonly refused: Pick<RefusedMessages, 'of'>;
  /** Our copies of their pictures. */
  readonly logos: Pick<Logos, 'of' | 'known'>;
}

/** What people do with those whom they know in other clouds. */
export interface ContactServices {
  readonly book: Pick<ContactBook, 'list' | 'remove'>;
  readonly invites: Pick<ContactInvites, 'make' | 'list' | 'withdraw' | 'inviter'>;
  readonly meeting: Pick<Meeting, 'accept' | 'wayTo'>;
  /** Clouds that are known here, for whoever says where they are; a hundred at most. */
  readonly clouds: () => Promise<readonly { readonly name: string; readonly host: string }[]>;
}

/** Everything that pages call; cloud.ts fills it. */
export interface PageServices extends AccountServices, PeerServices {
  /** Counts misses at addresses that are secrets (PRO-09). */
  readonly limiter: Pick<Limiter, 'check' | 'spend'>;
  /** Keeps what the database alone tells of, as long as nobody has committed anything. */
  readonly remember: Remember;
  readonly apps: ConnectedApps;
  /** Passwords for programs that speak HTTP Basic. */
  readonly appPasswords: Pick<AppPasswords, 'add' | 'list' | 'remove'>;
  readonly contacts: ContactServices;
  /** How invitees get to know owners. */
  readonly introductions: Pick<Introductions, 'lead'>;
  /** Which letters people do without. */
  readonly letterWishes: Pick<LetterWishes, 'read' | 'wish' | 'isStopped' | 'wantedBy' | 'choose'>;
  /** What apps ask for and people decide on. */
  readonly temporaryCredentials: Pick<TemporaryCredentials, 'pending' | 'approve' | 'deny'>;
  /** The apps that may ask. */
  readonly clients: Pick<Clients, 'page' | 'count' | 'add' | 'remove'>;
  /** One person's whole tree, own and foreign folders. */
  readonly tree: Pick<
    Tree,
    | 'stat'
    | 'trail'
    | 'list'
    | 'page'
    | 'open'
    | 'head'
    | 'create'
    | 'replace'
    | 'put'
    | 'makeFolder'
    | 'move'
    | 'remove'
    | 'versions'
    | 'restoreVersion'
  >;
  /** The locks of programs, which people see and end. */
  readonly locks: Pick<Locks, 'on' | 'among' | 'end'>;
  /** What people deleted, and what their space keeps. */
  readonly trash: Pick<Trash, 'list' | 'restore' | 'erase' | 'empty' | 'usage' | 'keeping'>;
  /** Tells from an address how somebody is reached. */
  readonly recipients: Pick<Recipients, 'sort'>;
  /** Sharing as owners, members and recipients do it. */
  readonly sharing: Pick<
    Sharing,
    | 'share'
    | 'unshare'
    | 'openers'
    | 'memberOf'
    | 'outgoingPage'
    | 'incomingPage'
    | 'outgoingOfFolder'
    | 'outgoingOne'
    | 'incomingOne'
    | 'withdraw'
  >;
  readonly leaving: Pick<Leaving, 'leave' | 'leaveIncoming'>;
  readonly inviting: Pick<Inviting, 'resend'>;
  readonly changing: Pick<Changing, 'change' | 'changeMember'>;
  readonly invitations: Pick<Invitations, 'view' | 'offered' | 'choose' | 'chooseByAddress'>;
  /** Keeps and tells the address of a cloud that is not in the list. */
  readonly wishedClouds: Pick<WishedClouds, 'wish'>;
  readonly proposals: Pick<Proposals, 'view' | 'decide'>;
  /** Every share of this cloud. */
  readonly shareLists: Pick<ShareLists, 'all' | 'counts'>;
  readonly endings: Pick<Endings, 'half'>;
  readonly care: Care;
}
