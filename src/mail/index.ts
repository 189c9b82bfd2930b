import { EmlMailer } from './eml-mailer.js';
import type { Mailer } from './mailer.js';
import type { Letterhead } from './message.js';
import { SmtpMailer } from './smtp-mailer.js';

export type { Mail, Mailer } from './mailer.js';
export type { Letterhead } from './message.js';
export { EmlMailer } from './eml-mailer.js';
export { SmtpMailer, type SmtpLimits } from './smtp-mailer.js';

/** What {@link createMailer} chooses from. */
export interface MailerOptions extends Letterhead {
  /** `FOOTBRIDGE_SMTP_URL`; without it mails become files. */
  readonly smtpUrl: string | undefined;
  /** Where the files go. */
  readonly folder: string;
}

/** The mailer that the settings ask for. */
export function createMailer({ smtpUrl, folder, ...letterhead }: MailerOptions): Mailer {
  return smtpUrl === undefined ? new EmlMailer({ ...letterhead, folder }) : new SmtpMailer({ ...letterhead, smtpUrl });
}
export { createLetters, kindOf, LETTER_KINDS, type LetterKind, type LetterName, type Letters } from './letters.js';
export { LetterWishes, type Stoppable } from './letter-wishes.js';
