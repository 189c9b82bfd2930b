import type { ItemId, Principal } from '../../kernel/index.js';
import type { Item } from '../space/item.js';
import type { Fault } from './fault.js';

/** What somebody wants to be copied or moved from one space to another. It has been judged already. */
export interface TransferWish {
  readonly principal: Principal;
  readonly isMove: boolean;
  readonly source: Item;
  /** The folder that it goes into. */
  readonly parent: Item;
  readonly name: string;
  /** What stands there now, and is replaced. */
  readonly old: Item | undefined;
  /** Whether something may be replaced that comes to stand there later. */
  readonly mayReplace: boolean;
  /** False: a folder without what is in it. */
  readonly isDeep: boolean;
  readonly lockTokens: readonly string[];
  /** When the content was made, as its sender says, milliseconds. */
  readonly contentAt: number | undefined;
  /** Names the state of the source: the same request for another state is another one. */
  readonly tag: string;
  /** How the request calls source and target: its repeat is known by it though the source is gone. */
  readonly asked: string;
  /** What its door needs to word an answer; nobody reads it here. */
  readonly note: string;
}

/** How a transfer stands. */
export type TransferStatus = 'queued' | 'running' | 'done' | 'failed';

/** A transfer as the one sees it who asked for it. */
export interface Transfer {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly isMove: boolean;
  readonly status: TransferStatus;
  readonly isCancelled: boolean;
  /** The copy stands at its place: it can no longer be cancelled. */
  readonly isPlaced: boolean;
  readonly sourceId: ItemId;
  readonly isFolder: boolean;
  /** As it was called when it was asked. */
  readonly sourceName: string;
  readonly parentId: ItemId;
  readonly name: string;
  /** Nothing stood at the target before. */
  readonly isNew: boolean;
  /** What stands at the target since, with its version then. */
  readonly made: { readonly id: ItemId; readonly version: number } | undefined;
  /** Items that have arrived, folders included. */
  readonly files: number;
  /** Bytes read so far. */
  readonly bytes: number;
  /** Bytes in all; undefined where another cloud does not say. */
  readonly totalBytes: number | undefined;
  /** Milliseconds. */
  readonly begunAt: number;
  readonly endedAt: number | undefined;
  /** Names what was asked for, with the state of its source then. */
  readonly what: string;
  readonly note: string;
  /** Of a failed one, what kept it; of a move that is placed, what could not be removed. */
  readonly faults: readonly Fault[];
}
