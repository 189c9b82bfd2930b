import { Breakers, Outbox, type DeliveryHandler } from '../../deliveries/index.js';
import { randomWord } from '../../kernel/index.js';
import { createLetters, createMailer, type LetterName } from '../../mail/index.js';
import type { Post } from '../../shares/index.js';
import { viewsFolder } from '../folders.js';
import type { Foundation } from '../foundation.js';

/** The kind of delivery that carries a mail. */
export const MAIL = 'mail';

/** What leaves the house: the queue of messages, and mails, which go through it too. */
export function furnishPost({ config, database, clock, random, sealer }: Foundation) {
  const outbox = new Outbox({ database, clock, sealer });
  const post: Post = async (trx, letter) => {
    await outbox.enqueue(trx, { kind: MAIL, lane: `mail:${randomWord(random)}`, payload: { ...letter } });
  };
  const letters = createLetters({ viewsFolder, cloudName: config.cloudName, publicUrl: config.publicUrl });
  const mailer = createMailer({
    smtpUrl: config.smtpUrl,
    folder: `${config.dataDir}/mail`,
    from: config.mailFrom,
    cloudName: config.cloudName,
    random,
    clock,
  });
  const sendMail: DeliveryHandler = async (delivery) => {
    const { letter, to, data } = delivery.payload as unknown as Parameters<Post>[1];
    await mailer.send({ to, ...letters.render(letter as LetterName, data) });
    return { kind: 'done', note: 'handed over' };
  };
  return { outbox, post, mailer, sendMail, breakers: new Breakers(clock) };
}

export type PostRooms = ReturnType<typeof furnishPost>;
