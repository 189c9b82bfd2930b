import type { Outbox } from '../../deliveries/index.js';
import { DAY, randomWord, type Clock, type Random } from '../../kernel/index.js';
import { MAIL, type ShareLetter, type QueueShareLetter } from '../agreement/messages.js';

/** How long a mail is retried, milliseconds: as long as mail servers do (RFC 5321 4.5.4.1). */
const MAIL_LIFE = 5 * DAY;

/** What {@link createLetterQueue} needs. */
export interface LetterQueueInputs {
  readonly outbox: Pick<Outbox, 'enqueue'>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Queues letters as deliveries, each in a lane of its own, so that one that is retried does not hold up others. */
export function createLetterQueue({ outbox, clock, random }: LetterQueueInputs): QueueShareLetter {
  return async (trx, letter) => {
    const lane = `${laneAbout(letter)}:${randomWord(random)}`;
    await outbox.enqueue(trx, { kind: MAIL, lane, payload: letter, expiresAt: clock.now() + MAIL_LIFE });
  };
}

/** The lane of a letter; `lanesOf` finds it by the share. */
function laneAbout({ about }: ShareLetter): string {
  return about === undefined ? 'mail' : `mail:${about.direction}:${about.id}`;
}
