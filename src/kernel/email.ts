import { domainToASCII } from 'node:url';
import { invalid } from './failure.js';
import { showName } from './shown.js';
import { cutText } from './text.js';

/** A checked e-mail address: local part as written, in NFC; domain as lower-case A-labels. */
export type Email = string & { readonly __email: unique symbol };

/** RFC 5321 and 6531: words of letters, digits and signs with dots between them; beyond ASCII nothing that is not seen. */
const LOCAL_PART =
  /^(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\p{ASCII}\p{C}\p{Z}\p{Default_Ignorable_Code_Point}])+(?:\.(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\p{ASCII}\p{C}\p{Z}\p{Default_Ignorable_Code_Point}])+)*$/u;
const LONGEST_LOCAL_PART = 64;
const LONGEST = 254;
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
  if (Buffer.byteLength(text) > LONGEST) return undefined;
  const at = text.lastIndexOf('@');
  const local = localPart(text.slice(0, Math.max(0, at)));
  if (local === undefined) return undefined;
  // domainToASCII folds characters such as the Kelvin sign into ASCII letters; a look-alike is not the same address.
  const written = text.slice(at + 1);
  if (UNUSUAL_ASCII.test(written)) return undefined;
  const domain = domainToASCII(written);
  if (!DOMAIN.test(domain) || foldsToAscii(written, domain)) return undefined;
  return `${local}@${domain}` as Email;
}

/** In NFC (RFC 6532), unless that would make an ASCII letter of something else: a look-alike is not the same address. */
function localPart(written: string): string | undefined {
  if (Array.from(written).some((sign) => sign > '\x7f' && sign.normalize('NFC') <= '\x7f')) return undefined;
  const local = written.normalize('NFC');
  return LOCAL_PART.test(local) && Buffer.byteLength(local) <= LONGEST_LOCAL_PART ? local : undefined;
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

/** Parts what a person typed into a share dialog at `;`, `,` and new lines (product.md, step 1); empty parts are dropped. */
export function splitEntries(text: string): string[] {
  return text
    .split(/[;,\r\n]+/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function printable(text: string): string {
  return showName(cutText(text, { characters: 80 }));
}
