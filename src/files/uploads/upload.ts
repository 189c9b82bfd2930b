import type { ItemId } from '../../kernel/index.js';
import { itemIdOf } from '../../kernel/index.js';
import type { UploadRow } from './rows.js';

/** Where an upload is to end: at a name in a folder, whatever has that name then, or as new content of a file. */
export type UploadTarget = { readonly parentId: ItemId; readonly name: string } | { readonly itemId: ItemId };

/** What somebody says when an upload begins. */
export interface UploadWish {
  readonly to: UploadTarget;
  /** Bytes in all, when they are known: they are reserved at once. */
  readonly length?: number;
  /** Whether pieces come by numbers, in any order; default: one after the other. */
  readonly isNumbered?: boolean;
}

/** An upload that goes on. */
export interface OpenedUpload {
  readonly id: string;
  /** Bytes that have come and are durable; of one that goes in order, where the next piece begins. */
  readonly received: number;
  /** Bytes in all; undefined: nobody has said. */
  readonly length: number | undefined;
  readonly isNumbered: boolean;
  /** When it is given up, unless more comes; milliseconds. */
  readonly expiresAt: number;
  /** What it has become; undefined while it is not finished. */
  readonly became: { readonly itemId: ItemId; readonly version: number } | undefined;
}

/** A piece of an upload that goes by numbers. */
export interface UploadedPart {
  /** From 1. */
  readonly number: number;
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
}

/** A row as whoever uploads sees it. */
export function uploadOf(row: UploadRow): OpenedUpload {
  const { id, received, item_id: itemId, version } = row;
  return {
    id,
    received,
    length: row.length ?? undefined,
    isNumbered: !row.is_ordered,
    expiresAt: row.expires_at,
    became: itemId === null || version === null ? undefined : { itemId: itemIdOf(itemId), version },
  };
}
