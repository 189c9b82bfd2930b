import { HOUR, SECOND } from '../../../src/kernel/index.js';
import { createHandClock } from '../../support/seeds.js';
import { Agenda } from './agenda.js';
import { drawn, quickRandom } from './chance.js';
import { Receiver, SERVING } from './receiver.js';
import { Sender, type World } from './sender.js';

/** Many clouds whose messages wait for one cloud that was away. */
export interface Herd {
  readonly clouds: number;
  /** In all, dealt by Zipf's law. */
  readonly messages: number;
  /** How many the cloud that comes back serves at once, half a second each; more are refused. */
  readonly atOnce: number;
  /** Whether the breakers draw their pauses; else they are even. */
  readonly jitter: boolean;
  /** Whether all notice the fall at once; else when they have something to send, within a quarter of an hour. */
  readonly together: boolean;
  readonly seed: number;
}

/** What was seen since the cloud came back. */
export interface Seen {
  /** Requests of the busiest second, as a part of what can be served in one. */
  readonly peak: number;
  /** The part of the requests that was refused. */
  readonly refused: number;
  /** When 95 of 100 small clouds had sent everything, as a part of the time that all messages take at best. */
  readonly small: number;
}

const AWAY = HOUR;
const QUARTER = HOUR / 4;

/** Lets the herd wait for an hour, and then come for twice the time that its messages take at best (scale.md 9). */
export function play(herd: Herd): Seen {
  const clock = createHandClock();
  const back = clock.now() + AWAY;
  const random = quickRandom(herd.seed);
  const receiver = new Receiver({ clock, random, atOnce: herd.atOnce, back });
  const world: World = { clock, random, receiver, agenda: new Agenda(), jitter: herd.jitter };
  const senders = dealt(herd).map((messages) => new Sender(world, messages));
  for (const sender of senders) sender.begin(herd.together ? 0 : Math.floor(drawn(random) * QUARTER));
  const perSecond = (herd.atOnce * SECOND) / SERVING;
  const ideal = (herd.messages / perSecond) * SECOND;
  run(world, back + 2 * ideal);
  const small = senders.filter(({ messages }) => messages <= herd.messages / herd.clouds);
  const ends = small.map(({ doneAt }) => doneAt).sort((a, b) => a - b);
  return {
    peak: receiver.busiest / perSecond,
    refused: receiver.refused / receiver.asked,
    small: ((ends[Math.floor(ends.length * 0.95)] ?? Infinity) - back) / ideal,
  };
}

function run({ agenda, clock }: World, end: number): void {
  for (let next = agenda.next(); next !== undefined && next.at <= end; next = agenda.next()) {
    clock.advance(next.at - clock.now());
    next.act();
  }
}

function dealt({ clouds, messages }: Herd): number[] {
  const parts = Array.from({ length: clouds }, (_, rank) => 1 / (rank + 1));
  const sum = parts.reduce((all, part) => all + part, 0);
  return parts.map((part) => Math.max(1, Math.round((messages * part) / sum)));
}
