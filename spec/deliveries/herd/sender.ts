import { Breaker, type Verdict } from '../../../src/deliveries/index.js';
import { changeAfter, judged } from '../../../src/deliveries/outcome.js';
import type { DeliveryRow } from '../../../src/deliveries/row.js';
import { freeSlots } from '../../../src/deliveries/slots.js';
import { SECOND, type Random } from '../../../src/kernel/index.js';
import type { HandClock } from '../../support/seeds.js';
import type { Agenda } from './agenda.js';
import { drawn } from './chance.js';
import { SERVING, type Receiver } from './receiver.js';

/** What all clouds of a herd share. */
export interface World {
  readonly clock: HandClock;
  readonly random: Random;
  readonly agenda: Agenda;
  readonly receiver: Receiver;
  readonly jitter: boolean;
}

/** How long a refusal, or the news that nobody is there, is under way, milliseconds. */
const ROUND_TRIP = 50;

const PER_PEER = 4;

/** What counts of a message that was never sent. */
const FRESH = { attempts: 0, expires_at: null } as DeliveryRow;

/** One cloud of the herd: the breaker, the room beside what is under way and the waits are those of the program. */
export class Sender {
  readonly messages: number;
  readonly #world: World;
  readonly #breaker: Breaker;
  /** At which part of a second the worker looks what is due. */
  readonly #phase: number;
  /** In the order in which they are due. */
  readonly #later: DeliveryRow[] = [];
  #fresh: number;
  #underWay = 0;
  #looksAgain = false;
  /** When nothing was left, milliseconds. */
  doneAt = Infinity;

  constructor(world: World, messages: number) {
    this.#world = world;
    this.messages = messages;
    this.#fresh = messages;
    this.#phase = Math.floor(drawn(world.random) * SECOND);
    this.#breaker = new Breaker(world.clock, undefined, world.jitter ? world.random : undefined);
  }

  /** Begins to send after `wait` milliseconds. */
  begin(wait: number): void {
    this.#world.agenda.note(this.#world.clock.now() + wait, () => {
      this.#look();
    });
  }

  #look(): void {
    while (freeSlots(this.#breaker, this.#underWay, PER_PEER) > 0) {
      const row = this.#take();
      if (row === undefined) break;
      this.#breaker.allow();
      this.#underWay += 1;
      this.#send(row);
    }
    const isDone = this.#underWay + this.#fresh + this.#later.length === 0;
    if (isDone) this.doneAt = this.#world.clock.now();
    else this.#lookAgain();
  }

  #take(): DeliveryRow | undefined {
    if (this.#fresh > 0) {
      this.#fresh -= 1;
      return FRESH;
    }
    const [first] = this.#later;
    return first !== undefined && first.run_at <= this.#world.clock.now() ? this.#later.shift() : undefined;
  }

  /** The worker looks every second; here only when something may have become due, and after each answer. */
  #lookAgain(): void {
    if (this.#looksAgain) return;
    const { agenda, clock } = this.#world;
    const due = this.#fresh > 0 ? 0 : (this.#later[0]?.run_at ?? Infinity);
    const open = clock.now() + Math.max(0, this.#breaker.retryAfter() - 1) * SECOND;
    const soonest = Math.max(due, open);
    const isNow = soonest <= clock.now();
    if (soonest === Infinity || (isNow && this.#underWay > 0)) return;
    this.#looksAgain = true;
    const ticks = Math.floor((Math.max(soonest, clock.now()) - this.#phase) / SECOND) + 1;
    agenda.note(this.#phase + ticks * SECOND, () => {
      this.#looksAgain = false;
      this.#look();
    });
  }

  #send(row: DeliveryRow): void {
    const { receiver, agenda, clock } = this.#world;
    const fate = receiver.ask();
    const verdict: Verdict =
      fate === 'served'
        ? { kind: 'done', note: '' }
        : { kind: 'retry', note: '', after: fate === 'away' ? undefined : fate.wish };
    agenda.note(clock.now() + (fate === 'served' ? SERVING : ROUND_TRIP), () => {
      if (fate === 'served') receiver.answer();
      this.#answered(row, verdict);
    });
  }

  #answered(row: DeliveryRow, verdict: Verdict): void {
    const { clock, random } = this.#world;
    this.#underWay -= 1;
    if (judged(verdict).healthy === true) this.#breaker.succeeded();
    else this.#breaker.failed();
    const rest = this.#breaker.retryAfter() * SECOND;
    const change = changeAfter(row, verdict, clock.now(), random, rest);
    if (change !== undefined) this.#postpone({ ...row, ...change });
    this.#look();
  }

  #postpone(row: DeliveryRow): void {
    const place = this.#later.findIndex((other) => other.run_at > row.run_at);
    this.#later.splice(place === -1 ? this.#later.length : place, 0, row);
  }
}
