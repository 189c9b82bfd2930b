import { onTestFinished } from 'vitest';
import { memoryContents } from '../../../../src/contents/index.js';
import { Breaker } from '../../../../src/deliveries/index.js';
import { createDavApi, type DavApiInputs } from '../../../../src/federation/storage-apis/webdav/index.js';
import type { ForeignFolder, ForeignSpace } from '../../../../src/federation/ports/storage-api.js';
import type { CopyingSpace } from '../../../../src/files/index.js';
import type { AccountId } from '../../../../src/kernel/index.js';
import type { Peer } from '../../../../src/peers/index.js';
import { createLog, createOutbound, type Database, type OutboundLimits } from '../../../../src/platform/index.js';
import { mountShare } from '../support.js';
import type { Bench } from '../../../support/each-database.js';
import { createHandClock, createSeededRandom, type HandClock } from '../../../support/seeds.js';
import { PROFILES, ScriptedDav, type Quirks } from '../../../support/scripted-peers/webdav/index.js';

/** What a test says about the space it wants; everything else is as in a trial on one machine. */
export interface Wanted extends Partial<
  Pick<ForeignFolder, 'credentials' | 'onRefused' | 'onForbidden' | 'expiresAt'>
> {
  readonly resourceUrl: string;
  readonly origins?: readonly string[];
  readonly clock?: HandClock;
  readonly limits?: Partial<OutboundLimits>;
  /** How secrets are exchanged for tokens. */
  readonly exchange?: DavApiInputs['exchange'];
}

/** A space over a mounted share, and what can be seen of it from outside. */
export interface OpenedSpace {
  readonly space: ForeignSpace & CopyingSpace;
  readonly breaker: Breaker;
  readonly database: Database;
  readonly clock: HandClock;
  /** What it warned about. */
  readonly warnings: Record<string, unknown>[];
  /** Another space over the same share, as another request would open it, or another process. */
  again(inAnotherProcess?: boolean): ForeignSpace & CopyingSpace;
}

/** The user of the share, and a password that nobody has. */
export const BO = { kind: 'basic', user: 'bo', password: 'secret' } as const;

/** Opens a space over a real connection that ends with the running test. */
export async function openSpace(bench: Bench, wanted: Wanted): Promise<OpenedSpace> {
  const { clock = createHandClock(), limits = {}, resourceUrl, origins = [new URL(resourceUrl).origin] } = wanted;
  const database = await bench.open();
  await mountShare(database);
  const outbound = createOutbound({ allowInsecure: true, exceptions: [], limits });
  onTestFinished(() => outbound.close());
  const breaker = new Breaker(clock);
  const warnings: Record<string, unknown>[] = [];
  const log = createLog('warn', { write: (line) => void warnings.push(JSON.parse(line) as Record<string, unknown>) });
  const random = createSeededRandom(resourceUrl);
  const { exchange } = wanted;
  const make = () =>
    createDavApi({ database, outbound, clock, random, log, exchange, contents: memoryContents({ random, clock }) });
  const folder: ForeignFolder = {
    peer: { id: 'peer', name: 'Birch', origins } as unknown as Peer,
    shareId: 'in',
    person: 'bo' as AccountId,
    resourceUrl,
    breaker,
    expiresAt: wanted.expiresAt,
    credentials: wanted.credentials ?? BO,
    onRefused: wanted.onRefused ?? (() => Promise.resolve(undefined)),
    onForbidden: wanted.onForbidden ?? (() => Promise.resolve()),
    onTerms: () => Promise.resolve(),
  };
  const first = make();
  const again = (inAnotherProcess = false) =>
    (inAnotherProcess ? make() : first)(folder) as ForeignSpace & CopyingSpace;
  return { space: again(), breaker, database, clock, warnings, again };
}

/** A server with some quirks and a space over its root. */
export async function against(
  bench: Bench,
  quirks: Quirks = PROFILES.nextcloud,
  wanted: Partial<Wanted> = {},
): Promise<OpenedSpace & { readonly server: ScriptedDav }> {
  const clock = wanted.clock ?? createHandClock();
  const server = await ScriptedDav.open({ quirks, now: () => clock.now() });
  onTestFinished(() => server.close());
  return { server, ...(await openSpace(bench, { resourceUrl: server.url, ...wanted, clock })) };
}
