import { settleAt, type Settler } from '../../spec/journeys/support/process-pair.js';
import { until } from '../../spec/support/until.js';
import { limitLine, median, type Line } from '../figures.js';
import type { Ground } from '../ground.js';

/** From the sharing of a folder to the first bytes read at the other cloud, milliseconds. */
const GOAL = 60;

/** How long each step of one share took, milliseconds. */
interface Steps {
  /** The owner's call until it is answered. */
  readonly created: number;
  /** From that answer until the invitation lies in the mailbox. */
  readonly invited: number;
  /** The pages that a signed-in person opens and sends, up to the owner's answer to the yes. */
  readonly accepted: number;
  /** From that answer until the folder is there: the grant is delivered and tried. */
  readonly mounted: number;
  /** The folder's listing and the file, through both clouds. */
  readonly read: number;
}

/** New invitations that one person may get of another on one day, and one to spare. */
const EACH = 4;

/** An owner and somebody at the other cloud who is signed in. */
interface Couple {
  readonly owner: Settler;
  readonly recipient: Settler;
}

/** One share after the other, from the owner's call to the first bytes that the recipient reads; nobody pauses to think. */
export async function sharing(ground: Ground): Promise<Line[]> {
  const couples = ground.isQuick ? 2 : 8;
  const all: Steps[] = [];
  // The first couple warms up and is not counted.
  for (let number = 0; number <= couples; number += 1) {
    const couple = await settleCouple(ground, number);
    for (let round = 0; round < EACH; round += 1) {
      const steps = await shareOnce(ground, couple, `Shared ${String(number)} ${String(round)}`);
      if (number > 0) all.push(steps);
    }
  }
  const middle = (step: keyof Steps): number => median(all.map((each) => each[step]));
  const totals = all.map((each) => Object.values(each).reduce((sum: number, time: number) => sum + time, 0));
  const parts = (['created', 'invited', 'accepted', 'mounted', 'read'] as const).map(
    (step) => `${step} ${middle(step).toFixed(0)}`,
  );
  const line = limitLine('share, create to first read, p50', median(totals), GOAL, 'ms', parts.join(', '));
  return [{ ...line, bound: `<= ${String(GOAL)} ms` }];
}

async function settleCouple({ pair: { alder, birch } }: Ground, number: number): Promise<Couple> {
  const owner = await settleAt(alder, `Owner ${String(number)}`, `owner-${String(number)}@alder.example`);
  const recipient = await settleAt(birch, `Recipient ${String(number)}`, `recipient-${String(number)}@birch.example`);
  await recipient.person.signIn(birch.url);
  return { owner, recipient };
}

async function shareOnce({ pair, mailbox }: Ground, { owner, recipient }: Couple, name: string): Promise<Steps> {
  const { app, person, email } = recipient;
  const { id } = await owner.app.makeFolder(name);
  await owner.app.makeFile('first.txt', 'first', id);
  const invitation = mailbox.nextInvitation(email);
  const lap = stopwatch();
  await owner.app.share(id, email);
  const created = lap();
  const link = await invitation;
  const invited = lap();
  await person.openInvitation(link);
  await person.chooseCloud(pair.birch.name);
  await person.accept();
  const accepted = lap();
  const mount = await until(`${name} at the other cloud`, async () => (await app.children()).get(name), { every: 2 });
  const mounted = lap();
  const file = (await app.children(mount.id)).get('first.txt');
  await app.read(file?.id ?? 0);
  return { created, invited, accepted, mounted, read: lap() };
}

/** Answers the milliseconds since it was last asked. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const [before, now] = [last, performance.now()];
    last = now;
    return now - before;
  };
}
