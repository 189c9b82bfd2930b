import { expect } from 'vitest';
import { DAY, HOUR, storageTime } from '../../../src/kernel/index.js';
import { isEnd, type IncomingState, type OutgoingState } from '../../../src/shares/index.js';
import { until } from '../../support/until.js';
import { checkBooks } from '../kills/audit.js';
import { inBooks, letBackoffPass, waitingAt } from '../kills/clockwork.js';
import type { FaultPair, Site } from './fault-pair.js';
import type { Tale } from './tale.js';

/** A share by its name on the wire, and the states of its halves. */
interface Halves {
  readonly shareId: string;
  readonly folder: string;
  /** `given up`: the origin's half has continued under another name. */
  readonly here: OutgoingState | 'given up';
  readonly there: IncomingState | 'absent';
  /** By Open Cloud Mesh. */
  readonly isOcm: boolean;
}

/** How often the clouds are asked, and everything is due again, before a day passes. */
const ROUNDS_A_DAY = 10;
const PATIENCE = { deadline: 90_000, every: 1_000 };

/** Lets faults and blocks end and waits until the clouds agree about every share (reliability.md section 4); answers how. */
export async function makePeace(pair: FaultPair, tales: readonly Tale[]): Promise<readonly Halves[]> {
  pair.faults.length = 0;
  await pair.alder.desk.neighbours.peers.unblock('Birch').catch(() => undefined);
  await pair.birch.desk.neighbours.peers.unblock('Alder').catch(() => undefined);
  const sites = [pair.alder, pair.birch];
  // A breaker stays open for minutes; a restarted cloud asks at once.
  await Promise.all(sites.map(({ process }) => process.restart()));
  let rounds = 0;
  let odd: readonly Halves[] = [];
  const ask = async (): Promise<readonly Halves[] | undefined> => {
    rounds += 1;
    for (const site of sites) {
      await letBackoffPass(site.process);
      if (rounds % ROUNDS_A_DAY === 0) await letADayPass(site);
    }
    const halves = await halvesOf(pair);
    odd = halves.filter((each) => !agree(each));
    await pickAgain(pair, tales, odd);
    return odd.length === 0 ? halves : undefined;
  };
  return until('both clouds to agree', ask, PATIENCE).catch(async (cause: unknown) => {
    const stories = await Promise.all(odd.map((each) => storyOf(pair, each)));
    const waiting = await Promise.all(sites.map(({ process }) => waitingAt(process)));
    const errors = sites.map(({ process }) => errorsOf(process.output));
    throw new Error(`the clouds do not agree:\n${[...stories, ...waiting, ...errors].join('\n')}`, { cause });
  });
}

/**
 * A cloud that was killed while it presented a proposal cannot know whether that arrived. It waits until the invitation
 * expires or the invitee picks their cloud again; here they do. If the other cloud has said that it took the proposal,
 * it must still be there.
 */
async function pickAgain({ passed }: FaultPair, tales: readonly Tale[], odd: readonly Halves[]): Promise<void> {
  for (const { shareId, folder, here, there } of odd) {
    if (here !== 'sent' || there !== 'absent' || wasTaken(passed, shareId)) continue;
    const tale = tales.find(({ folders }) => folders.includes(folder));
    await tale?.pick(folder).catch(() => undefined);
  }
}

/** True when the other cloud has said that it holds this proposal, whoever heard it. */
function wasTaken(passed: FaultPair['passed'], shareId: string): boolean {
  return passed.some(
    ({ request, answer }) =>
      request.startsWith('POST /interop/share ') && request.includes(shareId) && TAKEN.test(answer),
  );
}

const TAKEN = /^HTTP\/1\.1 [23]/;

/** The history of two halves, printed when they do not agree. */
async function storyOf({ passed, alder, birch }: FaultPair, { shareId, folder, here, there }: Halves): Promise<string> {
  const about = passed.filter(({ request, answer }) => `${request} ${answer}`.includes(shareId));
  const lines = about.slice(0, 12).map(({ request, answer, fault, isBetweenClouds }) => {
    const [asked = '', got = ''] = [request, answer].map((text) => text.slice(0, text.indexOf('\r\n')).slice(0, 90));
    return `  ${isBetweenClouds ? 'cloud' : 'browser'} ${asked} -> ${got} ${fault === undefined ? '' : JSON.stringify(fault)}`;
  });
  const logs = await Promise.all([logOf(alder, 'outgoing', shareId), logOf(birch, 'incoming', shareId)]);
  return [`${folder} ${shareId}: ${here} ${there}`, ...lines, ...logs.flat()].join('\n');
}

/** What a cloud wrote down about one half. */
async function logOf({ process }: Site, side: 'outgoing' | 'incoming', shareId: string): Promise<string[]> {
  const lines = await inBooks(process, (books) =>
    books
      .prepare(
        `select e.at, e.event, e.to_state as state, e.actor, e.note from share_events e
         join ${side}_shares s on s.id = e.share_ref where s.share_id = ? order by e.id`,
      )
      .all(shareId),
  );
  return (lines as LogLine[]).map(
    ({ at, event, state, actor, note }) =>
      `  ${process.name} ${storageTime(at)} ${event} -> ${state} by ${actor} ${note}`,
  );
}

interface LogLine {
  readonly at: number;
  readonly event: string;
  readonly state: string;
  readonly actor: string;
  readonly note: string;
}

function errorsOf(output: string): string {
  return output
    .split('\n')
    .filter((line) => line.includes('"level":50'))
    .slice(-3)
    .join('\n');
}

/** What is done once a day, or after an hour of patience, may be done again or is believed (cloudspaces-interop.md 5, healing; DLV-05, F-06). */
async function letADayPass(site: Site): Promise<void> {
  await inBooks(site.process, (books) => {
    books.prepare("update share_events set at = at - ? where event = 'remind'").run(DAY);
    books.prepare("update deliveries set created_at = created_at - ? where state = 'queued'").run(HOUR);
    books.prepare('update outgoing_shares set granted_at = granted_at - ?').run(HOUR);
    books.prepare('update incoming_shares set refused_since = refused_since - ?').run(HOUR);
  });
}

async function halvesOf({ alder, birch }: FaultPair): Promise<Halves[]> {
  const outgoing = (await inBooks(alder.process, (books) => books.prepare(OUTGOING).all())) as Named<OutgoingState>[];
  const incoming = (await inBooks(birch.process, (books) => books.prepare(INCOMING).all())) as Named<IncomingState>[];
  const [named, known] = [outgoing, incoming].map((rows) => new Map(rows.map((row) => [row.shareId, row])));
  const pairs = outgoing.map(({ shareId, folder, state, dialect }) => {
    const there: Halves['there'] = (known?.get(shareId)?.state as IncomingState | undefined) ?? 'absent';
    return { shareId, folder, here: state, there, isOcm: dialect === 'ocm' };
  });
  const former = incoming
    .filter(({ shareId }) => named?.has(shareId) !== true)
    .map(({ shareId, folder, state, dialect }) => {
      return {
        shareId,
        folder,
        here: 'given up' as const,
        there: state,
        isOcm: dialect === 'ocm',
      };
    });
  return [...pairs, ...former];
}

interface Named<State> {
  readonly shareId: string;
  readonly folder: string;
  readonly state: State;
  readonly dialect: string | null;
}

const OUTGOING = `select s.share_id as shareId, i.name as folder, s.state as state, s.dialect as dialect
  from outgoing_shares s left join items i on i.id = s.folder_id`;
const INCOMING = 'select share_id as shareId, folder_name as folder, state, dialect from incoming_shares';

/** reliability.md 4, liveness: what two halves may come to rest in. */
function agree({ here, there }: Halves): boolean {
  if (here === there) return there === 'active' || isEndOrAbsent(there);
  if (here === 'given up') return there === 'pending' || isEndOrAbsent(there);
  if (isEnd(here)) return isEndOrAbsent(there);
  // Offered and not answered, or answered although the browser never brought the answer to the origin.
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
  checkSecrets(pair, halves);
  for (const { process } of [pair.alder, pair.birch]) expect(errorsOf(process.output), 'nothing stumbled').toBe('');
}

/** The recipient sees the folders of active shares, and no other. */
async function checkSight(tale: Tale, active: ReadonlySet<string>): Promise<void> {
  const seen = await tale.mounts();
  if (seen === undefined) return;
  for (const folder of tale.folders) expect([folder, seen.has(folder)]).toEqual([folder, active.has(folder)]);
}

/** No secret of a grant or of a consumer has passed a browser (reliability.md 4, safety). */
function checkSecrets({ passed, secrets }: FaultPair, halves: readonly Halves[]): void {
  const between = passed.filter(({ isBetweenClouds }) => isBetweenClouds);
  const secretsIn = (pattern: RegExp): string[] => {
    const found = between.flatMap(({ request }) => [...request.matchAll(pattern)]);
    return found.map(([, secret = '']) => decodeURIComponent(secret));
  };
  const [grants, shared] = [/access_token_secret=([^&\s]+)/g, /"sharedSecret":"([^"]+)"/g].map(secretsIn);
  // What is looked for must have been seen where a share has come about: in a short run it may be of one kind alone.
  const made = halves.filter(({ there }) => there === 'active');
  if (made.some(({ isOcm }) => !isOcm)) expect(grants?.length).toBeGreaterThan(0);
  if (made.some(({ isOcm }) => isOcm)) expect(shared?.length).toBeGreaterThan(0);
  const front = passed.filter(({ isBetweenClouds }) => !isBetweenClouds).map(({ request, answer }) => request + answer);
  const all = front.join('\n');
  for (const secret of new Set([...(grants ?? []), ...(shared ?? []), ...secrets]))
    expect(all.includes(secret)).toBe(false);
}
