import type { Response } from 'express';
import type { Item, ItemListing } from '../../files/index.js';
import { sendJsonList } from '../json.js';
import type { Metadata } from './wire.js';

/** Answers a folder with its children as they arrive. */
export async function sendListing(
  response: Response,
  { folder, children }: ItemListing,
  tell: (item: Item) => Metadata | Promise<Metadata>,
  signal: AbortSignal,
): Promise<void> {
  const head = `${JSON.stringify(await tell(folder)).slice(0, -1)},"contents":[`;
  await sendJsonList(response, { head, elements: children, tell, tail: ']}' }, signal);
}
