import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleOf } from '../support/own-process.js';

/** Milliseconds for which nothing that others send may hold the event loop (ruling F-60). */
const MOST_HELD = 50;

const MEBI = 1024 * 1024;

const entry = (id: number): object => ({
  id,
  parent_id: 7,
  filename: `Réport ${String(id)}.txt`,
  is_folder: false,
  status: 'NEW',
  version: 3,
  modified_at: '2026-11-02 09:00:00.5',
  checksum: 123_456,
  size: 5,
  mimetype: 'text/plain',
  etag: '"v3-1e240"',
});
const listing = (contents: string): string =>
  `{"id":7,"parent_id":null,"filename":"Plans","is_folder":true,"version":1,"status":"NEW","contents":[${contents}]}`;
const entries = (count: number): string =>
  Array.from({ length: count }, (_each, at) => JSON.stringify(entry(at + 8))).join();

/** What a peer answers, and what its reader makes of it. */
const LISTINGS: readonly (readonly [what: string, text: () => string, outcome: RegExp])[] = [
  ['1 MiB of empty objects', () => listing('{},'.repeat(MEBI / 3)), /1000 entries of the listing cannot be used/],
  ['20 MiB of empty objects', () => listing('{},'.repeat((20 * MEBI) / 3)), /1000 entries/],
  ['60 MiB of empty objects', () => listing('{},'.repeat(20 * MEBI)), /1000 entries/],
  ['20 000 honest entries', () => listing(entries(20_000)), /^listed \d+$/],
  ['100 000 honest entries', () => listing(entries(100_000)), /^listed \d+$/],
  ['20 MiB of nesting', () => listing('['.repeat(20 * MEBI)), /more than 32 levels/],
  ['a text of 20 MiB', () => listing(`"${'x'.repeat(20 * MEBI)}"`), /bytes in one piece/],
  ['a number of 20 MiB', () => listing('9'.repeat(20 * MEBI)), /bytes in one piece/],
  ['a flood of numbers', () => listing(`[${'1,'.repeat(10 * MEBI)}1]`), /pieces in one entry/],
  [
    'a flood of escapes',
    () => listing(`["${`${'\\u00e9'.repeat(5_000)}","`.repeat(400)}"]`),
    /1 entr|listed|bytes|^\[\]$/,
  ],
  ['20 MiB of blanks', () => `${' '.repeat(20 * MEBI)}{}`, /bytes in one piece/],
];

const multistatus = (content: string): string =>
  `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"><d:response><d:href>/dav/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype></d:prop></d:propstat></d:response>${content}</d:multistatus>`;
const response = (id: number): string =>
  `<d:response><d:href>/dav/R%c3%a9port%20${String(id)}.txt</d:href><d:propstat><d:prop><d:resourcetype/><d:getcontentlength>5</d:getcontentlength><d:getlastmodified>Mon, 02 Nov 2026 09:00:00 GMT</d:getlastmodified><d:getetag>&quot;${String(id)}&quot;</d:getetag><d:getcontenttype>text/plain</d:getcontenttype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`;
const responses = (count: number): string => Array.from({ length: count }, (_each, at) => response(at)).join('');
const UNREAD = /cannot be read/;

/** What a WebDAV server answers, and what its reader makes of it. */
const MULTISTATUSES: readonly (readonly [what: string, text: () => string, outcome: RegExp])[] = [
  ['100 000 honest entries', () => multistatus(responses(99_999)), /^listed \d+$/],
  ['more than 100 000 entries', () => multistatus('<d:response/>'.repeat(110_000)), /1000 entries|cannot be read/],
  ['60 MiB of empty entries', () => multistatus('<d:response/>'.repeat((60 * MEBI) / 13)), /1000 entries/],
  ['20 MiB of nesting', () => multistatus('<d:response>'.repeat((20 * MEBI) / 12)), UNREAD],
  ['a text of 20 MiB', () => multistatus(`<d:response><d:href>${'x'.repeat(20 * MEBI)}`), UNREAD],
  ['a text of 20 MiB of quotes', () => multistatus(`<d:response><d:href>${'&quot;'.repeat(3 * MEBI)}`), UNREAD],
  ['a tag of 20 MiB', () => multistatus(`<d:response ${'a="" '.repeat(4 * MEBI)}`), UNREAD],
  ['a tag of attributes', () => multistatus(`<d:response${names(3_000)}/>`), /cannot be read|^\[\]$/],
  ['a name of 20 MiB', () => multistatus(`<${'x'.repeat(20 * MEBI)}`), UNREAD],
  ['20 MiB of comments', () => multistatus('<!---->'.repeat(3 * MEBI)), /^\[|listed|^\[\]$/],
  ['20 MiB of instructions', () => multistatus('<?x?>'.repeat(4 * MEBI)), UNREAD],
  ['20 MiB of stray text', () => multistatus('x '.repeat(10 * MEBI)), UNREAD],
  [
    'an entry of 1 000 properties',
    () => multistatus(`<d:response><d:propstat><d:prop>${'<d:x/>'.repeat(2_000)}`),
    UNREAD,
  ],
  ['an entity bomb', () => `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(10_000)}">]><a>${'&b;'.repeat(10_000)}</a>`, UNREAD],
];

const names = (count: number): string => Array.from({ length: count }, (_each, at) => ` a${String(at)}=""`).join('');

const SHORT: readonly (readonly [task: string, what: string, text: () => string])[] = [
  'discover',
  'join',
  'logo',
].flatMap((task) => [
  [task, 'nesting', () => '['.repeat(65_000)] as const,
  [task, 'numbers', () => `[${'1,'.repeat(32_000)}1]`] as const,
  [task, 'escapes', () => `{"name":"${'\\u00e9'.repeat(10_000)}"}`] as const,
  [task, 'members', () => `{${Array.from({ length: 6_000 }, (_each, at) => `"k${String(at)}":1`).join()}}`] as const,
]);

const FORM = 'application/x-www-form-urlencoded';
const parts = (count: number, size: number): string =>
  `${Array.from({ length: count }, () => `--b\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\n${'\r\n-'.repeat(size)}\r\n`).join('')}--b--\r\n`;
const BODIES: readonly (readonly [what: string, place: string, headers: Record<string, string>, text: () => string])[] =
  [
    ['JSON of one nesting', '/json', {}, () => '['.repeat(65_000)],
    ['JSON of numbers', '/json', {}, () => `[${'1,'.repeat(32_000)}1]`],
    ['JSON of escapes', '/json', {}, () => `"${'\\u00e9'.repeat(10_000)}"`],
    ['a form of percent signs', '/form', { 'content-type': FORM }, () => `a=${'%20'.repeat(21_000)}`],
    ['a form of ampersands', '/form', { 'content-type': FORM }, () => '&'.repeat(65_000)],
    ['a form of pairs', '/form', { 'content-type': FORM }, () => 'a=b&'.repeat(16_000)],
    ['multipart of 1 000 parts', '/parts', { 'content-type': 'multipart/form-data; boundary=b' }, () => parts(999, 1)],
    [
      'multipart of near boundaries',
      '/parts',
      { 'content-type': 'multipart/form-data; boundary=b' },
      () => parts(1, 5 * MEBI),
    ],
    ['a header of blanks', '/json', { authorization: `OAuth ${' '.repeat(12_000)}x` }, () => '{}'],
    ['a header of pairs', '/json', { authorization: `OAuth ${'a="b",'.repeat(2_000)}` }, () => '{}'],
    ['a long target', `/json?${'a=b&'.repeat(3_500)}`, {}, () => '{}'],
  ];

describe('DOS-03 the event loop while others send their worst', { timeout: 240_000 }, () => {
  let subject: ChildProcessWithoutNullStreams;
  let answers: AsyncIterator<string>;
  let lines: Interface;
  let peer: Server;
  let says: string;
  let status = 200;

  beforeAll(async () => {
    const script = fileURLToPath(new URL('loop-subject.ts', import.meta.url));
    subject = spawn(process.execPath, [await bundleOf(script)]);
    subject.stderr.pipe(process.stderr);
    lines = createInterface({ input: subject.stdout });
    answers = lines[Symbol.asyncIterator]();
    const answer: RequestListener = (asked, response) => {
      asked.resume();
      response
        .on('error', () => undefined)
        .writeHead(status, { 'content-type': 'application/json' })
        .end(says);
    };
    peer = createServer(answer).listen(0, '127.0.0.1');
    await once(peer, 'listening');
    await order('begin');
    await order('end');
  });
  afterAll(async () => {
    subject.stdin.end();
    await once(subject, 'exit');
    lines.close();
    peer.closeAllConnections();
    peer.close();
  });

  async function order(line: string): Promise<string> {
    subject.stdin.write(`${line}\n`);
    const { value, done } = await answers.next();
    if (done === true) throw new Error('the process under test has ended');
    return String(JSON.parse(value));
  }

  const ask = (task: string): Promise<string> =>
    order(`${task} http://127.0.0.1:${String((peer.address() as AddressInfo).port)}`);

  /** How long the loop was held by some work at the best of three times: a busy machine is no fault of ours. */
  async function heldBy(work: (port: string) => Promise<string>): Promise<{ held: number; outcome: string }> {
    let best = { held: Infinity, outcome: '' };
    for (let time = 0; time < 3 && best.held >= MOST_HELD; time += 1) {
      const port = await order('begin');
      const outcome = await work(port);
      const held = Number(await order('end'));
      if (held < best.held) best = { held, outcome };
    }
    return best;
  }

  it('is watched: work of 100 ms in one piece is seen', async () => {
    await order('begin');
    await ask('hold');
    expect(Number(await order('end'))).toBeGreaterThan(MOST_HELD);
  });

  it.each(LISTINGS)('is held for less than 50 ms by a listing of %s (F-60)', async (_what, text, outcome) => {
    says = text();
    const seen = await heldBy(() => ask('list'));
    expect(seen.outcome).toMatch(outcome);
    expect(seen.held).toBeLessThan(MOST_HELD);
  });

  it.each(MULTISTATUSES)('DC-37 is held for less than 50 ms by a 207 of %s (F-60)', async (_what, text, outcome) => {
    says = text();
    status = 207;
    const seen = await heldBy(() => ask('dav')).finally(() => (status = 200));
    expect(seen.outcome).toMatch(outcome);
    expect(seen.held).toBeLessThan(MOST_HELD);
  });

  it.each(SHORT)('is held for less than 50 ms by an answer to %s of %s (F-60)', async (task, _what, text) => {
    says = text();
    expect((await heldBy(() => ask(task))).held).toBeLessThan(MOST_HELD);
  });

  it.each(BODIES)('is held for less than 50 ms by %s (F-60)', async (_what, place, headers, text) => {
    const send = async (port: string): Promise<string> => {
      const sent = request({ port, path: place, method: 'POST', headers }).on('error', () => undefined);
      sent.end(text());
      const [answer] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
      answer.resume();
      return String(answer.statusCode);
    };
    const seen = await heldBy(send);
    expect(seen.outcome).toMatch(/^(?:200|400|413)$/);
    expect(seen.held).toBeLessThan(MOST_HELD);
  });
});
