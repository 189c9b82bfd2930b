import { describe } from 'vitest';
import { createCsinteropDialect, createNecDialect, createSpecDialect } from '../../src/federation/index.js';
import type { CreateDialect } from './dialect-bench.js';
import { describeReading } from './dialect-reading.js';
import { describeProposing } from './dialect-proposing.js';
import { describeTelling } from './dialect-telling.js';

/** One reading of CloudSpaces 1.0, with everything that it does otherwise than the others (cloudspaces-interop.md 9). */
export interface Reading {
  readonly create: CreateDialect;
  /** What it calls the shared folder. */
  readonly folderField: 'folder_name' | 'resource_name';
  /** Whether the owner's expiry is told. */
  readonly tellsExpiry: boolean;
  /** What `accepted` says. */
  readonly words: { readonly yes: string; readonly no: string };
  /** The names of token and secret towards a peer that checks no signatures. */
  readonly unsignedNames: readonly [token: string, secret: string];
  /** Statuses besides 2xx that confirm a decision. */
  readonly heardBy: readonly number[];
  /** Whether a GUID of ours is recognised in another spelling. */
  readonly knowsGuids: boolean;
}

const OWN_NAMES = ['access_token_key', 'access_token_secret'] as const;

/** Every reading that we speak. */
export const READINGS: Readonly<Record<'spec' | 'csinterop' | 'nec', Reading>> = {
  spec: {
    create: createSpecDialect,
    folderField: 'folder_name',
    tellsExpiry: true,
    words: { yes: 'true', no: 'false' },
    unsignedNames: OWN_NAMES,
    heardBy: [303],
    knowsGuids: false,
  },
  csinterop: {
    create: createCsinteropDialect,
    folderField: 'folder_name',
    tellsExpiry: false,
    words: { yes: 'True', no: '' },
    unsignedNames: ['oauth_access_token', 'oauth_access_token_secret'],
    heardBy: [302, 303],
    knowsGuids: false,
  },
  nec: {
    create: createNecDialect,
    folderField: 'resource_name',
    tellsExpiry: false,
    words: { yes: 'true', no: 'false' },
    unsignedNames: OWN_NAMES,
    heardBy: [303],
    knowsGuids: true,
  },
};

/** What every dialect of this protocol must do (`InteropDialect` in src/federation). */
export function describeDialect(name: keyof typeof READINGS): void {
  describe(`the dialect ${name}`, () => {
    const reading = READINGS[name];
    describeReading(reading, Object.entries(READINGS));
    describeProposing(reading);
    describeTelling(reading);
  });
}
