import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { elementsIn, textOf } from '../../../src/webdav/index.js';
import { START } from '../../support/seeds.js';
import { until } from '../../support/until.js';
import { openDavStory, propsOf, type DavStory } from './dav-story.js';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

const NOTHING = { namespace: '', name: '', attributes: [], language: undefined, children: [] };

/** A file that went while others were looked at. */
const GONE = { ino: 0, size: 0 };

describe('contents', () => {
  let story: DavStory;

  beforeAll(async () => {
    story = await openDavStory({ FOOTBRIDGE_DEFAULT_QUOTA: '20000000' });
  });
  afterAll(() => story.close());

  it('are made with 201, replaced with 204, and known again by the tag that every answer has (DC-22)', async () => {
    const { anaDav } = story;
    const made = await anaDav.put('/dav/a.txt', 'one');
    expect([made.status, made.headers['content-length']]).toEqual([201, '0']);
    const { etag } = made.headers;
    expect([made.headers['oc-etag'], made.headers['last-modified']]).toEqual([etag, new Date(START).toUTCString()]);
    const read = await anaDav.call('GET', '/dav/a.txt', { headers: { 'accept-encoding': 'gzip' } });
    expect([read.text, read.headers.etag, read.headers['oc-etag']]).toEqual(['one', etag, etag]);
    expect(read.headers['content-encoding']).toBeUndefined();
    expect(read.headers['cache-control']).toBe('private, no-cache, no-transform');
    expect(await anaDav.tag('/dav/a.txt')).toBe(etag);
    const head = await anaDav.call('HEAD', '/dav/a.txt');
    expect([head.status, head.headers.etag, head.headers['content-length'], head.text]).toEqual([200, etag, '3', '']);
    const replaced = await anaDav.put('/dav/a.txt', 'two', { 'if-match': etag ?? '' });
    expect([replaced.status, replaced.headers['oc-fileid']]).toEqual([204, made.headers['oc-fileid']]);
    expect((await anaDav.put('/dav/a.txt', 'three', { 'if-match': etag ?? '' })).status).toBe(412);
    expect((await anaDav.put('/dav/a.txt', 'three', { 'if-none-match': '*' })).status).toBe(412);
    expect((await anaDav.put('/dav/a.txt', 'three', { 'if-match': 'bare' })).status).toBe(400);
    expect((await anaDav.put('/dav/a.txt', 'three', { 'if-match': `W/${replaced.headers.etag ?? ''}` })).status).toBe(
      412,
    );
    expect((await anaDav.call('GET', '/dav/a.txt')).text).toBe('two');
  });

  it('do nothing in a browser (CNT-01, CNT-02)', async () => {
    await story.anaDav.put('/dav/page.html', '<!doctype html><script>alert(1)</script>');
    const { headers } = await story.anaDav.call('GET', '/dav/page.html');
    expect(headers['content-disposition']).toBe('attachment');
    expect(headers['content-security-policy']).toContain('sandbox');
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it('come whole, in one range, or not at all', async () => {
    const { anaDav } = story;
    const bytes = randomBytes(9 * 1024 * 1024);
    await anaDav.put('/dav/big.bin', bytes);
    expect((await anaDav.call('GET', '/dav/big.bin')).body.equals(bytes)).toBe(true);
    const part = async (range: string) => anaDav.call('GET', '/dav/big.bin', { headers: { range } });
    const last = bytes.length - 1;
    for (const [range, from, to] of [
      ['bytes=0-9', 0, 9],
      [`bytes=${String(last - 4)}-${String(last + 100)}`, last - 4, last],
      ['bytes=-5', last - 4, last],
    ] as const) {
      const { status, headers, body } = await part(range);
      expect([range, status, headers['content-range']]).toEqual([
        range,
        206,
        `bytes ${String(from)}-${String(to)}/${String(bytes.length)}`,
      ]);
      expect(body.equals(bytes.subarray(from, to + 1))).toBe(true);
    }
    const past = await part(`bytes=${String(bytes.length)}-`);
    expect([past.status, past.headers['content-range']]).toEqual([416, `bytes */${String(bytes.length)}`]);
    expect((await part('bytes=0-1,3-4')).status).toBe(200);
  });

  it('conditions of readers hold by the times that are shown', async () => {
    const { anaDav } = story;
    await anaDav.put('/dav/old.txt', 'x', { 'x-oc-mtime': '1000000000' });
    const at = 'Sun, 09 Sep 2001 01:46:40 GMT';
    const asked = async (headers: Record<string, string>) =>
      (await anaDav.call('GET', '/dav/old.txt', { headers })).status;
    expect(await asked({ 'if-modified-since': at })).toBe(304);
    expect(await asked({ 'if-modified-since': 'Sun, 09 Sep 2001 01:46:39 GMT' })).toBe(200);
    expect(await asked({ 'if-unmodified-since': at })).toBe(200);
    expect(await asked({ 'if-unmodified-since': 'Sun, 09 Sep 2001 01:46:39 GMT' })).toBe(412);
    expect(await asked({ range: 'bytes=0-0', 'if-range': at })).toBe(206);
    expect(await asked({ range: 'bytes=0-0', 'if-range': 'Sun, 09 Sep 2001 01:46:39 GMT' })).toBe(200);
    expect(await asked({ 'if-none-match': await anaDav.tag('/dav/old.txt') })).toBe(304);
    expect(
      (await anaDav.put('/dav/old.txt', 'y', { 'if-unmodified-since': 'Sun, 09 Sep 2001 01:46:39 GMT' })).status,
    ).toBe(412);
    expect((await anaDav.put('/dav/old.txt', 'y', { 'if-unmodified-since': at })).status).toBe(204);
  });

  it('keep the time that the client says, and say so (DC-32)', async () => {
    const { anaDav } = story;
    const { status, headers } = await anaDav.put('/dav/t.txt', 'x', { 'x-oc-mtime': '1700000000.75' });
    expect([status, headers['x-oc-mtime']]).toEqual([201, 'accepted']);
    expect((await anaDav.call('HEAD', '/dav/t.txt')).headers['last-modified']).toBe('Tue, 14 Nov 2023 22:13:20 GMT');
    await anaDav.call('MOVE', '/dav/t.txt', { headers: { destination: '/dav/t2.txt' } });
    expect((await anaDav.property('/dav/t2.txt', 'getlastmodified'))?.text).toBe('Tue, 14 Nov 2023 22:13:20 GMT');
    for (const time of ['0', 'x', '-1'])
      expect((await anaDav.put('/dav/t3.txt', 'x', { 'x-oc-mtime': time })).status).toBe(400);
    expect((await anaDav.call('GET', '/dav/t3.txt')).status).toBe(404);
  });

  it('are what their checksum says, or are not taken, and the old ones stay (UPL-02)', async () => {
    const { anaDav } = story;
    await anaDav.put('/dav/sum.txt', 'old');
    const sha1 = createHash('sha1').update('new').digest('hex');
    const sha256 = createHash('sha256').update('new').digest('base64');
    for (const headers of [{ 'oc-checksum': `SHA1:${sha1}` }, { 'repr-digest': `sha-256=:${sha256}:` }] as Record<
      string,
      string
    >[]) {
      expect((await anaDav.put('/dav/sum.txt', 'newer', headers)).status).toBe(400);
      expect((await anaDav.call('GET', '/dav/sum.txt')).text).toBe('old');
    }
    expect(
      (await anaDav.put('/dav/sum.txt', 'new', { 'oc-checksum': `SHA1:${sha1}`, 'repr-digest': `sha-256=:${sha256}:` }))
        .status,
    ).toBe(204);
    expect((await anaDav.put('/dav/sum.txt', 'x', { 'oc-checksum': 'SHA1:zz' })).status).toBe(400);
  });

  it('a checksum that held is kept with the content, wherever that goes, and gone with other content', async () => {
    const { anaDav, cleoDav } = story;
    const sha1 = createHash('sha1').update('kept').digest('hex');
    const sums = async (path: string) => {
      const { headers } = await anaDav.call('HEAD', path);
      const told = await anaDav.call('PROPFIND', path, { headers: { depth: '0' }, body: propsOf('oc:checksums') });
      return [headers['oc-checksum'], /<oc:checksum>([^<]*)/.exec(told.text)?.[1]];
    };
    await anaDav.put('/dav/kept.txt', 'kept', { 'oc-checksum': `sha1:${sha1.toUpperCase()}` });
    const shown = [`SHA1:${sha1}`, `SHA1:${sha1} ADLER32:043301b5`];
    expect(await sums('/dav/kept.txt')).toEqual(shown);
    expect((await anaDav.call('GET', '/dav/kept.txt')).headers['oc-checksum']).toBe(shown[0]);
    await anaDav.call('COPY', '/dav/kept.txt', { headers: { destination: '/dav/copied.txt' } });
    await anaDav.call('MOVE', '/dav/kept.txt', { headers: { destination: '/dav/moved.txt' } });
    expect([await sums('/dav/copied.txt'), await sums('/dav/moved.txt')]).toEqual([shown, shown]);
    // Through this cloud, to somebody else's files.
    await cleoDav.call('MKCOL', '/dav/Summed');
    const at = '/dav/Summed-by-Ana';
    await anaDav.call('MKCOL', at);
    await story.shareWithCleo('Summed-by-Ana', 'read-write');
    await cleoDav.put('/dav/sum-of-cleo.txt', 'kept', { 'oc-checksum': `SHA1:${sha1}` });
    await cleoDav.call('COPY', '/dav/sum-of-cleo.txt', { headers: { destination: `${at}/kept.txt` } });
    expect(await sums(`${at}/kept.txt`)).toEqual(shown);
    await anaDav.put('/dav/moved.txt', 'other');
    const [header, adler] = await sums('/dav/moved.txt');
    expect([header, adler]).toEqual([adler, expect.stringMatching(/^ADLER32:[0-9a-f]{8}$/)]);
    expect((await anaDav.call('GET', '/dav/moved.txt')).headers['oc-checksum']).toBe(adler);
  });

  it('a digest that held is kept, and sent with the content, beside the checksum', async () => {
    const { anaDav } = story;
    const digest = createHash('sha256').update('digested').digest();
    const said = `sha-256=:${digest.toString('base64')}:`;
    for (const [headers, first] of [
      [{ 'repr-digest': said }, `SHA256:${digest.toString('hex')}`],
      [{ 'content-digest': said, 'oc-checksum': `MD5:${md5('digested')}` }, `MD5:${md5('digested')}`],
    ] as const) {
      expect((await anaDav.put('/dav/digested.txt', 'digested', headers)).status).toBeLessThan(300);
      for (const method of ['GET', 'HEAD']) {
        const { headers: told } = await anaDav.call(method, '/dav/digested.txt');
        expect([told['repr-digest'], told['oc-checksum']]).toEqual([said, first]);
      }
    }
    await anaDav.put('/dav/digested.txt', 'other');
    expect((await anaDav.call('HEAD', '/dav/digested.txt')).headers['repr-digest']).toBeUndefined();
  });

  it('a hash that is asked for later is made, kept with the content, and changes nothing else', async () => {
    const { anaDav } = story;
    await anaDav.put('/dav/plain.txt', 'plain');
    const [tag, root] = [await anaDav.tag('/dav/plain.txt'), await anaDav.tag('/dav/')];
    const made = await anaDav.call('PATCH', '/dav/plain.txt', { headers: { 'x-recalculate-hash': 'md5' } });
    expect([made.status, made.text, made.headers['oc-checksum']]).toEqual([204, '', `MD5:${md5('plain')}`]);
    await anaDav.call('PATCH', '/dav/plain.txt', { headers: { 'x-recalculate-hash': 'sha1' } });
    const [told] = elementsIn((await anaDav.property('/dav/plain.txt', 'oc:checksums'))?.element ?? NOTHING);
    expect(textOf(told ?? NOTHING)).toMatch(new RegExp(`^MD5:${md5('plain')} SHA1:[0-9a-f]{40} ADLER32:[0-9a-f]{8}$`));
    expect([await anaDav.tag('/dav/plain.txt'), await anaDav.tag('/dav/')]).toEqual([tag, root]);
    expect((await anaDav.call('GET', '/dav/plain.txt')).headers['oc-checksum']).toBe(`MD5:${md5('plain')}`);
    await anaDav.call('MKCOL', '/dav/Unhashed');
    for (const [path, headers, body, status] of [
      ['/dav/plain.txt', {}, 'x', 405],
      ['/dav/plain.txt', { 'x-update-range': 'append' }, 'x', 405],
      ['/dav/plain.txt', { 'x-recalculate-hash': 'md5' }, 'x', 415],
      ['/dav/plain.txt', { 'x-recalculate-hash': 'crc32' }, undefined, 400],
      ['/dav/Unhashed', { 'x-recalculate-hash': 'md5' }, undefined, 405],
      ['/dav/none.txt', { 'x-recalculate-hash': 'md5' }, undefined, 404],
      ['/dav/plain.txt', { 'x-recalculate-hash': 'md5', 'if-match': '"x"' }, undefined, 412],
    ] as const) {
      const wish = { headers, ...(body === undefined ? {} : { body }) };
      expect([path, headers, (await anaDav.call('PATCH', path, wish)).status]).toEqual([path, headers, status]);
    }
    expect((await anaDav.call('GET', '/dav/plain.txt')).text).toBe('plain');
  });

  it('a large upload is renamed into its place: nothing is copied after its last byte (DC-24)', async () => {
    const { anaDav, alder } = story;
    const large = randomBytes(3_000_000);
    const files = async (): Promise<{ readonly path: string; readonly ino: number; readonly size: number }[]> => {
      const found = await readdir(alder.dataDir, { recursive: true, withFileTypes: true });
      const paths = found.filter((each) => each.isFile()).map(({ parentPath, name }) => join(parentPath, name));
      return Promise.all(
        paths.map(async (path) => {
          const { ino, size } = await stat(path).catch(() => GONE);
          return { path, ino, size };
        }),
      );
    };
    const { hostname, port } = new URL(alder.url);
    const { authorization = '' } = anaDav;
    const headers = { authorization, 'content-length': large.length };
    const sent = httpRequest({ hostname, port, method: 'PUT', path: '/dav/large.bin', headers });
    const answer = once(sent, 'response');
    sent.write(large.subarray(0, 2_000_000));
    const isDraft = ({ path, size }: { readonly path: string; readonly size: number }) =>
      path.includes(`${sep}tmp${sep}`) && size > 0 && size < large.length;
    await until('the draft of the upload', async () => (await files()).some(isDraft));
    const draft = (await files()).find(isDraft);
    sent.end(large.subarray(2_000_000));
    const [{ statusCode }] = (await answer) as [{ readonly statusCode: number }];
    expect(statusCode).toBe(201);
    const whole = (await files()).filter(({ size }) => size === large.length);
    expect(whole.map(({ ino, size }) => [ino, size])).toEqual([[draft?.ino, large.length]]);
    expect(whole[0]?.path).not.toBe(draft?.path);
    expect((await anaDav.call('GET', '/dav/large.bin')).body.equals(large)).toBe(true);
  });

  it('may come in chunks without a length, as Finder sends them: whole, or not at all (DC-03)', async () => {
    const { anaDav } = story;
    const chunked = (expected: string) =>
      anaDav.call('PUT', '/dav/chunked.txt', {
        chunks: ['one', 'two'],
        headers: { 'x-expected-entity-length': expected },
      });
    expect((await chunked('6')).status).toBe(201);
    expect((await anaDav.call('GET', '/dav/chunked.txt')).text).toBe('onetwo');
    expect((await chunked('7')).status).toBe(400);
    expect((await chunked('x')).status).toBe(400);
    expect((await anaDav.call('GET', '/dav/chunked.txt')).text).toBe('onetwo');
  });

  it.each([0, 1, 50, 99])(
    'of a sender who vanishes after %i percent are none, and what was there stays (UPL-01)',
    async (part) => {
      const { anaDav, alder } = story;
      await anaDav.put('/dav/cut.txt', 'whole');
      const room = () => anaDav.property('/dav/', 'quota-available-bytes').then((value) => Number(value?.text));
      const before = await room();
      const length = Math.floor(before / 100) * 90;
      const { port } = new URL(alder.url);
      for (const path of ['/dav/cut.txt', '/dav/never.txt']) {
        const socket = connect(Number(port), 'localhost');
        const head = `Host: localhost\r\nAuthorization: ${anaDav.authorization ?? ''}\r\nContent-Length: ${String(length)}\r\n\r\n`;
        await new Promise<void>((resolve) => socket.write(`PUT ${path} HTTP/1.1\r\n${head}`, () => resolve()));
        const sent = Buffer.alloc((length * part) / 100, 'x');
        await new Promise<void>((resolve) => socket.write(sent, () => resolve()));
        socket.destroy();
      }
      expect((await anaDav.call('GET', '/dav/cut.txt')).text).toBe('whole');
      expect((await anaDav.call('GET', '/dav/never.txt')).status).toBe(404);
      expect(await room()).toBe(before);
      // What was reserved for it is free again: as much finds room, more than once.
      await until('the room of the upload', async () => {
        const { status } = await anaDav.put('/dav/room.bin', Buffer.alloc(length));
        return status === 201;
      });
      await anaDav.call('DELETE', '/dav/room.bin');
    },
  );

  it('parts of a file, coded ones and envelopes are not taken for one (UPL-02)', async () => {
    const { anaDav } = story;
    await anaDav.put('/dav/part.txt', 'whole');
    expect((await anaDav.put('/dav/part.txt', 'x', { 'content-range': 'bytes 0-0/5' })).status).toBe(400);
    expect((await anaDav.put('/dav/part.txt', 'x', { 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await anaDav.call('GET', '/dav/part.txt')).text).toBe('whole');
  });

  it('have a parent that is a folder, and an address without a slash', async () => {
    const { anaDav } = story;
    await anaDav.put('/dav/file.txt', 'x');
    expect((await anaDav.put('/dav/none/x.txt', 'x')).status).toBe(409);
    expect((await anaDav.put('/dav/file.txt/x.txt', 'x')).status).toBe(409);
    expect((await anaDav.put('/dav/new.txt/', 'x')).status).toBe(409);
    await anaDav.call('MKCOL', '/dav/Dir');
    const onFolder = await anaDav.put('/dav/Dir', 'x');
    expect([onFolder.status, onFolder.headers['allow']?.includes('PUT')]).toEqual([405, false]);
  });

  it('beyond the quota are 507 with its name, before their bytes where that can be known (DOS-04)', async () => {
    const { anaDav } = story;
    const early = await anaDav.call('PUT', '/dav/huge.bin', {
      headers: { 'content-length': '30000000', expect: '100-continue', connection: 'close' },
    });
    expect([early.status, early.text.includes('<d:quota-not-exceeded/>')]).toEqual([507, true]);
  });

  it('what other programs leave beside files is kept like any other (DC-05)', async () => {
    const { anaDav } = story;
    for (const name of ['._a.txt', '.DS_Store', '.localized', 'Thumbs.db', 'desktop.ini']) {
      expect([name, (await anaDav.put(`/dav/${name}`, 'x')).status]).toEqual([name, 201]);
    }
  });

  it('are found by NFC and by NFD, and told in NFC (DC-20, PTH-04)', async () => {
    const { anaDav } = story;
    await anaDav.put(`/dav/${encodeURIComponent('Zoe\u0308.txt')}`, 'x');
    expect((await anaDav.call('GET', `/dav/${encodeURIComponent('Zo\u00eb.txt')}`)).text).toBe('x');
    expect([...(await anaDav.find('/dav/', '1')).keys()]).toContain('/dav/Zo%C3%AB.txt');
    expect((await anaDav.put('/dav/a%2525b.txt', 'percent')).status).toBe(201);
    expect([...(await anaDav.find('/dav/', '1')).keys()]).toContain('/dav/a%2525b.txt');
  });
});

describe('folders and what goes', () => {
  let story: DavStory;

  beforeAll(async () => {
    story = await openDavStory();
  });
  afterAll(() => story.close());

  const mkcol = (path: string, body?: string, headers: Record<string, string> = {}) =>
    story.anaDav.call('MKCOL', path, { headers, ...(body === undefined ? {} : { body }) });

  it('folders are made where nothing is, in a folder that is there', async () => {
    expect((await mkcol('/dav/New/')).status).toBe(201);
    expect((await mkcol('/dav/New')).status).toBe(405);
    expect((await mkcol('/dav/none/x')).status).toBe(409);
    await story.anaDav.put('/dav/file', 'x');
    expect((await mkcol('/dav/file')).status).toBe(405);
    expect((await mkcol('/dav/file/x')).status).toBe(409);
    expect((await mkcol('/dav/Odd', 'afafaf', { 'content-type': 'xyz-foo/bar' })).status).toBe(415);
    expect((await mkcol('/dav/Odd', '<a/>')).status).toBe(415);
    expect((await mkcol('/dav/Odd', '<!DOCTYPE a><a/>')).status).toBe(400);
    expect((await story.anaDav.call('PROPFIND', '/dav/Odd', { headers: { depth: '0' } })).status).toBe(404);
  });

  it('folders may be made with what is kept of them, all or nothing (DC-30)', async () => {
    const body = (inside: string): string =>
      `<d:mkcol xmlns:d="DAV:" xmlns:x="urn:x"><d:set><d:prop>${inside}</d:prop></d:set></d:mkcol>`;
    const plain = '<d:resourcetype><d:collection/></d:resourcetype>';
    expect((await mkcol('/dav/Named', body(`${plain}<x:a>1</x:a>`))).status).toBe(201);
    const [named] = [...(await story.anaDav.find('/dav/Named', '0', propsOf('x:a'))).values()];
    expect(named?.get('urn:x:a')?.text).toBe('1');
    const calendar = await mkcol('/dav/Cal', body('<d:resourcetype><d:collection/><x:calendar/></d:resourcetype>'));
    expect([calendar.status, calendar.text.includes('<d:valid-resourcetype/>')]).toEqual([403, true]);
    expect((await mkcol('/dav/Cal', body(`${plain}<d:getetag>"1"</d:getetag>`))).status).toBe(403);
    expect((await story.anaDav.call('PROPFIND', '/dav/Cal', { headers: { depth: '0' } })).status).toBe(404);
  });

  it('what is deleted is gone with all that is in it; the root stays', async () => {
    const { anaDav } = story;
    await mkcol('/dav/Gone');
    await anaDav.put('/dav/Gone/a', 'x');
    expect((await anaDav.call('DELETE', '/dav/Gone', { headers: { depth: '0' } })).status).toBe(400);
    expect((await anaDav.call('DELETE', '/dav/Gone', { body: 'x' })).status).toBe(415);
    const { status, text } = await anaDav.call('DELETE', '/dav/Gone/');
    expect([status, text]).toEqual([204, '']);
    expect((await anaDav.call('GET', '/dav/Gone/a')).status).toBe(404);
    expect((await anaDav.call('DELETE', '/dav/Gone')).status).toBe(404);
    expect((await anaDav.call('DELETE', '/dav/')).status).toBe(403);
  });

  it('one thousand entries are listed, each once, in bounded pieces (DOS-03)', async () => {
    const { anaDav, ana, alder } = story;
    await mkcol('/dav/Many');
    const [many] = [...(await anaDav.find('/dav/Many', '0', propsOf('oc:fileid'))).values()];
    const id = many?.get('oc:fileid')?.text ?? '';
    const principal = { kind: 'person', accountId: ana.accountId } as const;
    for (let index = 0; index < 1_000; index += 1) {
      await alder.services.files.tree.makeFolder(principal, id as never, `folder ${String(index)} ${'x'.repeat(60)}`);
    }
    const { status, headers, text } = await anaDav.call('PROPFIND', '/dav/Many', { headers: { depth: '1' } });
    expect([status, headers['transfer-encoding']]).toEqual([207, 'chunked']);
    expect(text.match(/<d:response>/g)).toHaveLength(1_001);
    expect(new Set(text.match(/<d:href>[^<]*/g)).size).toBe(1_001);
  });
});
