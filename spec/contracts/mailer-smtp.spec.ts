import { SmtpMailer } from '../../src/mail/index.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { openMailbox } from '../mail/mailbox.js';
import { describeMailer, LETTERHEAD } from './mailer.js';

describeMailer('SmtpMailer', async () => {
  const mailbox = await openMailbox();
  return {
    mailer: new SmtpMailer({ ...LETTERHEAD, random: systemRandom, smtpUrl: mailbox.url }),
    received: () => Promise.resolve(mailbox.received),
    stop: () => mailbox.stop(),
  };
});
