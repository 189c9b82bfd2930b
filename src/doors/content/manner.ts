import type { OutgoingHttpHeaders } from 'node:http';
import type { ReaderConditions } from './conditions.js';

/** In what doors that send contents of files differ. Everything else is the same for all of them. */
export interface ContentManner {
  readonly conditions: ReaderConditions;
  /**
   * The media types, in lower case, that are sent as they are; all others are sent as `application/octet-stream`
   * (CNT-02).
   */
  readonly types: RegExp;
  /** Headers that keep a content from running in a browser (CNT-01); not on a 304, which has no content. */
  readonly besideContent: OutgoingHttpHeaders;
  /** Headers on every answer, also a 304, that replace those which the door sets otherwise. Default: none. */
  readonly always?: OutgoingHttpHeaders;
}

/** Sets a policy under which nothing in a content may run or load anything. */
export const SANDBOX = "sandbox; default-src 'none'";
