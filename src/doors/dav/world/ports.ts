import type { Request } from 'express';
import type { AppPasswords } from '../../../clients/index.js';
import type {
  FolderNews,
  ForeignLocks,
  Locks,
  Properties,
  ReceivedState,
  ReceivedWhere,
  Transfers,
  Tree,
} from '../../../files/index.js';
import type { AccountId, Clock, GrantPrincipal, ItemId, PeerId, Principal, Random } from '../../../kernel/index.js';
import type { Limiter, Log, Remember } from '../../../platform/index.js';
import type { DoorRequest } from '../../door/door.js';
import type { RootPath } from '../requests/index.js';

/** Name and address of an owner, as properties tell them. */
export interface Owner {
  readonly name: string;
  readonly email: string;
}

/** Where the state of folders is looked up, from which their tags are made. */
export interface FolderStates {
  /** The number of the last change at or below each of these folders of this cloud. */
  readonly numbers: (ids: readonly ItemId[]) => Promise<ReadonlyMap<ItemId, number>>;
  /** The number of the last change in somebody's whole tree. */
  readonly wholeTree: (ownerId: AccountId) => Promise<number>;
  /** What others of this cloud share with somebody; folders of other clouds are in the numbers. */
  readonly received: (accountId: AccountId, where: ReceivedWhere) => Promise<readonly ReceivedState[]>;
}

/** With whom somebody shares a folder of theirs. */
export interface SharedWith {
  readonly people: boolean;
  readonly clouds: boolean;
}

/** What the secret of a share opens, for another cloud that speaks Open Cloud Mesh. */
export interface OpenedShare {
  readonly principal: GrantPrincipal;
  readonly peerId: PeerId;
  /** The name of the share in messages, and in its own address. */
  readonly shareId: string;
}

/** What the WebDAV door stands on. */
export interface DavInputs {
  readonly tree: Pick<
    Tree,
    | 'stat'
    | 'find'
    | 'listAt'
    | 'list'
    | 'open'
    | 'head'
    | 'put'
    | 'makeFolder'
    | 'move'
    | 'copy'
    | 'remove'
    | 'redate'
    | 'keepHashes'
    | 'ways'
    | 'whereabouts'
    | 'quota'
    | 'bytesBelowRoot'
  >;
  readonly locks: Pick<Locks, 'take' | 'refuseNew' | 'refresh' | 'release' | 'on' | 'among'>;
  /** Locks on what lies in other clouds, for the person alone who sees it here. */
  readonly foreignLocks: Pick<
    ForeignLocks,
    'take' | 'refuseNew' | 'refresh' | 'release' | 'on' | 'among' | 'holdsAny' | 'refuse' | 'forget'
  >;
  /** Copies and moves from one space to another. */
  readonly transfers: Pick<Transfers, 'begin' | 'before' | 'state' | 'ended' | 'cancel'>;
  readonly properties: Pick<Properties, 'of' | 'among' | 'change'>;
  readonly states: FolderStates;
  readonly news: Pick<FolderNews, 'point' | 'since'>;
  /** A word that changes when this cloud may have lost what it had before; empty while that never happened. */
  readonly fingerprint: () => Promise<string>;
  /** With whom these folders are shared; those that are not are left out. */
  readonly shared: (ids: readonly ItemId[]) => Promise<ReadonlyMap<ItemId, SharedWith>>;
  readonly person: (accountId: AccountId) => Promise<Owner | undefined>;
  /** The owner of what another cloud shares, as that share says, by its id here. */
  readonly ownerAbroad: (incomingId: string) => Promise<Owner | undefined>;
  /** The passwords that people have made for their programs. */
  readonly passwords: Pick<AppPasswords, 'prove' | 'touch'>;
  /** What a secret opens now; undefined when that is nothing. */
  readonly openSecret: (secret: string) => Promise<OpenedShare | undefined>;
  /** The name of the cloud that a grant was given to, as people here know it. */
  readonly cloudOf: (grant: GrantPrincipal) => Promise<string | undefined>;
  readonly limiter: Pick<Limiter, 'check' | 'spend'>;
  readonly remember: Remember;
  /** A keyed digest, in hex. Nobody else can make one, and what went into it cannot be read from it. */
  readonly tagOf: (state: string) => string;
  /** Whether a request came over TLS, here or at a trusted proxy; true for all in a trial (threat model ACC-03). */
  readonly isSecure: (http: Request) => boolean;
  readonly cloudName: string;
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** One root of this door: the path by which clients call it, and the folder that it shows. */
export interface DavRoot extends RootPath {
  readonly topId: ItemId;
}

/** Who asks, and through which root. */
export interface DavCaller {
  readonly principal: Principal;
  readonly root: DavRoot;
  /** The name that others see on this caller's locks; looked up only when it is needed. */
  readonly holder: () => Promise<Owner>;
}

/** A request of somebody who may come in; its body is still on its way. */
export type DavRequest = DoorRequest<DavCaller>;
