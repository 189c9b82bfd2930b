import type { SMTPTransportOptions } from 'nodemailer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { Failure } from '../kernel/index.js';

/**
 * Makes sure that the mail server takes an address whose local part is not ASCII (RFC 6531). Only such addresses cost a
 * question of its own. Rejects with `invalid`, for good, when the server does not offer SMTPUTF8: it could only guess.
 */
export async function checkUtf8Address(address: string, options: SMTPTransportOptions): Promise<void> {
  if (/^\p{ASCII}*$/u.test(address) || (await offersUtf8(options))) return;
  throw new Failure('invalid', 'The mail server cannot send to an address with letters beyond A to Z (SMTPUTF8).');
}

async function offersUtf8(options: SMTPTransportOptions): Promise<boolean> {
  const connection = new SMTPConnection(options);
  try {
    await new Promise<void>((resolve, reject) => {
      connection.once('error', reject);
      connection.connect((error) => {
        if (error) reject(error);
        else resolve();
      });
    });
    return /[ -]SMTPUTF8\b/i.test(String(connection.lastServerResponse));
  } finally {
    connection.close();
  }
}
