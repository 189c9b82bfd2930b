/** What an app that has no address to lead back to sends as its callback (RFC 5849 2.1): out of band. */
const OUT_OF_BAND = 'oob';

/** Where the verifier goes: to an address of the app, or `oob` (out of band), where the person copies it. */
export type Callback = { readonly kind: 'address'; readonly address: string } | { readonly kind: 'out-of-band' };

/**
 * The callback that an app asks for, if it may: `oob`, or the address that it is registered with. Undefined for any
 * other (OAU-17).
 */
export function readCallback(text: string, registered: string | undefined): Callback | undefined {
  if (text === OUT_OF_BAND) return { kind: 'out-of-band' };
  if (registered === undefined || !isSameCallback(registered, text)) return undefined;
  return { kind: 'address', address: new URL(text).href };
}

/** True for an absolute web address without user name and fragment, which a browser reads as we do. */
export function isPlainAddress(text: string): boolean {
  return /^https?:\/\/[^/?#@\\\s]+(?:[/?][^#\\\s]*)?$/i.test(text) && text.length <= 400 && URL.canParse(text);
}

/** Scheme, host, port and path are the registered ones after parsing; the query is the registered one or goes on from it. */
function isSameCallback(registered: string, asked: string): boolean {
  if (!isPlainAddress(asked)) return false;
  const [ours, theirs] = [new URL(registered), new URL(asked)];
  if (ours.origin !== theirs.origin || ours.pathname !== theirs.pathname) return false;
  return ours.search === '' || theirs.search === ours.search || theirs.search.startsWith(`${ours.search}&`);
}
