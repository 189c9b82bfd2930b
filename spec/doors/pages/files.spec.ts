import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text as textOfStream } from 'node:stream/consumers';
import request from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Tree } from '../../../src/files/index.js';
import type { ItemId, PersonPrincipal } from '../../../src/kernel/index.js';
import { namesIn } from '../../files/files-bench.js';
import { sqliteBench } from '../../support/each-database.js';
import { ANA, BO } from '../../support/seeds.js';
import { openPopulatedPages, sessionCookieOf, signIn, submit, tokenOf } from './pages-app.js';

const bench = sqliteBench();
const ROOT = '0' as ItemId;

async function open() {
  const pages = await openPopulatedPages(await bench.open());
  const me = pages.principalOf(pages.ana);
  const put = (name: string, text: string, parent: ItemId = ROOT) =>
    pages.tree.create(me, parent, name, { body: Readable.from([Buffer.from(text)], { objectMode: false }) });
  return { ...pages, me, put, browser: await signIn(pages, ANA) };
}

describe('browsing', () => {
  it('shows folders first, then files by name, with sizes for people', async () => {
    const { browser, put } = await open();
    await put('b 10.txt', 'x'.repeat(1234));
    await put('b 9.txt', '');
    const { text } = await browser.get('/files');
    const order = ['Plans', 'b 9.txt', 'b 10.txt'].map((name) => text.indexOf(`</span>${name}<`));
    expect(order.every((at) => at > 0)).toBe(true);
    expect([...order].sort((a, b) => a - b)).toEqual(order);
    expect(text).toContain('1.2 KB');
    expect(text).toContain('0 bytes');
    expect(text).toContain('<time datetime="2026-11-02T09:00:00.000Z">2 Nov 2026, 09:00 UTC</time>');
  });

  it('shows the way from the root and a friendly word in an empty folder', async () => {
    const { browser, tree, me, folder } = await open();
    const inner = await tree.makeFolder(me, folder.id, 'Inner');
    const { text } = await browser.get(`/files/folder/${inner.id}`);
    expect(text).toMatch(
      new RegExp(`href="/files">Files<[\\s\\S]*href="/files/folder/${folder.id}">Plans<[\\s\\S]*>Inner<`),
    );
    expect(text).toContain('Nothing here yet.');
  });

  it('does not tell a folder of somebody else from one that never was', async () => {
    const pages = await open();
    const browser = await signIn(pages, BO);
    const [others, nobodys] = [
      await browser.get(`/files/folder/${pages.folder.id}`),
      await browser.get('/files/folder/99999'),
    ];
    expect(others.status).toBe(404);
    // Form tokens are masked anew for each answer (F-56).
    const unmasked = (text: string): string => text.replace(/(name="token" value=")[\w-]+/g, '$1');
    expect(unmasked(others.text)).toBe(unmasked(nobodys.text));
  });

  it('CNT-03 shows hostile names as text and is not broken by them', async () => {
    const { browser, put } = await open();
    for (const name of ['<img src=x onerror=alert(1)>', '"><script>', ']]>', "'; --", '&amp;']) {
      await put(name.replaceAll('/', '_'), 'x');
    }
    const { status, text } = await browser.get('/files');
    expect(status).toBe(200);
    expect(text).not.toMatch(/<img src=x|"><script>/);
    expect(text).toContain('&amp;amp;');
  });
});

describe('changing', () => {
  it('makes, renames, moves and deletes, each with a form that works without script', async () => {
    const { browser, tree, me, folder, put } = await open();
    const file = await put('old.txt', 'text');
    await submit(browser, '/files', '/files/folder/0/new-folder', { name: 'Bridges' });
    const renamed = await submit(browser, `/files/${file.id}/rename`, `/files/${file.id}/rename`, { name: 'new.txt' });
    expect(renamed.headers['location']).toBe('/files');
    expect((await browser.get('/files')).text).toContain('“old.txt” is now called “new.txt”.');
    expect(await namesIn(tree, me, ROOT)).toEqual(expect.arrayContaining(['Bridges', 'new.txt']));
    await submit(browser, `/files/${file.id}/move?to=${folder.id}`, `/files/${file.id}/move`, { to: folder.id });
    expect(await namesIn(tree, me, folder.id)).toEqual(['new.txt']);
    const question = await browser.get(`/files/${file.id}/delete`);
    expect(question.text).toContain('Delete “new.txt”?');
    await submit(browser, `/files/${file.id}/delete`, `/files/${file.id}/delete`, {});
    expect(await namesIn(tree, me, folder.id)).toEqual([]);
  });

  it('shows the form again with the reason when a name is taken or impossible', async () => {
    const { browser, put } = await open();
    const file = await put('one.txt', 'text');
    await put('two.txt', 'text');
    const taken = await submit(browser, `/files/${file.id}/rename`, `/files/${file.id}/rename`, { name: 'two.txt' });
    expect(taken.status).toBe(400);
    expect(taken.text).toContain('already used');
    expect(taken.text).toContain('value="two.txt"');
    const odd = await submit(browser, `/files/${file.id}/rename`, `/files/${file.id}/rename`, { name: '..' });
    expect(odd.status).toBe(400);
  });
});

describe('uploading', () => {
  it('takes several files of one form and tells what became of each', async () => {
    const { browser, tree, me, put } = await open();
    await put('taken.txt', 'first');
    const page = await browser.get('/files');
    const answer = await browser
      .post('/files/folder/0/upload')
      .field('token', tokenOf(page.text, '/files/folder/0/upload'))
      .attach('files', Buffer.from('one'), 'eins – 一.txt')
      .attach('files', Buffer.from('second'), 'taken.txt')
      .attach('files', Buffer.from('three'), 'three.txt');
    expect(answer.headers['location']).toBe('/files');
    expect(await namesIn(tree, me, ROOT)).toEqual(expect.arrayContaining(['eins – 一.txt', 'three.txt']));
    const { text } = await browser.get('/files');
    expect(text).toContain('2 files uploaded. Not uploaded: “taken.txt”: This name is already used');
  });

  it('replaces files of the same name only when asked to, and keeps the older version', async () => {
    const { browser, put } = await open();
    const file = await put('notes.txt', 'first');
    const page = await browser.get('/files');
    await browser
      .post('/files/folder/0/upload')
      .field('token', tokenOf(page.text, '/files/folder/0/upload'))
      .field('replace', 'yes')
      .attach('files', Buffer.from('second'), 'notes.txt');
    const now = await browser.get(`/files/${file.id}/data`).buffer(true);
    expect(now.text).toBe('second');
    const versions = await browser.get(`/files/${file.id}/versions`);
    expect(versions.text).toContain(`/files/${file.id}/versions/1/data`);
    const old = await browser.get(`/files/${file.id}/versions/1/data`).buffer(true);
    expect(old.text).toBe('first');
  });

  it('answers the page’s script in JSON', async () => {
    const { browser } = await open();
    const page = await browser.get('/files');
    const answer = await browser
      .post('/files/folder/0/upload')
      .set('Accept', 'application/json')
      .field('token', tokenOf(page.text, '/files/folder/0/upload'))
      .attach('files', Buffer.from('one'), 'one.txt');
    expect(answer.body).toEqual({ saved: ['one.txt'], refused: [], folder: '/files' });
  });

  it('UPL-01 keeps nothing of a file whose upload breaks off', async () => {
    const pages = await open();
    const [cookie = ''] = (await sessionCookieOf(pages, ANA)).split(';');
    const page = await request(pages.app).get('/files').set('Cookie', cookie);
    const token = tokenOf(page.text, '/files/folder/0/upload');
    const server = createServer(pages.app).listen(0);
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const send = (name: string, end: string) =>
      new Promise<void>((resolve) => {
        const body = multipart(token, name) + 'x'.repeat(500) + end;
        const length = Buffer.byteLength(body) + (end === '' ? 10_000 : 0);
        const headers = { cookie, 'content-type': 'multipart/form-data; boundary=b', 'content-length': length };
        const upload = httpRequest({ port, path: '/files/folder/0/upload', method: 'POST', headers });
        upload.on('response', (answer) => answer.resume().on('end', resolve));
        upload.on('error', () => resolve());
        upload.write(body, () => (end === '' ? upload.destroy(new Error('gone')) : upload.end()));
      });
    await send('half.txt', '');
    await send('whole.txt', '\r\n--b--\r\n');
    await new Promise((resolve) => {
      server.closeAllConnections();
      server.close(resolve);
    });
    expect(await namesIn(pages.tree, pages.me, ROOT)).toEqual(['Plans', 'whole.txt']);
  });

  it('takes the name that the browser sent, whole, and names the files whose names are refused (F-03)', async () => {
    const { browser, tree, me, put } = await open();
    await put('DC.mp3', 'theirs');
    const names = [
      'AC\\DC.mp3',
      '..',
      '.',
      'a/b',
      'end\\',
      'a%0D%0Ab',
      'say %22hi%22.txt',
      '100%.txt',
      'Grüße 👩\u200d🚀.txt',
    ];
    const page = await browser.get('/files');
    const token = tokenOf(page.text, '/files/folder/0/upload');
    const replace = '--b\r\nContent-Disposition: form-data; name="replace"\r\n\r\nyes\r\n';
    const [head = ''] = multipart(token, 'x').split('--b\r\nContent-Disposition: form-data; name="files"');
    const body = `${head}${replace}${names.map((name) => `--b\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\n\r\nmine\r\n`).join('')}--b--\r\n`;
    const answer = await browser
      .post('/files/folder/0/upload')
      .set('Content-Type', 'multipart/form-data; boundary=b')
      .set('Accept', 'application/json')
      .send(body);
    const { saved, refused } = answer.body as { saved: string[]; refused: { name: string }[] };
    expect(saved).toEqual(['say "hi".txt', '100%.txt', 'Grüße 👩\u200d🚀.txt']);
    expect(refused.map(({ name }) => name)).toEqual(['AC\\DC.mp3', '..', '.', 'a/b', 'end\\', 'a\r\nb']);
    const theirs = await contentOf(tree, me, 'DC.mp3');
    expect(theirs).toBe('theirs');
    const notice = (await browser.get('/files')).text;
    for (const name of ['AC\\DC.mp3', '..', 'a/b']) expect(notice).toContain(`“${name}”`);
  });

  it('UPL-01 keeps nothing of a form that ends without its last boundary', async () => {
    const { browser, tree, me } = await open();
    const page = await browser.get('/files');
    const body = `${multipart(tokenOf(page.text, '/files/folder/0/upload'), 'half.txt')}half of`;
    const answer = await browser
      .post('/files/folder/0/upload')
      .set('Content-Type', 'multipart/form-data; boundary=b')
      .send(body);
    expect(answer.status).toBe(400);
    expect(await namesIn(tree, me, ROOT)).toEqual(['Plans']);
  });
});

describe('downloading', () => {
  it('CNT-01 CNT-02 sends content only as a sandboxed download, whatever it claims to be', async () => {
    const { browser, put } = await open();
    for (const name of ['page.html', 'picture.svg', 'data.xml', 'script.js', 'paper.pdf', 'noext']) {
      const file = await put(name, '<script>alert(1)</script>');
      const { headers } = await browser.get(`/files/${file.id}/data`).buffer(true);
      expect(headers['content-disposition'], name).toMatch(/^attachment; /);
      expect(headers['x-content-type-options'], name).toBe('nosniff');
      expect(headers['content-security-policy'], name).toBe("sandbox; default-src 'none'");
      expect(headers['content-type'], name).not.toMatch(/html|svg|xml|javascript/);
    }
  });

  it('PXY-07 downloads a file with any name', async () => {
    const { browser, put } = await open();
    const file = await put('報告 "2026" – 100%.txt', 'text');
    const { status, headers } = await browser.get(`/files/${file.id}/data`);
    expect(status).toBe(200);
    expect(headers['content-disposition']).toBe(
      `attachment; filename="__ _2026_ _ 100_.txt"; filename*=UTF-8''%E5%A0%B1%E5%91%8A%20%222026%22%20%E2%80%93%20100%25.txt`,
    );
  });

  it('sends ranges, confirms what the browser has, and answers HEAD without content', async () => {
    const { browser, put } = await open();
    const file = await put('letters.txt', 'abcdefghij');
    const part = await browser.get(`/files/${file.id}/data`).set('Range', 'bytes=2-4');
    expect([part.status, part.headers['content-range'], part.text]).toEqual([206, 'bytes 2-4/10', 'cde']);
    const end = await browser.get(`/files/${file.id}/data`).set('Range', 'bytes=-3');
    expect(end.text).toBe('hij');
    const beyond = await browser.get(`/files/${file.id}/data`).set('Range', 'bytes=20-');
    expect(beyond.status).toBe(416);
    const odd = await browser.get(`/files/${file.id}/data`).set('Range', 'bytes=1-2,4-5');
    expect([odd.status, odd.text]).toEqual([200, 'abcdefghij']);
    const same = await browser.get(`/files/${file.id}/data`).set('If-None-Match', String(part.headers['etag']));
    expect(same.status).toBe(304);
    const head = await browser.head(`/files/${file.id}/data`);
    expect([head.status, head.headers['content-length'], head.text]).toEqual([200, '10', undefined]);
  });

  it('gives a stranger nothing', async () => {
    const pages = await open();
    const file = await pages.put('mine.txt', 'text');
    const browser = await signIn(pages, BO);
    expect((await browser.get(`/files/${file.id}/data`)).status).toBe(404);
    expect((await browser.get(`/files/${file.id}/versions/1/data`)).status).toBe(404);
  });
});

/** The beginning of an upload form, up to where the file's bytes follow. */
async function contentOf(tree: Tree, me: PersonPrincipal, name: string): Promise<string> {
  for await (const child of (await tree.list(me, ROOT)).children) {
    if (child.name !== name) continue;
    const opened = await tree.open(me, child.id);
    if (opened.outcome === 'content') return textOfStream(opened.body);
  }
  throw new Error(`no ${name}`);
}

function multipart(token: string, name: string): string {
  return [
    `--b\r\nContent-Disposition: form-data; name="token"\r\n\r\n${token}\r\n`,
    `--b\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\n\r\n`,
  ].join('');
}
