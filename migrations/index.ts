import type { Migration } from '../src/platform/index.js';
import { accounts } from './0001-accounts.js';
import { peersAndClients } from './0002-peers-and-clients.js';
import { files } from './0003-files.js';
import { shares } from './0004-shares.js';
import { oauthDance } from './0005-oauth-dance.js';
import { desk } from './0006-desk.js';
import { delegatedTokens } from './0007-delegated-tokens.js';
import { joining } from './0008-joining.js';
import { peerProfile } from './0009-peer-profile.js';
import { notices } from './0010-notices.js';
import { audit } from './0011-audit.js';
import { arrivals } from './0012-arrivals.js';
import { deliveryHeads } from './0013-delivery-heads.js';

/** The schema, step by step. Steps are only added at the end; a released step never changes. */
export const migrations: readonly Migration[] = [
  accounts,
  peersAndClients,
  files,
  shares,
  oauthDance,
  desk,
  delegatedTokens,
  joining,
  peerProfile,
  notices,
  audit,
  arrivals,
  deliveryHeads,
];
