import { DAY, HOUR } from '../../src/kernel/index.js';
import { START } from '../support/seeds.js';
import type { AnyHalf, Surroundings } from './cloud.js';
import { DESTINATIONS, ORIGIN, type Command, type Destination, type Side } from './commands.js';
import { DestinationCloud, isDestination, type Incoming } from './destination.js';
import { Network, type Answer, type Exchange, type Message, type Visit } from './network.js';
import { Origin, type Outgoing } from './origin.js';
import type { Rules } from './rules.js';
import { Witness } from './witness.js';

/** How long an invitation waits, as owners mostly leave it. */
export const INVITATION_LIFE = 30 * DAY;

/** How long the owner's expiry lasts. */
const LASTS = { never: undefined, 'in a day': DAY, 'in ten days': 10 * DAY };

/** Three clouds, the network between them, and the people who use them. Plays commands; says whether all is well. */
export class World implements Surroundings {
  readonly rules: Rules;
  readonly alder: Origin;
  readonly birch: DestinationCloud;
  readonly cedar: DestinationCloud;
  readonly network: Network;
  readonly witness: Witness;
  #time = START;
  #numbers = 0;
  #lockedUntil = START;
  #visits: Visit[] = [];

  constructor(rules: Rules) {
    this.rules = rules;
    this.witness = new Witness(this);
    this.network = new Network((exchange) => this.#arrive(exchange));
    this.alder = new Origin(this);
    this.birch = new DestinationCloud('birch', this);
    this.cedar = new DestinationCloud('cedar', this);
  }

  get clouds(): readonly [Origin, DestinationCloud, DestinationCloud] {
    return [this.alder, this.birch, this.cedar];
  }

  destination(at: Destination): DestinationCloud {
    return this[at];
  }

  readonly time = (): number => this.#time;
  readonly fresh = (): number => (this.#numbers += 1);

  readonly send: Surroundings['send'] = (from, to, message, since, heard) => {
    this.witness.sent(to, message);
    this.network.send({ from, to, message, since, heard, sentAt: this.#time });
  };

  readonly moved = (side: Side, before: AnyHalf | undefined, after: AnyHalf, event: string | undefined): void => {
    this.witness.moved(side, before, after, event);
  };

  readonly tried = (side: Side, half: AnyHalf): ((status: number) => void) => this.witness.tried(side, half);

  readonly welcomed = (half: AnyHalf): void => this.witness.welcomed(half);

  #arrive(exchange: Exchange): Answer {
    const cloud = this[exchange.to];
    this.witness.say(
      () => `${exchange.from} → ${exchange.to} ${wordsOf(exchange.message)}${cloud.isUp ? '' : ' (down)'}`,
    );
    if (!cloud.isUp) return { status: 0 };
    return this.#lockout(exchange) ?? cloud.receive(exchange);
  }

  /** The origin's storage has lost its keys for a while, or checks them wrongly: it refuses every one. */
  #lockout({ message, to }: Exchange): Answer | undefined {
    return message.kind === 'open' && to === ORIGIN && this.#time < this.#lockedUntil ? { status: 401 } : undefined;
  }

  /** One command, and what follows at once. Throws when something happened that must never happen. */
  play(command: Command): void {
    this.witness.say(() => `# ${JSON.stringify(command)}`);
    const begun = this.clouds.flatMap((cloud) => cloud.begun());
    const commit = (): void => begun.splice(0).forEach((each) => each());
    // No transaction takes hours, so that slow ones commit before more time passes.
    if (command.kind === 'advance') commit();
    this.#do(command);
    commit();
    this.#work();
  }

  #work(): void {
    for (const cloud of this.clouds) cloud.work();
    this.witness.look();
  }

  #do(command: Command): void {
    switch (command.kind) {
      case 'invite':
        return this.#ifUp(this.alder, () => this.alder.invite(LASTS[command.expires], INVITATION_LIFE));
      case 'address':
        return this.#ifUp(this.alder, () => {
          this.alder.address(command.at, LASTS[command.expires], INVITATION_LIFE);
        });
      case 'offer-again':
        return this.#withShare(command.share, (half) => this.alder.offerAgain(half));
      case 'change-day':
        return this.#withShare(command.share, (half) => this.alder.changeDay(half, LASTS[command.expires]));
      case 'choose-ocm':
        return this.#withShare(command.share, (half) => this.alder.chooseByMesh(half, command.at));
      case 'choose':
        return this.#withShare(command.share, (half) => this.alder.choose(half, command.at));
      case 'accept':
      case 'decline':
        return this.#withProposal(command, (half, cloud) => this.#answer(cloud, half, command.kind === 'accept'));
      case 'reload':
        return this.#visit(picked(this.#visits, command.visit));
      case 'end':
      case 'delete-folder':
        return this.#withShare(command.share, (half) => {
          this.alder.end(half, command.kind === 'end' ? 'revoked' : 'deleted');
        });
      case 'look':
        return this.#withProposal(command, (half, cloud) => cloud.look(half));
      case 'lock-out':
        this.#lockedUntil = this.#time + command.by;
        return;
      case 'leave':
        return this.#withProposal(command, (half, cloud) => cloud.leave(half));
      case 'race':
        return this[command.at].slowDown();
      case 'tick':
        return this.#ifUp(this[command.at], (cloud) => cloud.tick());
      default:
        return this.#doElse(command);
    }
  }

  #doElse(command: Command): void {
    switch (command.kind) {
      case 'remove-account':
        return this.#ifUp(this[command.at], () => {
          if (command.at === ORIGIN) this.alder.removeOwner();
          else this[command.at].removeRecipient();
        });
      case 'block':
        return this.#block(command.at, neighbour(command.at, command.peer));
      case 'unblock':
        return this.#ifUp(this[command.at], (cloud) => cloud.unblock(neighbour(command.at, command.peer)));
      case 'move':
        return this.#ifUp(this.alder, () => this.alder.move(command.peer));
      case 'crash':
        this[command.at].crash();
        return this.network.forget(command.at);
      case 'restart':
        this[command.at].isUp = true;
        return;
      case 'restore':
        return this.#restore(command.at, command.back);
      case 'step':
        this[command.at].offset += command.by;
        return;
      default:
        return this.#onTheWire(command);
    }
  }

  #onTheWire(command: Command): void {
    if (command.kind === 'flow') for (let hop = 0; hop < command.hops; hop += 1) this.#flow();
    if (command.kind === 'advance') this.advance(command.by);
    if (!('message' in command)) return;
    const exchange = picked(this.network.underway.toReversed(), command.message);
    if (exchange === undefined) return;
    if (command.kind === 'misanswer') this.network.misanswer(exchange, command.status, this.#clockOf(exchange.from));
    else if (command.kind === 'delay') this.network.delay(exchange, this.#time);
    else this.network[command.kind](exchange);
  }

  #clockOf(sender: Side | 'browser'): number {
    return sender === 'browser' ? this.#time : this[sender].now;
  }

  #flow(): void {
    this.network.flow(this.#time);
    this.#work();
  }

  /** Lets time pass; requests that take too long are given up. */
  advance(by: number): void {
    this.#time += by;
    this.network.expire(this.#time);
  }

  #ifUp<C extends Origin | DestinationCloud>(cloud: C, act: (cloud: C) => void): void {
    if (cloud.isUp) act(cloud);
  }

  #withShare(share: number, act: (half: Outgoing) => void): void {
    const half = picked(this.alder.halves, share);
    if (half !== undefined && this.alder.isUp) act(half);
  }

  #withProposal(
    { at, proposal }: { readonly at: Destination; readonly proposal: number },
    act: (half: Incoming, cloud: DestinationCloud) => void,
  ): void {
    const cloud = this[at];
    const half = picked(cloud.halves, proposal);
    if (half !== undefined && cloud.isUp) act(half, cloud);
  }

  #answer(cloud: DestinationCloud, half: Incoming, accepted: boolean): void {
    const visit = cloud.answer(half, accepted);
    if (visit === undefined) return;
    this.#visits.push(visit);
    this.#visit(visit);
  }

  /** The recipient's browser goes to the callback; nobody waits for the page but the recipient. */
  #visit(visit: Visit | undefined): void {
    if (visit === undefined) return;
    this.witness.sent(ORIGIN, visit);
    const way = { from: 'browser', to: ORIGIN, since: this.#time, sentAt: this.#time } as const;
    this.network.send({ ...way, message: visit, heard: undefined });
  }

  #block(at: Side, peer: Side): void {
    this.witness.blocked(at, peer);
    this.#ifUp(this[at], (cloud) => cloud.block(peer));
  }

  #restore(at: Side, back: number): void {
    const cloud = this[at];
    const before = cloud.books.halves;
    if (!cloud.restore(back)) return;
    this.network.forget(at);
    this.witness.restored(at, before, cloud.books.halves);
  }

  /** Faults stop: every cloud runs, nothing is lost any more, and somebody retries what is shown as failed (DLV-01). */
  calmDown(): void {
    this.network.release();
    for (const cloud of this.clouds) {
      cloud.isUp = true;
      cloud.retryFailed();
      for (const commit of cloud.begun()) commit();
    }
  }

  /** Lets so much time pass, doing everything that falls due. */
  pass(span: number): void {
    const end = this.#time + span;
    for (;;) {
      this.#settle();
      const next = Math.min(...this.clouds.map((cloud) => cloud.nextDue()));
      if (next > end) break;
      this.#time = Math.max(this.#time, next);
    }
    this.#time = end;
    this.#settle();
  }

  #settle(): void {
    for (const cloud of this.clouds) cloud.tick();
    this.#work();
    while (this.network.underway.length > 0) this.#flow();
  }
}

function picked<T>(list: readonly T[], index: number): T | undefined {
  return list[index % Math.max(list.length, 1)];
}

/** The origin has two neighbours, everybody else one. */
function neighbour(at: Side, peer: Side): Side {
  if (at !== ORIGIN) return ORIGIN;
  return isDestination(peer) ? peer : DESTINATIONS[0];
}

function wordsOf(message: Message): string {
  return JSON.stringify(message);
}

/** The longest backoff and one reconcile interval, and as much again as clocks were set back (CNV-01). */
export const HEALING = 8 * HOUR + DAY;
