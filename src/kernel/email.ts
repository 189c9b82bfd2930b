import { domainToASCII } from 'node:url';
import { invalid } from './failure.js';

/** A checked e-mail address: local part as written, domain as lower-case A-labels. */
export type Email = string & { readonly __email: unique symbol };

const LOCAL_PART = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** domainToASCII reads a domain as browsers read hosts: it cuts at `/`, decodes `%` and drops tabs. */
const UNUSUAL_ASCII = /[^A-Za-z0-9.\u{80}-\u{10ffff}-]/u;

/**
 * Reads one address. Quoted local parts, control characters, comments and several addresses in one are refused
 * (threat model MAI-01); the domain is turned into A-labels (WEB-07). Throws `invalid` naming the address.
 */
export function parseEmail(text: string): Email {
  const email = readEmail(text);
  if (email === undefined) throw invalid(`"${printable(text)}" is not an e-mail address.`);
  return email;
}

/** Like {@link parseEmail}, but answers undefined instead of throwing. */
export function readEmail(text: string): Email | undefined {
  if (text.length > 254) return undefined;
  const at = text.lastIndexOf('@');
  if (at < 1 || at > 64) return undefined;
  const local = text.slice(0, at);
  // domainToASCII folds characters such as the Kelvin sign into ASCII letters; a look-alike is not the same address.
  const written = text.slice(at + 1);
  if (UNUSUAL_ASCII.test(written)) return undefined;
  const domain = domainToASCII(written);
  if (!LOCAL_PART.test(local) || !DOMAIN.test(domain) || foldsToAscii(written, domain)) return undefined;
  return `${local}@${domain}` as Email;
}

/** True when a domain became another without becoming A-labels: a compatibility look-alike, or no domain at all. */
function foldsToAscii(written: string, domain: string): boolean {
  // Numbers in it are read as an address of the network.
  if (/^[A-Za-z0-9.-]*$/.test(written)) return written.toLowerCase() !== domain;
  return written.split('.').some((label, index) => {
    const mapped = domain.split('.')[index];
    return /[^\0-\x7f]/.test(label) && !(mapped ?? '').startsWith('xn--');
  });
}

/** The form under which addresses are compared and stored for lookup: ASCII letters lower-cased, nothing else. */
export function foldEmail(email: Email): string {
  return email.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The domain of an address, lower-case A-labels. */
export function domainOf(email: Email): string {
  return email.slice(email.lastIndexOf('@') + 1);
}

/** True when two addresses are the same apart from the case of ASCII letters (WEB-07: no Unicode folding). */
export function sameEmail(a: Email, b: Email): boolean {
  return foldEmail(a) === foldEmail(b);
}

/**
 * Splits what a person typed into a share dialog: addresses separated by `;`, `,` or new lines (product.md, step 1).
 * Repeated addresses count once. Throws `invalid` on the first that is none.
 */
export function splitAddresses(text: string): Email[] {
  const seen = new Map<string, Email>();
  for (const part of text.split(/[;,\r\n]+/)) {
    const trimmed = part.replace(/^[ \t]+|[ \t]+$/g, '');
    if (trimmed === '') continue;
    const email = parseEmail(trimmed);
    if (!seen.has(foldEmail(email))) seen.set(foldEmail(email), email);
  }
  return [...seen.values()];
}

function printable(text: string): string {
  return text.slice(0, 80).replace(/[\p{Cc}\p{Cf}]/gu, '\u{fffd}');
}
