import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Test } from 'supertest';
import { describe, expect, it } from 'vitest';
import { ROOT_ID } from '../../../src/kernel/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { ANA } from '../../support/seeds.js';
import { openPopulatedPages, signIn } from '../pages/pages-app.js';
import { openStorage } from '../stacksync/support.js';

const bench = sqliteBench();
const LETTERS = 'abcdefghij';
const MADE = 'Mon, 02 Nov 2026 09:00:00 GMT';
const BEFORE = 'Mon, 02 Nov 2026 08:59:59 GMT';

/** One door over one file of ten letters. */
interface Opened {
  readonly etag: string;
  ask(method: 'GET' | 'HEAD', headers: Readonly<Record<string, string>>): Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string | undefined;
}

async function throughStorage(): Promise<Opened> {
  const storage = await openStorage(bench);
  const { id, etag } = await storage.file('letters.txt', LETTERS);
  return { etag, ask: (method, headers) => answered(storage.call(method, `/v1/file/${id}/data`), headers) };
}

async function throughPages(): Promise<Opened> {
  const pages = await openPopulatedPages(await bench.open());
  const body = Readable.from([Buffer.from(LETTERS)]);
  const { id, etag } = await pages.tree.create(pages.principalOf(pages.ana), ROOT_ID, 'letters.txt', { body });
  const browser = await signIn(pages, ANA);
  return {
    etag,
    ask: (method, headers) =>
      answered(browser[method === 'GET' ? 'get' : 'head'](`/files/${id}/data`).buffer(true).parse(asText), headers),
  };
}

async function answered(test: Test, headers: Readonly<Record<string, string>>): Promise<Answer> {
  const answer = await test.set(headers);
  return { status: answer.status, headers: answer.headers, text: answer.text };
}

function asText(answer: unknown, done: (error: Error | null, body: unknown) => void): void {
  const response = answer as IncomingMessage;
  const pieces: Buffer[] = [];
  response.on('data', (piece: Buffer) => void pieces.push(piece));
  response.on('end', () => {
    Object.assign(response, { text: Buffer.concat(pieces).toString() });
    done(null, undefined);
  });
}

/** The effect of a condition: none, the end of the request, or a range that is ignored. */
type Verdict = 'holds' | 'unchanged' | 'failed' | 'malformed' | 'whole';

interface Case {
  readonly headers: (etag: string) => Record<string, string>;
  readonly verdict: Verdict;
  /** The effect at a door that judges only conditions about a browser's copy; default: the same. */
  readonly ofBrowsers?: Verdict;
}

/** Every kind of condition of RFC 9110 13.1, alone and where one outranks another (13.2.2). */
const CONDITIONS: Readonly<Record<string, Case>> = {
  none: { headers: () => ({}), verdict: 'holds' },
  'If-None-Match of this': { headers: (etag) => ({ 'If-None-Match': etag }), verdict: 'unchanged' },
  'If-None-Match, weak': { headers: (etag) => ({ 'If-None-Match': `W/${etag}` }), verdict: 'unchanged' },
  'If-None-Match in a list': { headers: (etag) => ({ 'If-None-Match': `"x", ${etag}` }), verdict: 'unchanged' },
  'If-None-Match of any': { headers: () => ({ 'If-None-Match': '*' }), verdict: 'unchanged' },
  'If-None-Match of another': { headers: () => ({ 'If-None-Match': '"x"' }), verdict: 'holds' },
  'If-None-Match, malformed': {
    headers: () => ({ 'If-None-Match': 'unquoted' }),
    verdict: 'malformed',
    ofBrowsers: 'holds',
  },
  'If-Modified-Since then': { headers: () => ({ 'If-Modified-Since': MADE }), verdict: 'unchanged' },
  'If-Modified-Since before': { headers: () => ({ 'If-Modified-Since': BEFORE }), verdict: 'holds' },
  'If-Modified-Since, malformed': { headers: () => ({ 'If-Modified-Since': 'yesterday' }), verdict: 'holds' },
  'a tag that outranks its time': {
    headers: () => ({ 'If-None-Match': '"x"', 'If-Modified-Since': MADE }),
    verdict: 'holds',
  },
  'If-Match of this': { headers: (etag) => ({ 'If-Match': etag }), verdict: 'holds' },
  'If-Match of another': {
    headers: () => ({ 'If-Match': '"x"' }),
    verdict: 'failed',
    ofBrowsers: 'holds',
  },
  'If-Match, weak': {
    headers: (etag) => ({ 'If-Match': `W/${etag}` }),
    verdict: 'failed',
    ofBrowsers: 'holds',
  },
  'If-Unmodified-Since then': { headers: () => ({ 'If-Unmodified-Since': MADE }), verdict: 'holds' },
  'If-Unmodified-Since before': {
    headers: () => ({ 'If-Unmodified-Since': BEFORE }),
    verdict: 'failed',
    ofBrowsers: 'holds',
  },
  'If-Match before If-None-Match': {
    headers: (etag) => ({ 'If-Match': '"x"', 'If-None-Match': etag }),
    verdict: 'failed',
    ofBrowsers: 'unchanged',
  },
  'If-Range of this': { headers: (etag) => ({ 'If-Range': etag }), verdict: 'holds' },
  'If-Range, weak': { headers: (etag) => ({ 'If-Range': `W/${etag}` }), verdict: 'whole' },
  'If-Range of another': { headers: () => ({ 'If-Range': '"x"' }), verdict: 'whole' },
  'If-Range then': { headers: () => ({ 'If-Range': MADE }), verdict: 'holds' },
  'If-Range before': { headers: () => ({ 'If-Range': BEFORE }), verdict: 'whole' },
  'If-Range, malformed': { headers: () => ({ 'If-Range': 'nonsense' }), verdict: 'whole' },
};

/** The part that a range names, `outside` the content, or the whole when it names none. */
const RANGES: Readonly<Record<string, readonly [number, number] | 'outside' | 'whole'>> = {
  '': 'whole',
  'bytes=2-4': [2, 4],
  'bytes=-3': [7, 9],
  'bytes=8-99': [8, 9],
  'bytes=10-': 'outside',
  'bytes=0-1,4-5': 'whole',
};

interface Wanted {
  readonly status: number;
  readonly text: string;
  readonly range: string | undefined;
  readonly length: string | undefined;
}

function wantedOf(method: 'GET' | 'HEAD', verdict: Verdict, range: string): Wanted {
  const refused = { failed: 412, malformed: 400, unchanged: 304, holds: 0, whole: 0 }[verdict];
  if (refused > 0) return { status: refused, text: '', range: undefined, length: undefined };
  const part = method === 'HEAD' || verdict === 'whole' ? 'whole' : RANGES[range];
  if (part === 'outside') return { status: 416, text: '', range: 'bytes */10', length: undefined };
  const isPart = part !== undefined && part !== 'whole';
  const text = isPart ? LETTERS.slice(part[0], part[1] + 1) : LETTERS;
  return {
    status: isPart ? 206 : 200,
    text: method === 'HEAD' ? '' : text,
    range: isPart ? `bytes ${String(part[0])}-${String(part[1])}/10` : undefined,
    length: String(text.length),
  };
}

const DOORS = {
  'the storage API': { open: throughStorage, isForBrowsers: false },
  'the pages': { open: throughPages, isForBrowsers: true },
} as const;

const METHODS = ['GET', 'HEAD'] as const;

describe.each(Object.entries(DOORS))('contents through %s', (_door, { open, isForBrowsers }) => {
  it('are answered as RFC 9110 has it, whatever conditions, range and method come together (F-41)', async () => {
    const { etag, ask } = await open();
    for (const [name, { headers, verdict, ofBrowsers = verdict }] of Object.entries(CONDITIONS)) {
      for (const range of Object.keys(RANGES)) {
        for (const method of METHODS) {
          const sent = { ...headers(etag), ...(range === '' ? {} : { Range: range }) };
          const wanted = wantedOf(method, isForBrowsers ? ofBrowsers : verdict, range);
          const answer = await ask(method, sent);
          const what = `${method}, ${name}, Range: ${range}`;
          expect([what, answer.status]).toEqual([what, wanted.status]);
          if (wanted.status < 400) expectContent(what, answer, { ...wanted, etag });
          // A page for people does not say how long a content is that a browser missed.
          else if (!isForBrowsers) expect([what, answer.headers['content-range']]).toEqual([what, wanted.range]);
        }
      }
    }
  });

  it('never say in a 304 or to HEAD what GET would not say', async () => {
    const { etag, ask } = await open();
    const told = ['etag', 'last-modified', 'cache-control', 'content-type', 'content-disposition', 'accept-ranges'];
    const [whole, head, unchanged] = [
      await ask('GET', {}),
      await ask('HEAD', {}),
      await ask('GET', { 'If-None-Match': etag }),
    ];
    expect(told.map((name) => head.headers[name])).toEqual(told.map((name) => whole.headers[name]));
    expect(told.slice(0, 3).map((name) => unchanged.headers[name])).toEqual(
      told.slice(0, 3).map((name) => whole.headers[name]),
    );
    expect(told.slice(3).map((name) => unchanged.headers[name])).toEqual([undefined, undefined, undefined]);
  });
});

function expectContent(what: string, answer: Answer, wanted: Wanted & { readonly etag: string }): void {
  expect([what, answer.text ?? '']).toEqual([what, wanted.text]);
  expect([what, answer.headers['content-range']]).toEqual([what, wanted.range]);
  expect([what, answer.headers['content-length']]).toEqual([what, wanted.length]);
  expect([what, answer.headers['etag']]).toEqual([what, wanted.etag]);
  expect([what, answer.headers['last-modified']]).toEqual([what, MADE]);
}
