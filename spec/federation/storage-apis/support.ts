import { onTestFinished } from 'vitest';
import { Breaker } from '../../../src/deliveries/index.js';
import { StacksyncSpace, type StacksyncSpaceInputs } from '../../../src/federation/storage-apis/stacksync-v2/index.js';
import { addMount } from '../../../src/files/index.js';
import type { AccountId, Clock } from '../../../src/kernel/index.js';
import { createSigner } from '../../../src/oauth1/index.js';
import { createLog, createOutbound, type Database, type OutboundLimits } from '../../../src/platform/index.js';
import { addPerson } from '../../files/files-bench.js';
import { createHandClock, createSeededRandom } from '../../support/seeds.js';

/** What a test says about the space it wants; everything else is as in a trial on one machine. */
export interface Wanted extends Partial<
  Omit<StacksyncSpaceInputs, 'resourceUrl' | 'outbound' | 'signer' | 'clock' | 'breaker' | 'log'>
> {
  readonly resourceUrl: string;
  readonly clock?: Clock;
  readonly limits?: Partial<OutboundLimits>;
}

/** A space, and what can be seen of it from outside. */
export interface OpenedSpace {
  readonly space: StacksyncSpace;
  readonly breaker: Breaker;
  /** What it warned about. */
  readonly warnings: Record<string, unknown>[];
}

/** Opens a space over a real connection that ends with the running test. */
export function openSpace(wanted: Wanted): OpenedSpace {
  const { clock = createHandClock(), limits = {}, ...inputs } = wanted;
  const outbound = createOutbound({ allowInsecure: true, exceptions: [], limits });
  onTestFinished(() => outbound.close());
  const breaker = new Breaker(clock);
  const warnings: Record<string, unknown>[] = [];
  const log = createLog('warn', { write: (line) => void warnings.push(JSON.parse(line) as Record<string, unknown>) });
  const space = new StacksyncSpace({
    credentials: {
      consumerKey: 'birch',
      consumerSecret: 'birch secret',
      token: 'grant1',
      tokenSecret: 'grant1 secret',
    },
    originPins: [new URL(wanted.resourceUrl).origin],
    onRefused: () => Promise.resolve(undefined),
    clock,
    peerClock: { ahead: 0 },
    ...inputs,
    outbound,
    signer: createSigner({
      clock,
      random: createSeededRandom(`${wanted.resourceUrl} ${String(performance.now())}`),
      insecure: true,
    }),
    breaker,
    log,
  });
  return { space, breaker, warnings };
}

/** The share `in`, mounted for the user `bo`: what is remembered of it has its place then. */
export async function mountShare(database: Database): Promise<void> {
  await addPerson(database, 'bo');
  const where = { accountId: 'bo' as AccountId, incomingId: 'in', name: 'Abroad', rootKey: '/' };
  const terms = { permission: 'read-write', expiresAt: undefined, createdAt: 0 } as const;
  await database.write((trx) => addMount(trx, { ...where, ...terms }));
}
