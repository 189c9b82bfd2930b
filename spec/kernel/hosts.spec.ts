import { describe, expect, it } from 'vitest';
import { hostOf } from '../../src/kernel/index.js';

describe('the host of an address, as hosts are compared', () => {
  it.each([
    ['alder.example', 'alder.example'],
    ['Alder.Example:443', 'alder.example'],
    ['alder.example.:8443', 'alder.example:8443'],
    ['https://Alder.Example.:443/ocm?a#b', 'alder.example'],
    ['http://alder.example:80', 'alder.example'],
    ['https://alder.example:80', 'alder.example:80'],
    ['xn--lder-toa.example', 'xn--lder-toa.example'],
    ['127.0.0.1:8081', '127.0.0.1:8081'],
    ['[2001:DB8::1]:8443', '[2001:db8::1]:8443'],
  ])('%s is %s', (text, host) => {
    expect(hostOf(text)).toBe(host);
  });

  it.each([
    ['nothing', ''],
    ['letters beyond ASCII, of which some look alike', '\u00e5lder.example'],
    ['a line break', 'alder.example\n'],
    ['a blank', 'alder example'],
    ['another scheme', 'ftp://alder.example'],
    ['a scheme alone', 'https:'],
    ['a path without scheme', 'alder.example/cloud'],
    ['a query', 'alder.example?a'],
    ['user information', 'https://ana@alder.example'],
    ['a backslash', 'alder.example\\'],
    ['a port that is none', 'alder.example:99999'],
    ['an empty label', 'alder..example'],
    ['nothing but dots', '..'],
    ['a sign', 'alder!.example'],
    ['no end', 'a'.repeat(3_000)],
  ])('undefined for %s', (_what, text) => {
    expect(hostOf(text)).toBeUndefined();
  });
});
