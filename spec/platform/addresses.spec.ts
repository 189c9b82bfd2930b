import { describe, expect, it } from 'vitest';
import {
  destinationOf,
  parsePeerExceptions,
  refuseAddress,
  refuseUrl,
  sameWebOrigin,
} from '../../src/platform/outbound/addresses.js';

const strict = { allowInsecure: false, exceptions: [] };
const trial = { allowInsecure: true, exceptions: [] };
const peer = destinationOf(new URL('https://peer.example'));

describe('the address guard', () => {
  it('lets public addresses of both families pass', () => {
    for (const address of ['93.184.216.34', '1.1.1.1', '2606:4700::1111', '2a00:1450:4001::1', '::ffff:1.1.1.1']) {
      expect(refuseAddress(address, peer, strict)).toBeUndefined();
    }
  });

  it('SSR-01 refuses every special range of both families', () => {
    const special = (
      '0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.254 127.0.0.1 127.255.255.254 169.254.1.1 172.16.0.1 172.31.255.254 ' +
      '192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.254 198.51.100.1 203.0.113.1 224.0.0.1 ' +
      '239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::7f00:1 ::127.0.0.1 ::2 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ' +
      '::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:0:7f00:1::1 2001:2::1 ' +
      '2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::1 2002:a00:1::1 3fff::1 4000::1 5f00::1 fc00::1 fd12:3456::1 ' +
      'fe80::1 febf::1 fec0::1 ff02::1'
    ).split(' ');
    for (const address of special) expect([address, refuseAddress(address, peer, strict)]).not.toContain(undefined);
  });

  it('refuses what is no address at all', () => {
    for (const text of ['', 'localhost', '127.1', '0x7f000001', 'fe80::1%eth0x%y']) {
      expect(refuseAddress(text, peer, trial)).toBeDefined();
    }
  });

  it('opens loopback and private addresses in a trial, and nothing else', () => {
    for (const address of ['127.0.0.1', '10.1.2.3', '192.168.0.1', '172.16.0.1', '::1', 'fd00::1', '1.1.1.1']) {
      expect(refuseAddress(address, peer, trial)).toBeUndefined();
    }
    for (const address of ['0.0.0.0', '::', '169.254.1.1', '100.64.0.1', '224.0.0.1', '64:ff9b::1', 'fe80::1']) {
      expect(refuseAddress(address, peer, trial)).toBeDefined();
    }
  });

  it('SSR-06 refuses metadata services in every setting', () => {
    const exceptions = parsePeerExceptions('peer.example:443=0.0.0.0/0,peer.example:443=::/0');
    const policies = [strict, trial, { allowInsecure: true, exceptions }, { allowInsecure: false, exceptions }];
    const metadata =
      '169.254.169.254 ::ffff:169.254.169.254 ::ffff:a9fe:a9fe 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::1 fd00:ec2::254 ' +
      '169.254.170.2 100.100.100.200 fd20:ce::254 ::a9fe:a9fe';
    for (const policy of policies) {
      for (const address of metadata.split(' ')) expect(refuseAddress(address, peer, policy)).toBeDefined();
    }
  });

  it('SSR-06 an exception counts for its host, port, network and https only', () => {
    const policy = { allowInsecure: false, exceptions: parsePeerExceptions('peer.lan:8443=10.0.0.0/8') };
    const judge = (url: string, address: string): string | undefined =>
      refuseAddress(address, destinationOf(new URL(url)), policy);
    expect(judge('https://peer.lan:8443', '10.1.2.3')).toBeUndefined();
    expect(judge('https://PEER.lan.:8443', '10.1.2.3')).toBeUndefined();
    expect(judge('https://peer.lan:8443', '192.168.1.1')).toBeDefined();
    expect(judge('https://peer.lan', '10.1.2.3')).toBeDefined();
    expect(judge('https://other.lan:8443', '10.1.2.3')).toBeDefined();
    expect(judge('http://peer.lan:8443', '10.1.2.3')).toBeDefined();
    expect(refuseUrl(new URL('http://peer.lan:8443'), policy)).toBeDefined();
  });

  it('refuses schemes other than https, and http outside a trial', () => {
    for (const url of [
      'http://peer.example',
      'ftp://peer.example',
      'file:///etc/passwd',
      'data:,x',
      'ws://peer.example',
    ]) {
      expect(refuseUrl(new URL(url), strict)).toBeDefined();
    }
    expect(refuseUrl(new URL('http://peer.example'), trial)).toBeUndefined();
    expect(refuseUrl(new URL('ftp://peer.example'), trial)).toBeDefined();
  });

  it('refuses user information', () => {
    expect(refuseUrl(new URL('https://user@peer.example'), strict)).toBeDefined();
    expect(refuseUrl(new URL('https://:pass@peer.example'), strict)).toBeDefined();
  });
});

describe('origins', () => {
  it('are equal by scheme, host and effective port, never by prefix (G7)', () => {
    const same = (a: string, b: string): boolean => sameWebOrigin(new URL(a), new URL(b));
    expect(same('https://Peer.Example/x', 'https://peer.example.:443/y')).toBe(true);
    expect(same('https://peer.example', 'https://peer.example.evil')).toBe(false);
    expect(same('https://peer.example', 'http://peer.example:443')).toBe(false);
    expect(same('https://peer.example', 'https://peer.example:8443')).toBe(false);
  });
});

describe('FOOTBRIDGE_PEER_EXCEPTIONS', () => {
  it('is a list of host:port=CIDR', () => {
    const read = parsePeerExceptions(' Peer.LAN:8443=10.0.0.0/8, [fd00::1]:443=fd00::/8 ,');
    expect(read.map(({ host, port }) => `${host} ${String(port)}`)).toEqual(['peer.lan 8443', 'fd00::1 443']);
    expect(parsePeerExceptions('')).toEqual([]);
  });

  it('refuses anything else and names it', () => {
    const bad = [
      'peer',
      'peer:443',
      'peer=10.0.0.0/8',
      'peer:0=10.0.0.0/8',
      'peer:70000=10.0.0.0/8',
      'peer:443=10.0.0.1',
    ];
    for (const text of [...bad, 'peer:443=10.0.0.0/33', 'https://peer:443=10.0.0.0/8', 'u@peer:443=10.0.0.0/8']) {
      expect(() => parsePeerExceptions(text)).toThrow(text);
    }
  });
});
