import { readMailServer } from '../../src/config/mail-settings.js';
import { SmtpMailer } from '../../src/mail/index.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { openMailbox } from '../mail/mailbox.js';
import { describeMailer, LETTERHEAD } from './mailer.js';

describeMailer('SmtpMailer', async () => {
  const mailbox = await openMailbox();
  return {
    mailer: new SmtpMailer({
      ...LETTERHEAD,
      random: systemRandom,
      publicHost: 'a.test',
      server: readMailServer(mailbox.url),
    }),
    received: () => Promise.resolve(mailbox.received),
    stop: () => mailbox.stop(),
  };
});
