/**
 * A host as mail names it: an address stands in brackets, an IPv6 address with its tag (RFC 5321 4.1.3). `host` is that
 * of a URL.
 */
export function mailHost(host: string): string {
  if (host.startsWith('[')) return `[IPv6:${host.slice(1, -1)}]`;
  // The parser of URLs writes every IPv4 address so, and no name.
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) ? `[${host}]` : host;
}

/** A host with its port, nothing before and nothing behind. */
const PLAIN_HOST = /^[^/?#@\\]*[^/?#@\\:]$/;

/** A name of labels, or an address: the parser of URLs lets signs and empty labels pass. */
const HOST = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])$/;

/**
 * The host of an address, or one that stands alone, as hosts are compared (threat model G7): A-labels in lower case, no
 * trailing dot, no default port. Undefined for what is neither.
 */
export function hostOf(text: string): string | undefined {
  const address = PLAIN_HOST.test(text) ? `https://${text}` : text;
  if (!/^https?:\/\/[\x21-\x7e]{1,2048}$/i.test(address) || !URL.canParse(address)) return undefined;
  const { hostname, port, username, password } = new URL(address);
  const host = hostname.replace(/\.$/, '');
  if (!HOST.test(host) || username !== '' || password !== '') return undefined;
  return host + (port === '' ? '' : `:${port}`);
}
