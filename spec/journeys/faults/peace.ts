import { expect } from 'vitest';
import { DAY, HOUR } from '../../../src/kernel/index.js';
import { isEnd, type IncomingState, type OutgoingState } from '../../../src/shares/index.js';
import { until } from '../../support/until.js';
import { checkBooks } from '../kills/audit.js';
import { inBooks, letBackoffPass, waitingAt } from '../kills/clockwork.js';
import type { FaultPair, Site } from './fault-pair.js';
import type { Tale } from './tale.js';

/** One name on the wire and how its halves stand. */
interface Halves {
  readonly shareId: string;
  readonly folder: string;
  /** `given up`: the origin's half goes by another name now. */
  readonly here: OutgoingState | 'given up';
  readonly there: IncomingState | 'absent';
}

/** How often the clouds are asked, and everything is due again, before a day passes. */
const ROUNDS_A_DAY = 10;
const PATIENCE = { deadline: 90_000, every: 1_000 };

/** Lets faults and blocks end and waits until the clouds agree about every share (reliability.md section 4); answers how. */
export async function makePeace(pair: FaultPair): Promise<readonly Halves[]> {
  pair.faults.length = 0;
  await pair.alder.desk.peers.unblock('Birch').catch(() => undefined);
  await pair.birch.desk.peers.unblock('Alder').catch(() => undefined);
  const sites = [pair.alder, pair.birch];
  // A breaker that has opened asks again only after minutes, unless who asks is new.
  await Promise.all(sites.map(({ process }) => process.restart()));
  let rounds = 0;
  let odd: readonly Halves[] = [];
  const ask = async (): Promise<readonly Halves[] | undefined> => {
    rounds += 1;
    for (const site of sites) {
      letBackoffPass(site.process);
      if (rounds % ROUNDS_A_DAY === 0) letADayPass(site);
    }
    const halves = halvesOf(pair);
    odd = halves.filter((each) => !agree(each));
    return odd.length === 0 ? halves : undefined;
  };
  return until('both clouds to agree', ask, PATIENCE).catch((cause: unknown) => {
    throw new Error(`the clouds do not agree:\n${odd.map((each) => storyOf(pair, each)).join('\n')}`, { cause });
  });
}

/** How two halves came to where they are: for whoever has to find out why. */
function storyOf({ passed, alder, birch }: FaultPair, { shareId, folder, here, there }: Halves): string {
  const about = passed.filter(({ request, answer }) => `${request} ${answer}`.includes(shareId));
  const lines = about.slice(0, 12).map(({ request, answer, fault, isBetweenClouds }) => {
    const [asked = '', got = ''] = [request, answer].map((text) => text.slice(0, text.indexOf('\r\n')).slice(0, 90));
    return `  ${isBetweenClouds ? 'cloud' : 'browser'} ${asked} -> ${got} ${fault === undefined ? '' : JSON.stringify(fault)}`;
  });
  const waiting = [alder, birch].map(({ process }) => waitingAt(process)).join('\n');
  const errors = [alder, birch].map(({ process }) => errorsOf(process.output)).join('\n');
  return [`${folder} ${shareId}: ${here} ${there}`, ...lines, waiting, errors].join('\n');
}

function errorsOf(output: string): string {
  return output
    .split('\n')
    .filter((line) => line.includes('"level":50'))
    .slice(-3)
    .join('\n');
}

/** What is done once a day, or after an hour of patience, may be done again (cloudspaces-interop.md 5, healing; DLV-05). */
function letADayPass(site: Site): void {
  inBooks(site.process, (books) => {
    books.prepare("update share_events set at = at - ? where event = 'remind'").run(DAY);
    books.prepare("update deliveries set created_at = created_at - ? where state = 'queued'").run(HOUR);
    books.prepare('update outgoing_shares set granted_at = granted_at - ?').run(HOUR);
  });
}

function halvesOf({ alder, birch }: FaultPair): Halves[] {
  const outgoing = inBooks(alder.process, (books) => books.prepare(OUTGOING).all()) as Named<OutgoingState>[];
  const incoming = inBooks(birch.process, (books) => books.prepare(INCOMING).all()) as Named<IncomingState>[];
  const [named, known] = [outgoing, incoming].map((rows) => new Map(rows.map((row) => [row.shareId, row])));
  const pairs = outgoing.map(({ shareId, folder, state }) => {
    const there: Halves['there'] = (known?.get(shareId)?.state as IncomingState | undefined) ?? 'absent';
    return { shareId, folder, here: state, there };
  });
  const former = incoming
    .filter(({ shareId }) => named?.has(shareId) !== true)
    .map(({ shareId, folder, state }) => ({ shareId, folder, here: 'given up' as const, there: state }));
  return [...pairs, ...former];
}

interface Named<State> {
  readonly shareId: string;
  readonly folder: string;
  readonly state: State;
}

const OUTGOING = `select s.share_id as shareId, i.name as folder, s.state as state
  from outgoing_shares s left join items i on i.id = s.folder_id`;
const INCOMING = 'select share_id as shareId, folder_name as folder, state from incoming_shares';

/** Section 4, liveness: what two halves may come to rest in. */
function agree({ here, there }: Halves): boolean {
  if (here === there) return there === 'active' || isEndOrAbsent(there);
  if (here === 'given up') return there === 'pending' || isEndOrAbsent(there);
  if (isEnd(here)) return isEndOrAbsent(there);
  // Offered and not answered; or answered in a way that the browser never carried to the origin.
  return here === 'created' ? there !== 'active' : here === 'sent' && (there === 'pending' || there === 'declined');
}

function isEndOrAbsent(there: Halves['there']): boolean {
  return there === 'absent' || isEnd(there);
}

/** What must hold in peace, in the books of both and in what people see. */
export async function checkPeace(pair: FaultPair, tales: readonly Tale[], halves: readonly Halves[]): Promise<void> {
  await checkBooks(pair.alder.process);
  await checkBooks(pair.birch.process);
  const active = new Set(halves.filter(({ there }) => there === 'active').map(({ folder }) => folder));
  for (const tale of tales) await checkSight(tale, active);
  checkSecrets(pair);
  for (const { process } of [pair.alder, pair.birch]) expect(errorsOf(process.output), 'nothing stumbled').toBe('');
}

/** The recipient sees the folders of active shares, and no other. */
async function checkSight(tale: Tale, active: ReadonlySet<string>): Promise<void> {
  const seen = await tale.mounts();
  if (seen === undefined) return;
  for (const folder of tale.folders) expect([folder, seen.has(folder)]).toEqual([folder, active.has(folder)]);
}

/** No secret of a grant or of a consumer has passed a browser (section 4, safety). */
function checkSecrets({ passed, secrets }: FaultPair): void {
  const between = passed.filter(({ isBetweenClouds }) => isBetweenClouds);
  const sent = between.flatMap(({ request }) => [...request.matchAll(/access_token_secret=([^&\s]+)/g)]);
  const grants = sent.map(([, secret = '']) => decodeURIComponent(secret));
  expect(grants.length).toBeGreaterThan(0);
  const front = passed.filter(({ isBetweenClouds }) => !isBetweenClouds).map(({ request, answer }) => request + answer);
  const all = front.join('\n');
  for (const secret of [...new Set(grants), ...secrets]) expect(all.includes(secret)).toBe(false);
}
