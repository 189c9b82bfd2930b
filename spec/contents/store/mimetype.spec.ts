import { describe, expect, it } from 'vitest';
import { sniffMimetype } from '../../../src/contents/store/mimetype.js';

const sniff = (head: string | Buffer) => sniffMimetype(Buffer.from(head as string), Buffer.byteLength(head));

describe('the media type of a file', () => {
  it('is text for UTF-8 without control characters, even when a character is cut', async () => {
    for (const text of [
      'plain',
      'größe ✓ 日本',
      'a,b\r\n1,2\n',
      '\ufeffwith mark',
      '{"json": true}',
      'tab\tand page\f',
    ]) {
      expect(await sniff(text)).toBe('text/plain');
    }
    expect(await sniffMimetype(Buffer.from('abc✓').subarray(0, 4), 10)).toBe('text/plain');
    expect(await sniffMimetype(Buffer.from('abc✓').subarray(0, 4), 4)).toBe('application/octet-stream');
  });

  it('is markup where a browser would see some', async () => {
    const html = [
      '<!DOCTYPE html>',
      ' \n<HTML>',
      '<!-- x --><html>',
      '<script>alert(1)</script>',
      '<body>',
      '\ufeff<p >',
    ];
    for (const text of html) expect([text, await sniff(text)]).toEqual([text, 'text/html']);
    const svg = ['<svg xmlns="x">', '<?xml version="1.0"?>\n<!-- c --><svg/>', '<!DOCTYPE svg PUBLIC "x">'];
    for (const text of svg) expect([text, await sniff(text)]).toEqual([text, 'image/svg+xml']);
    for (const text of ['<?xml version="1.0"?><note/>', '<?xml version="1.0"?>'])
      expect(await sniff(text)).toBe('application/xml');
    expect(await sniff('<?xml version="1.0"?><html xmlns="x">')).toBe('text/html');
  });

  it('is not markup for a mere angle bracket or an endless prolog', async () => {
    for (const text of ['< 3', '<note>', '<!-- never closed', 'see <html>'])
      expect(await sniff(text)).toBe('text/plain');
  });

  it('is what the signature of a binary format says', async () => {
    expect(await sniff(Buffer.from('%PDF-1.7\n'))).toBe('application/pdf');
    expect(await sniff(Buffer.from('GIF89a'))).toBe('image/gif');
    expect(await sniff(Buffer.from('ffd8ffe000104a46494600', 'hex'))).toBe('image/jpeg');
  });

  it('is octet-stream for anything else, and empty for nothing', async () => {
    expect(await sniff(Buffer.from([0, 1, 2]))).toBe('application/octet-stream');
    expect(await sniff(Buffer.from([0x61, 0xe4, 0x62]))).toBe('application/octet-stream');
    expect(await sniff('a\0b')).toBe('application/octet-stream');
    expect(await sniff('')).toBe('inode/x-empty');
  });
});
