import { Breakers, Outbox } from '../../deliveries/index.js';
import { DAY, randomWord } from '../../kernel/index.js';
import { createMailer, LetterWishes, type Mailer } from '../../mail/index.js';
import { PeerConditions } from '../../peers/index.js';
import type { Letter, Post } from '../../shares/index.js';
import type { Foundation } from '../foundation.js';

/** The kind of delivery that carries a mail. */
export const MAIL = 'mail';

/** How long a mail is tried, milliseconds: as long as mail servers do (RFC 5321 4.5.4.1). */
const MAIL_LIFE = 5 * DAY;

/** What leaves the house: the queue of messages, and mails, which go through it too. */
export function furnishPost(base: Foundation) {
  const { database, clock, random, sealer } = base;
  const conditions = new PeerConditions(base);
  const breakers = new Breakers(clock, (peerId, rest) => conditions.rests(peerId, rest));
  const outbox = new Outbox({ database, clock, sealer });
  const post: Post = async (trx, letter) => {
    // One lane for each: a mail that is put off holds up no other.
    const lane = `${laneAbout(letter)}:${randomWord(random)}`;
    await outbox.enqueue(trx, { kind: MAIL, lane, payload: { ...letter }, expiresAt: clock.now() + MAIL_LIFE });
  };
  return {
    ...{ outbox, post, mailer: furnishMailer(base), conditions, breakers },
    wishes: new LetterWishes({ database, clock, sealer }),
  };
}

/** See `lanesOf` in the room of shares, which looks mails up by it. */
function laneAbout({ about }: Letter): string {
  return about === undefined ? 'mail' : `mail:${about.direction}:${about.id}`;
}

function furnishMailer({ config, random, clock, log }: Foundation): Mailer {
  const { smtpUrl, mailFrom: from, cloudName } = config;
  const folder = `${config.dataDir}/mail`;
  if (smtpUrl === undefined) log.info({ folder }, 'FOOTBRIDGE_SMTP_URL is not set: mails are written as files');
  return createMailer({ smtpUrl, folder, from, cloudName, random, clock });
}

export type PostRooms = ReturnType<typeof furnishPost>;
