import type { Response } from 'express';
import type { Item, ItemListing } from '../../../files/index.js';
import { sendJsonList } from '../../door/json.js';
import type { Metadata } from './wire.js';

/** How a folder is told. */
export interface ListingAnswer {
  readonly tell: (item: Item) => Metadata | Promise<Metadata>;
  /** The entity tag of the answer; undefined: none. */
  readonly etag: string | undefined;
}

/** Answers a folder with its children as they arrive. */
export async function sendListing(
  response: Response,
  { folder, children }: ItemListing,
  { tell, etag }: ListingAnswer,
  reader: { readonly signal: AbortSignal },
): Promise<void> {
  const head = `${JSON.stringify(await tell(folder)).slice(0, -1)},"contents":[`;
  const headers = etag === undefined ? undefined : { ETag: etag };
  await sendJsonList(response, { head, elements: children, tell, tail: ']}', headers }, reader);
}
