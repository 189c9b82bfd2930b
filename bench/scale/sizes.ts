/** How much a cloud holds. */
export interface Size {
  readonly name: string;
  /** Folders in the measured tree that hold {@link LEAVES} folders each at most. */
  readonly regions: number;
  /** Folders in each of these; each holds {@link LEAF} files. */
  readonly leaves: number;
  /** Shares that go out, of folders of the tree. */
  readonly outgoing: number;
  /** Shares that came in; each has a mount. */
  readonly incoming: number;
  readonly people: number;
  readonly peers: number;
  /** Messages that do not arrive. */
  readonly messages: number;
}

/** Entries of every folder that is listed. */
export const LEAF = 100;

/** Files of the measured tree. */
export function filesOf({ regions, leaves }: Size): number {
  return regions * leaves * LEAF;
}

/** 10³ items, 10² shares. */
export const SMALL: Size = {
  name: 'Small',
  regions: 1,
  leaves: 10,
  outgoing: 100,
  incoming: 100,
  people: 100,
  peers: 100,
  messages: 200,
};

/** 10⁶ items, 10⁵ shares (scale.md SCA-25). */
export const LARGE: Size = {
  name: 'Large',
  regions: 100,
  leaves: 100,
  outgoing: 100_000,
  incoming: 10_000,
  people: 10_000,
  peers: 10_000,
  messages: 10_000,
};

/** A tenth of it, for a short run. */
export const LARGE_ENOUGH: Size = {
  name: 'Large',
  regions: 10,
  leaves: 100,
  outgoing: 10_000,
  incoming: 1_000,
  people: 1_000,
  peers: 1_000,
  messages: 1_000,
};
