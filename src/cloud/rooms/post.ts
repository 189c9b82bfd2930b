import { Breakers, Outbox, type DeliveryHandler, type Verdict } from '../../deliveries/index.js';
import { DAY, isFailure, randomWord } from '../../kernel/index.js';
import { createLetters, createMailer, type LetterName, type Mailer } from '../../mail/index.js';
import type { Post } from '../../shares/index.js';
import { viewsFolder } from '../folders.js';
import type { Foundation } from '../foundation.js';

/** The kind of delivery that carries a mail. */
export const MAIL = 'mail';

/** How long a mail is tried, milliseconds: as long as mail servers do (RFC 5321 4.5.4.1). */
const MAIL_LIFE = 5 * DAY;

/** What leaves the house: the queue of messages, and mails, which go through it too. */
export function furnishPost(base: Foundation) {
  const { config, database, clock, random, sealer } = base;
  const outbox = new Outbox({ database, clock, sealer });
  const post: Post = async (trx, letter) => {
    const lane = `mail:${randomWord(random)}`;
    await outbox.enqueue(trx, { kind: MAIL, lane, payload: { ...letter }, expiresAt: clock.now() + MAIL_LIFE });
  };
  const letters = createLetters({ viewsFolder, cloudName: config.cloudName, publicUrl: config.publicUrl });
  const mailer = furnishMailer(base);
  const domain = config.mailFrom.slice(config.mailFrom.lastIndexOf('@') + 1);
  const sendMail: DeliveryHandler = async ({ lane, payload }) => {
    const { letter, to, data } = payload as unknown as Parameters<Post>[1];
    // The same for every attempt: a mail whose acceptance we did not hear of is shown once.
    const messageId = `<${lane.replace(':', '.')}@${domain}>`;
    return handedOver(mailer.send({ to, messageId, ...letters.render(letter as LetterName, data) }));
  };
  return { outbox, post, mailer, sendMail, breakers: new Breakers(clock) };
}

function furnishMailer({ config, random, clock, log }: Foundation): Mailer {
  const { smtpUrl, mailFrom: from, cloudName } = config;
  const folder = `${config.dataDir}/mail`;
  if (smtpUrl === undefined) log.info({ folder }, 'FOOTBRIDGE_SMTP_URL is not set: mails are written as files');
  return createMailer({ smtpUrl, folder, from, cloudName, random, clock });
}

/** A mail that is refused for good is not sent again; all other trouble is the queue's. */
async function handedOver(sending: Promise<void>): Promise<Verdict> {
  try {
    await sending;
    return { kind: 'done', note: 'handed over' };
  } catch (error) {
    if (!isFailure(error, 'invalid')) throw error;
    return { kind: 'failed', note: error.detail ?? error.message };
  }
}

export type PostRooms = ReturnType<typeof furnishPost>;
