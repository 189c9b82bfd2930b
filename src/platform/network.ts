import ipaddr from 'ipaddr.js';

/**
 * The network of a client, by which limits count (`networkOf(http.ip)`): an IPv4 address, or the first 64 bits of an
 * IPv6 address, because one customer has all addresses of such a block and can change them at will (RFC 8981). A port
 * that a proxy appended is ignored, and an IPv4-mapped IPv6 address is that IPv4 address. All clients without an
 * address count as `unknown`.
 */
export function networkOf(address: string | undefined): string {
  const parsed = parse(address);
  if (parsed === undefined) return 'unknown';
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  const network = parsed.parts.slice(0, 4).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}

/**
 * Makes the function that says whether an address is a trusted proxy's (Express setting `trust proxy`). `proxies` are
 * addresses and CIDR ranges; a port in the address (`10.0.0.7:8080`) is ignored.
 */
export function isProxyIn(proxies: readonly string[]): (address: string) => boolean {
  const networks = proxies.map((proxy) => (proxy.includes('/') ? ipaddr.parseCIDR(proxy) : single(proxy)));
  return (address) => {
    const parsed = parse(address);
    return parsed !== undefined && networks.some(([base, bits]) => sameKind(parsed, base) && parsed.match(base, bits));
  };
}

/** `192.0.2.7:4711` and `[2001:db8::7]:4711`; a bare IPv6 address has colons of its own, and brackets only with a port. */
const WITH_PORT = /^(?:\[(?<six>[^\]]+)\](?::\d{1,5})?|(?<four>[\d.]+):\d{1,5})$/;

function parse(text: string | undefined): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (text === undefined) return undefined;
  const { six, four } = WITH_PORT.exec(text)?.groups ?? {};
  const address = six ?? four ?? text;
  // `isValid` also accepts old short forms such as `127.1` and `1`, which no server or proxy writes.
  return ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address)
    ? ipaddr.process(address)
    : undefined;
}

function single(address: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const parsed = ipaddr.process(address);
  return [parsed, parsed.kind() === 'ipv4' ? 32 : 128];
}

function sameKind(one: ipaddr.IPv4 | ipaddr.IPv6, other: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return one.kind() === other.kind();
}
