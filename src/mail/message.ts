import type { SendMailOptions } from 'nodemailer';
import { invalid, randomWord, type Clock, type Random } from '../kernel/index.js';
import type { Mail } from './mailer.js';

/** What every mail of this cloud has in common. */
export interface Letterhead {
  /** Bare address of the sender, `FOOTBRIDGE_MAIL_FROM`. */
  readonly from: string;
  /** Shown as the sender's name. */
  readonly cloudName: string;
  readonly random: Random;
  readonly clock: Clock;
}

/**
 * The mail as nodemailer composes it: one recipient, never parsed out of a text, and an envelope of exactly the stored
 * address (MAI-01); nothing in it can make the composer read a file or a URL.
 */
export function composeMail(mail: Mail, letterhead: Letterhead): SendMailOptions {
  const { from, cloudName, random, clock } = letterhead;
  const messageId = mail.messageId ?? `<${randomWord(random)}@${from.slice(from.lastIndexOf('@') + 1)}>`;
  const { stopLink } = mail;
  for (const line of [mail.subject, mail.to, from, cloudName, messageId, stopLink ?? '']) refuseControls(line);
  return {
    from: { name: cloudName, address: from },
    to: { name: '', address: mail.to },
    envelope: { from, to: [mail.to] },
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    messageId,
    date: new Date(clock.now()),
    // RFC 3834: no vacation notices in return.
    headers: { 'Auto-Submitted': 'auto-generated', ...(stopLink !== undefined && stopHeaders(stopLink)) },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** RFC 2369 and 8058. As they are: a link that is folded or encoded would be another. */
function stopHeaders(link: string) {
  return {
    'List-Unsubscribe': { prepared: true, value: `<${link}>` },
    'List-Unsubscribe-Post': { prepared: true, value: 'List-Unsubscribe=One-Click' },
  };
}

function refuseControls(line: string): void {
  // Line separators count: some mail programs break lines there.
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(line)) throw invalid('A mail header must not contain control characters.');
}
