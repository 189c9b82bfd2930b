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

/** 12 000 characters, as many as headers may have, of every kind that could make a parser go back. */
const TEXTS = HEADS.flatMap((head) =>
  PIECES.flatMap((piece) => TAILS.map((tail) => head + piece.repeat(12_000 / piece.length) + tail)),
);

function timeOf(parse: (text: string) => unknown, text: string): number {
  const began = performance.now();
  try {
    parse(text);
  } catch {
    // A refusal is right too.
  }
  return performance.now() - began;
}

describe('DOS-07 what others send is read in linear time', () => {
  it.each(Object.entries(PARSERS))(
    '%s of 12 000 characters in less than 5 ms, whatever they are (F-66)',
    (_name, parse) => {
      for (const text of TEXTS) {
        // A busy machine may stop us in the middle: the best of five counts.
        let best = Infinity;
        for (let time = 0; time < 5 && best >= 5; time += 1) best = Math.min(best, timeOf(parse, text));
        expect(best, JSON.stringify(text.slice(0, 20))).toBeLessThan(5);
      }
    },
  );
});
