import { describe, expect, it } from 'vitest';
import { networkOf, isProxyIn } from '../../src/platform/index.js';

describe('who a client is', () => {
  it('is an address without its port, however a proxy writes it (F-40)', () => {
    for (const told of ['192.0.2.7', '192.0.2.7:4711', '::ffff:192.0.2.7', '[::ffff:192.0.2.7]:4711']) {
      expect([told, networkOf(told)]).toEqual([told, '192.0.2.7']);
    }
  });

  it('is the network of /64 for IPv6, whose holder changes addresses at will (F-40)', () => {
    const told = ['2001:db8:1:2::1', '2001:0DB8:1:2:dead:beef:0:1', '[2001:db8:1:2::1]', '[2001:db8:1:2::1]:4711'];
    for (const address of [...told, '2001:db8:1:2::1%eth0']) {
      expect([address, networkOf(address)]).toEqual([address, '2001:db8:1:2::/64']);
    }
    expect(networkOf('2001:db8:1:3::1')).toBe('2001:db8:1:3::/64');
  });

  it('is nobody in particular without an address', () => {
    for (const told of [undefined, '', 'unknown', '_hidden', '192.0.2.7:http', '1', '127.1']) {
      expect(networkOf(told)).toBe('unknown');
    }
  });

  it('is told by a trusted proxy, whose own address may have a port (F-40)', () => {
    const isProxy = isProxyIn(['10.0.0.0/8', '2001:db8::7', '::1']);
    for (const address of ['10.0.0.7', '10.0.0.7:80', '::ffff:10.0.0.7', '2001:db8::7', '[2001:db8::7]:443', '::1']) {
      expect([address, isProxy(address)]).toEqual([address, true]);
    }
    for (const address of ['11.0.0.7', '2001:db8::8', 'unknown', '']) expect(isProxy(address)).toBe(false);
    expect(isProxyIn([])('127.0.0.1')).toBe(false);
  });
});
