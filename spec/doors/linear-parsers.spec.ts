import type { Request } from 'express';
import { describe, expect, it } from 'vitest';
import { isForm } from '../../src/doors/door/door.js';
import { readConditions } from '../../src/doors/content/conditions.js';
import { readRange } from '../../src/doors/content/range.js';
import { readContent, type StorageRequest } from '../../src/doors/stacksync/wire/incoming.js';
import { safeType, strongTag } from '../../src/federation/peer-call/foreign-contents.js';
import { keepName, keepText, parseEmail, parseName, parseStorageTime, splitEntries } from '../../src/kernel/index.js';
import { networkOf } from '../../src/platform/index.js';
import { parseAuthorization, parsePairs } from '../../src/signing/index.js';
import { quickest } from '../support/stopwatch.js';

const requestWith = (headers: Record<string, string>): Request => ({ headers }) as unknown as Request;

/** What reads a header, a field or a name of somebody else's. */
const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  'Content-Digest': (text) => {
    const request = { http: requestWith({ 'content-digest': text }), caller: {} } as StorageRequest;
    return readContent(request, 1_000);
  },
  'If-None-Match': (text) => readConditions({ 'if-none-match': text }, 'every'),
  'If-None-Match of a browser': (text) => readConditions({ 'if-none-match': text }, 'own-copy'),
  'If-Range': (text) => readConditions({ 'if-range': text, range: 'bytes=0-' }, 'every'),
  Range: readRange,
  Authorization: (text) => parseAuthorization(`OAuth ${text}`),
  'Content-Type': (text) => isForm(requestWith({ 'content-type': text })),
  'a form': parsePairs,
  'an address': parseEmail,
  'a list of addresses': splitEntries,
  'a name': parseName,
  'a text to show': (text) => keepText(text, 10_000),
  'a name to show': (text) => keepName(text),
  'a media type': safeType,
  'an entity tag': strongTag,
  'a time': (text) => parseStorageTime(text, 'expires_at'),
  'a client address': networkOf,
};

const PIECES = [
  ' ',
  '\t',
  ',',
  '=',
  '/',
  '"',
  'a',
  '1',
  ';',
  '.',
  '-',
  '@',
  '%20',
  ' ,',
  ', ',
  '= ',
  ' =',
  'a=',
  '""',
  'a, ',
  'W/"',
  '٣',
  'é',
];
const HEADS = ['', 'sha-256', 'sha-256=', '"', 'a@', 'bytes=', 'text/'];
const TAILS = ['', '\u0000', 'x', '"', ':'];

/** As many characters as headers may have. */
const MOST = 12_000;
/** Bound for one reading in milliseconds: nothing from outside holds the event loop for longer. */
const MOST_MS = 50;
/** Milliseconds below which a reading is quick whatever its shape: what once went back took two hundred and more. */
const QUICK_MS = 5;

/** Texts of about so many characters, of every kind that could make a parser go back. */
const textsOf = (length: number): string[] =>
  HEADS.flatMap((head) =>
    PIECES.flatMap((piece) => TAILS.map((tail) => head + piece.repeat(length / piece.length) + tail)),
  );

/** Milliseconds that a reading takes, which may end in a refusal. */
const timeOf = (parse: (text: string) => unknown, text: string, enough = 0): number =>
  quickest(
    () => {
      try {
        parse(text);
      } catch {
        // A refusal is right too.
      }
    },
    { enough },
  );

describe('DOS-07 what others send is read in linear time', () => {
  const [texts, quarters] = [textsOf(MOST), textsOf(MOST / 4)];

  it.each(Object.entries(PARSERS))('%s of 12 000 characters, whatever they are (F-66)', (_name, parse) => {
    texts.forEach((text, index) => {
      const best = timeOf(parse, text, QUICK_MS);
      const said = JSON.stringify(text.slice(0, 20));
      expect(best, said).toBeLessThan(MOST_MS);
      // Four times as much takes four times as long, on a slow machine too, and sixteen times where a parser goes back.
      if (best >= QUICK_MS) expect(best / timeOf(parse, quarters[index] ?? ''), said).toBeLessThan(8);
    });
  });
});
