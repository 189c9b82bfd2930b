import { describe, expect, it, onTestFinished } from 'vitest';
import { readMailServer } from '../../src/config/mail-settings.js';
import { parseEmail } from '../../src/kernel/index.js';
import { SmtpMailer } from '../../src/mail/index.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { LETTERHEAD } from '../contracts/mailer.js';
import { openMailbox } from './mailbox.js';

// The mail server of the tests shows A-labels as the words they stand for.
const LETTER = { subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' };

async function open(hideSMTPUTF8: boolean) {
  const mailbox = await openMailbox({ hideSMTPUTF8 });
  onTestFinished(() => mailbox.stop());
  return {
    mailbox,
    mailer: new SmtpMailer({
      ...LETTERHEAD,
      random: systemRandom,
      publicHost: 'a.test',
      server: readMailServer(mailbox.url),
    }),
  };
}

describe('a mail to an address beyond ASCII', () => {
  it('goes out where the mail server offers SMTPUTF8 (F-35)', async () => {
    const { mailbox, mailer } = await open(false);
    await mailer.send({ ...LETTER, to: parseEmail('Дмитрий@bücher.example') });
    expect(mailbox.received.map(({ envelope }) => envelope?.to)).toEqual([['Дмитрий@bücher.example']]);
    expect(mailbox.received[0]?.raw.toString()).toContain('To: Дмитрий@');
  });

  it('is refused for good, with the reason, where it does not (F-35)', async () => {
    const { mailbox, mailer } = await open(true);
    await expect(mailer.send({ ...LETTER, to: parseEmail('Дмитрий@mail.example') })).rejects.toMatchObject({
      code: 'invalid',
      message: 'The mail server cannot send to an address with letters beyond A to Z (SMTPUTF8).',
    });
    await mailer.send({ ...LETTER, to: parseEmail('bo@bücher.example') });
    expect(mailbox.received.map(({ envelope }) => envelope?.to)).toEqual([['bo@bücher.example']]);
  });

  it('waits where the mail server is away (F-35)', async () => {
    const { mailbox, mailer } = await open(false);
    await mailbox.stop();
    await expect(mailer.send({ ...LETTER, to: parseEmail('Дмитрий@mail.example') })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
