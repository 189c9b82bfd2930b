import type { Item } from '../../../files/index.js';
import type { DavInputs } from '../world/index.js';

/** What every method works with. */
export interface Handling extends DavInputs {
  /** The id of an item that clients keep, unlike those of other clouds: it survives a rename and a move. */
  readonly fileId: (item: Item) => string;
}
