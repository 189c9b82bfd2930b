import { Outbox } from '../../deliveries/index.js';
import { createMailer, LetterWishes, type Mailer } from '../../mail/index.js';
import { createLetterQueue } from '../../shares/index.js';
import type { Foundation } from '../foundation/foundation.js';

/** What this cloud sends: the queue of messages to other clouds, and mails, which go through it too. */
export function furnishDeliveries(base: Foundation) {
  const outbox = new Outbox(base);
  return {
    outbox,
    queueLetter: createLetterQueue({ outbox, ...base }),
    mailer: furnishMailer(base),
    wishes: new LetterWishes(base),
  };
}

function furnishMailer(base: Foundation): Mailer {
  const { mailServer: server, smtpCa: ca, mailFrom: from, cloudName, publicUrl, dataDir } = base.config;
  const folder = `${dataDir}/mail`;
  if (server === undefined) base.log.info({ folder }, 'FOOTBRIDGE_SMTP_URL is not set: mails are written as files');
  return createMailer({ server, ca, publicHost: publicUrl.hostname, folder, from, cloudName, ...base });
}

export type DeliveryRooms = ReturnType<typeof furnishDeliveries>;
