import { EmlMailer } from './eml-mailer.js';
import type { Mailer } from './mailer.js';
import type { Letterhead } from './message.js';
import { SmtpMailer, type SmtpOptions } from './smtp-mailer.js';

export type { Mail, Mailer } from './mailer.js';
export type { Letterhead } from './message.js';
export { EmlMailer } from './eml-mailer.js';
export { SmtpMailer, type SmtpLimits, type SmtpOptions, type SmtpServer } from './smtp-mailer.js';

/** What {@link createMailer} chooses from. */
export interface MailerOptions extends Letterhead, Pick<SmtpOptions, 'publicHost' | 'ca'> {
  /** Without one mails become files. */
  readonly server: SmtpOptions['server'] | undefined;
  /** Where the files go. */
  readonly folder: string;
}

/** The mailer that the settings ask for. */
export function createMailer({ server, folder, ...others }: MailerOptions): Mailer {
  return server === undefined ? new EmlMailer({ ...others, folder }) : new SmtpMailer({ ...others, server });
}
export { createLetters, kindOf, LETTER_KINDS, type LetterKind, type LetterName, type Letters } from './letters.js';
export { LetterWishes, type Stoppable } from './letter-wishes.js';
