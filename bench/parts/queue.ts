import { until } from '../../spec/support/until.js';
import { limitLine, median, quantile, ratioLine, type Line } from '../figures.js';
import type { Ground } from '../ground.js';
import { latencies, type Prepared } from '../load.js';
import { copyShare, inBooks, queueEnds, startPeer, type StubPeer } from '../queue-stage.js';

/** How many messages wait for the dead peer. */
const WAITING = 10_000;
const ROUNDS = 8;
const FACTOR = 1.2;
/** An outage in which {@link WAITING} messages come together, seconds: what arrives meanwhile comes as fast. */
const OUTAGE = 3_600;
/** Peers that come back at the same time. */
const PEERS = 8;

/**
 * What a long queue to a dead peer costs a healthy one, and how fast queues drain after an outage (reliability.md 5). The
 * same cloud is measured with the queue and without it, in turn.
 */
export async function queue(ground: Ground): Promise<Line[]> {
  const { alder } = ground.pair;
  const names = ['Cedar', 'Dogwood', ...Array.from({ length: PEERS }, (_, index) => `Elm-${String(index)}`)];
  const peers: StubPeer[] = [];
  for (const name of names) peers.push(await startPeer(alder, name));
  const [dead, healthy, ...others] = peers;
  if (dead === undefined || healthy === undefined) return [];
  try {
    return [
      ...(await besideTheDead(ground, dead, healthy)),
      ...(await drain(ground, dead)),
      await fairness(ground, others),
    ];
  } finally {
    for (const peer of peers) peer.stop();
  }
}

/** How often each thing is measured in one round. */
interface Effort {
  readonly calls: number;
  readonly deliveries: number;
}

const WARM_UP: Effort = { calls: 20, deliveries: 2 };
const QUICK: Effort = { calls: 50, deliveries: 10 };
const LONG: Effort = { calls: 300, deliveries: 60 };

interface Figures {
  readonly calls: number[];
  readonly deliveries: number[];
}

async function besideTheDead(ground: Ground, dead: StubPeer, healthy: StubPeer): Promise<Line[]> {
  const { alder } = ground.pair;
  dead.isDead = true;
  await queueEnds(alder, [dead], ground.isQuick ? WAITING / 10 : WAITING);
  const [alone, beside]: [Figures[], Figures[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    // Which of the two comes first changes from round to round.
    for (const isAside of round % 2 === 0 ? [true, false] : [false, true]) {
      setAside(ground, dead, isAside);
      await measure(ground, healthy, WARM_UP);
      (isAside ? alone : beside).push(await measure(ground, healthy, ground.isQuick ? QUICK : LONG));
    }
  }
  setAside(ground, dead, false);
  return [
    slowdown('calls of a peer, p99, 10 000 messages waiting / none', 'calls', beside, alone),
    slowdown('deliveries to a peer, p99, 10 000 waiting for another / none', 'deliveries', beside, alone),
  ];
}

/** Hides what waits for a peer from the worker, or shows it again. */
function setAside({ pair }: Ground, { id }: StubPeer, isAside: boolean): void {
  const [from, to] = isAside ? ['queued', 'aside'] : ['aside', 'queued'];
  inBooks(pair.alder, (books) =>
    books.prepare('update deliveries set state = ? where state = ? and peer_id = ?').run(to, from, id),
  );
}

/** Listings through the healthy cloud of Bo, and ends that Ana makes one after the other until the stub hears of each. */
async function measure(ground: Ground, healthy: StubPeer, effort: Effort): Promise<Figures> {
  const { bo, mount, pair } = ground;
  const calls = await latencies(pair.birch.url, listings(bo.app, mount, effort.calls));
  const deliveries: number[] = [];
  for (const { shareId, recipient } of copyShare(pair.alder, healthy, effort.deliveries)) {
    const heard = healthy.hears(shareId);
    const started = performance.now();
    await endShare(ground, recipient);
    deliveries.push((await heard) - started);
  }
  return { calls, deliveries };
}

function listings(app: Ground['bo']['app'], mount: number, count: number): Prepared[] {
  const path = `/v1/folder/${String(mount)}/contents`;
  return Array.from({ length: count }, () => ({ path, headers: app.headers('GET', path) }));
}

/** The median over the rounds of how much slower the 99th percentile is: a round that the machine disturbed counts once. */
function slowdown(what: string, kind: keyof Figures, beside: readonly Figures[], alone: readonly Figures[]): Line {
  const p99 = (rounds: readonly Figures[]): number[] => rounds.map((round) => quantile(round[kind], 0.99));
  const [ours, reference] = [p99(beside), p99(alone)];
  const ratios = ours.map((value, round) => value / (reference[round] ?? Number.NaN));
  const show = (values: readonly number[]): string => `${median(values).toFixed(2)} ms`;
  const line = limitLine(what, median(ratios), FACTOR, 'x', show(ours));
  return { ...line, reference: show(reference) };
}

/** A cloud that comes back after an hour: its queue drains while more comes, as fast as it came together. */
async function drain(ground: Ground, peer: StubPeer): Promise<Line[]> {
  const { alder } = ground.pair;
  const byOne = await endsPerSecond(ground, peer);
  const waiting = queued(ground, peer);
  peer.isDead = false;
  const before = peer.heard;
  // A restarted cloud tries the peer at once; its breaker, open for an hour, would have it wait up to five minutes.
  await alder.restart('SIGTERM');
  const started = performance.now();
  await until('the queue to drain', async () => queued(ground, peer) === 0, { deadline: 600_000, every: 250 });
  const perSecond = (peer.heard - before) / ((performance.now() - started) / 1000);
  const show = (value: number): string => `${value.toFixed(1)} /s`;
  const what = `queue drain (${String(waiting)} waiting) /`;
  const hourly = { ours: perSecond, reference: WAITING / OUTAGE };
  const line = ratioLine(`${what} arrival of 10 000 an hour`, hourly, { least: 5, aim: 20 }, show);
  const owner = ratioLine(`${what} ends by one app without a pause`, { ...hourly, reference: byOne }, NO_BOUND, show);
  return [line, { ...owner, bound: '', holds: undefined }];
}

/** This figure only informs: an app that ends shares at full speed takes the processor from the deliveries. */
const NO_BOUND = { least: 0, aim: 0 };

/** How fast Ana's app ends shares, one after the other. */
async function endsPerSecond(ground: Ground, peer: StubPeer): Promise<number> {
  const shares = copyShare(ground.pair.alder, peer, ground.isQuick ? 10 : 100);
  const started = performance.now();
  for (const { recipient } of shares) await endShare(ground, recipient);
  return shares.length / ((performance.now() - started) / 1000);
}

async function endShare({ ana, folder }: Ground, recipient: string): Promise<void> {
  const { status, text } = await ana.app.json(`folder/${String(folder)}/unshare`, 'POST', [recipient]);
  if (status !== 201) throw new Error(`unshare was answered ${String(status)}: ${text}`);
}

function queued({ pair }: Ground, { id }: StubPeer): number {
  const sql = "select count(*) as count from deliveries where state = 'queued' and peer_id = ?";
  return inBooks(pair.alder, (books) => (books.prepare(sql).get(id) as { count: number }).count);
}

/** Eight clouds come back at once, and much more waits for the first of them: how far is each after a while? */
async function fairness(ground: Ground, peers: readonly StubPeer[]): Promise<Line> {
  const { alder } = ground.pair;
  const share = ground.isQuick ? 50 : 400;
  const [greedy] = peers;
  await alder.kill();
  if (greedy !== undefined) await queueEnds(alder, [greedy], share * 4);
  await queueEnds(alder, peers, share);
  await alder.start();
  const arrived = (): number => peers.reduce((sum, { heard }) => sum + heard, 0);
  await until('half of it to arrive', async () => arrived() > (PEERS * share) / 2, { deadline: 600_000, every: 10 });
  const sides = { ours: Math.min(...peers.map(({ heard }) => heard)), reference: arrived() / peers.length };
  return ratioLine(`drain of the slowest of ${String(PEERS)} peers / mean`, sides, { least: 0.5, aim: 0.8 }, (value) =>
    value.toFixed(0),
  );
}
