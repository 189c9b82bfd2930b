import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';
import { invalid } from '../../kernel/index.js';

/** One entry of `FOOTBRIDGE_PEER_EXCEPTIONS`: a peer that may have addresses that are refused otherwise. */
export interface PeerException {
  /** Lower-case A-labels without trailing dot, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly network: readonly [ipaddr.IPv4 | ipaddr.IPv6, number];
}

/** The scheme, host and port of a URL, by which an outgoing connection is allowed or refused. */
export interface ConnectionTarget {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
}

/** Which destinations and addresses outgoing connections may reach. */
export interface AddressPolicy {
  /** The trial switch: http, loopback and private addresses pass (threat model, "Trial"). */
  readonly allowInsecure: boolean;
  readonly exceptions: readonly PeerException[];
}

// SSR-06: never, whatever the settings say. Cloud providers hand out machine credentials there.
const METADATA = ['169.254.169.254', '169.254.170.2', '100.100.100.200', 'fd00:ec2::254', 'fd20:ce::254'].map((text) =>
  ipaddr.parse(text).toNormalizedString(),
);

const TRIAL_RANGES: ReadonlySet<string> = new Set(['loopback', 'private', 'uniqueLocal']);
const EXCEPTION_RANGES: ReadonlySet<string> = new Set([...TRIAL_RANGES, 'carrierGradeNat', 'linkLocal', 'unicast']);

// The only IPv6 space in which public hosts live. Everything outside, as `::/96` (which ipaddr.js calls unicast), is refused.
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number];

/**
 * Reads the setting `FOOTBRIDGE_PEER_EXCEPTIONS`: `host:port=CIDR`, separated by commas (product.md). Throws `invalid`
 * naming the first entry that is none.
 */
export function parsePeerExceptions(text: string): PeerException[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(parseException);
}

function parseException(entry: string): PeerException {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:=@/[\]]+):([1-9][0-9]{0,4})=(\S+\/\d{1,3})$/i.exec(entry);
  const [, host = '', port = '', cidr = ''] = match ?? [];
  const plain = host.startsWith('[') ? host.slice(1, -1).toLowerCase() : domainToASCII(host);
  if (match === null || plain === '' || Number(port) > 65_535 || !ipaddr.isValidCIDR(cidr)) {
    throw invalid(`"${entry}" is not a peer exception of the form host:port=CIDR.`);
  }
  return { host: plainHost(plain), port: Number(port), network: ipaddr.parseCIDR(cidr) };
}

/** Scheme, host and effective port of a URL in the form in which they are compared (threat model G7). */
export function destinationOf(url: URL): ConnectionTarget {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { protocol: url.protocol, host: plainHost(url.hostname), port };
}

/** True when two URLs name the same scheme, host and effective port. */
export function sameWebOrigin(a: URL, b: URL): boolean {
  const [left, right] = [destinationOf(a), destinationOf(b)];
  return left.protocol === right.protocol && left.host === right.host && left.port === right.port;
}

function plainHost(host: string): string {
  return host.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/**
 * Why no request may be sent to a URL, as far as that is known before its name is resolved: scheme, user information,
 * literal address (SSR-01: a resolver never sees literals). Undefined when it is allowed.
 */
export function refuseUrl(url: URL, policy: AddressPolicy): string | undefined {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && policy.allowInsecure)) {
    return `scheme ${url.protocol} is not allowed`;
  }
  if (url.username !== '' || url.password !== '') return 'the URL carries user information';
  const destination = destinationOf(url);
  return isIP(destination.host) === 0 ? undefined : refuseAddress(destination.host, destination, policy);
}

/** Why no connection to an address is allowed for this target; undefined when it is allowed. */
export function refuseAddress(
  address: string,
  destination: ConnectionTarget,
  policy: AddressPolicy,
): string | undefined {
  if (isIP(address) === 0) return `${address} is no address`;
  const parsed = ipaddr.process(address);
  const range = rangeOf(parsed);
  if (METADATA.includes(parsed.toNormalizedString())) return `${address} is a metadata service`;
  if (range === 'unicast') return undefined;
  if (policy.allowInsecure && TRIAL_RANGES.has(range)) return undefined;
  if (EXCEPTION_RANGES.has(range) && isExcepted(parsed, destination, policy)) return undefined;
  return `${address} is ${range}`;
}

function rangeOf(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  const range = address.range();
  if (range !== 'unicast' || address.kind() === 'ipv4') return range;
  return (address as ipaddr.IPv6).match(GLOBAL_IPV6) ? 'unicast' : 'outside the public IPv6 space';
}

function isExcepted(address: ipaddr.IPv4 | ipaddr.IPv6, to: ConnectionTarget, policy: AddressPolicy): boolean {
  if (to.protocol !== 'https:') return false;
  return policy.exceptions.some(
    ({ host, port, network: [base, bits] }) =>
      host === to.host && port === to.port && base.kind() === address.kind() && address.match(base, bits),
  );
}

/** True for hosts that only this machine reaches: `localhost`, all of 127.0.0.0/8, and `::1` with or without brackets. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const address = host.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}

/** Whether two texts are the same address, an IPv4-mapped IPv6 address being that IPv4 address; false for what is none. */
export function isSameAddress(one: string | undefined, other: string): boolean {
  if (one === undefined || !ipaddr.isValid(one) || !ipaddr.isValid(other)) return false;
  return ipaddr.process(one).toNormalizedString() === ipaddr.process(other).toNormalizedString();
}
