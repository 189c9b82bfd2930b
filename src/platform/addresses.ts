import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';
import { invalid } from '../kernel/index.js';

/** One entry of `FOOTBRIDGE_PEER_EXCEPTIONS`: a peer that may have addresses which are refused otherwise. */
export interface PeerException {
  /** Lower-case A-labels without trailing dot, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly network: readonly [ipaddr.IPv4 | ipaddr.IPv6, number];
}

/** What an outgoing connection is judged by: the scheme, host and port of its URL. */
export interface Destination {
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
export function destinationOf(url: URL): Destination {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { protocol: url.protocol, host: plainHost(url.hostname), port };
}

/** True when two URLs name the same scheme, host and effective port. */
export function sameOrigin(a: URL, b: URL): boolean {
  const [left, right] = [destinationOf(a), destinationOf(b)];
  return left.protocol === right.protocol && left.host === right.host && left.port === right.port;
}

function plainHost(host: string): string {
  return host.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/**
 * Says why a URL may not be asked at all, before any name is resolved: scheme, user information, literal address
 * (SSR-01: a resolver never sees literals). Undefined when nothing speaks against it.
 */
export function refuseUrl(url: URL, policy: AddressPolicy): string | undefined {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && policy.allowInsecure)) {
    return `scheme ${url.protocol} is not allowed`;
  }
  if (url.username !== '' || url.password !== '') return 'the URL carries user information';
  const destination = destinationOf(url);
  return isIP(destination.host) === 0 ? undefined : refuseAddress(destination.host, destination, policy);
}

/** Says why an address may not be connected to for this destination; undefined when it may. */
export function refuseAddress(address: string, destination: Destination, policy: AddressPolicy): string | undefined {
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

function isExcepted(address: ipaddr.IPv4 | ipaddr.IPv6, to: Destination, policy: AddressPolicy): boolean {
  if (to.protocol !== 'https:') return false;
  return policy.exceptions.some(
    ({ host, port, network: [base, bits] }) =>
      host === to.host && port === to.port && base.kind() === address.kind() && address.match(base, bits),
  );
}
