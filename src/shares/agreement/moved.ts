/** A transition that has just happened, in the current transaction. */
export interface Moved<Share, Event> {
  readonly before: Share;
  readonly after: Share;
  readonly event: Event;
  /** Who did it, as in the transition log. */
  readonly actor: string;
}
