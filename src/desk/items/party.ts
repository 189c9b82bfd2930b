/** Who writes or reads, as this cloud has proved it; what desktops say of users is kept beside it as data. */
export interface Party {
  /** Names the account, or the grant of one recipient in another cloud. */
  readonly actor: string;
  /** The cloud that they come from; undefined: this one. */
  readonly home: string | undefined;
}
