import type { Email } from '../kernel/index.js';

/** One mail to one person. */
export interface Mail {
  readonly to: Email;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The same for every attempt to send this mail, so that mailboxes show it once; made up when absent. */
  readonly messageId?: string | undefined;
  /** Where mail programs stop letters like this one with a click of their own (RFC 8058). */
  readonly stopLink?: string | undefined;
}

/** The way mail leaves this cloud. */
export interface Mailer {
  /**
   * Resolves once the mail is accepted for delivery. Rejects with `invalid` when it can never be (control characters,
   * threat model MAI-01; a recipient refused for good), `unavailable` when a later attempt may succeed.
   */
  send(mail: Mail): Promise<void>;
}
