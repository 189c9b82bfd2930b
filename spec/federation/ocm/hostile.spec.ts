import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkKinds,
  chooseManner,
  judgeShareAnswer,
  ocmError,
  openingOf,
  parseInvite,
  readAcceptance,
  readDiscovery,
  readNotification,
  readShare,
  usableAccess,
} from '../../../src/federation/ocm/index.js';
import { Failure, isFailure } from '../../../src/kernel/index.js';
import { quickest } from '../../support/stopwatch.js';
import { json, profile, PROFILES, recordOf } from './support.js';

/** Milliseconds for which nothing that others send may hold the event loop (ruling F-60). */
const MOST_HELD = 50;
const HELD = { enough: MOST_HELD };
const KIB = 1024;

/** Everything that is done with a message of a stranger. */
const READINGS: readonly (readonly [what: string, read: (text: string) => unknown])[] = [
  ['share', (text) => readAndUse(text)],
  ['notification', (text) => readNotification({ type: 'application/json', text })],
  ['acceptance', (text) => readAcceptance({ type: 'application/json', text }, 'gw.example')],
  ['form', (text) => readAcceptance({ type: 'application/x-www-form-urlencoded', text }, 'gw.example')],
  ['invitation', (text) => parseInvite(text, 'gw.example')],
];

function readAndUse(text: string): void {
  const share = readShare({ type: 'application/json', text });
  openingOf(share, recordOf('nc32'));
  checkKinds(share);
  usableAccess(share, new Set());
}

/** Reads a message; the only error that may come is a refusal that this protocol can word. */
function refusedAtMost(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!isFailure(error)) throw error;
    expect(ocmError(error).status).toBeGreaterThanOrEqual(400);
    expect(error).toBeInstanceOf(Failure);
  }
}

/** An honest message with one value replaced somewhere. */
function mutated(honest: unknown): fc.Arbitrary<unknown> {
  const paths = pathsOf(honest);
  return fc
    .tuple(fc.constantFrom(...paths), fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.constant('\ud800')))
    .map(([path, value]) => withValue(honest, path, value));
}

function pathsOf(value: unknown, at: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...at]];
  return Object.entries(value).flatMap(([key, inner]) => [[...at, key], ...pathsOf(inner, [...at, key])]);
}

function withValue(whole: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const copy: Record<string, unknown> = { ...(whole as object) };
  copy[key] = withValue(copy[key], rest, value);
  return Array.isArray(whole) ? Object.values(copy) : copy;
}

describe('whatever a stranger sends', () => {
  it.each(READINGS)('as %s is read or refused', (_what, read) => {
    const texts = fc.oneof(fc.json(), fc.string({ unit: 'binary', maxLength: 300 }));
    fc.assert(
      fc.property(texts, (text) => refusedAtMost(() => read(text))),
      { numRuns: 500 },
    );
  });

  it.each(PROFILES)('as a share of %s with one value changed is read or refused', (name) => {
    fc.assert(
      fc.property(mutated(profile(name).share), (share) => refusedAtMost(() => readAndUse(JSON.stringify(share)))),
      { numRuns: 300 },
    );
  });

  it.each(PROFILES)('as a discovery document of %s with one value changed is read or refused', (name) => {
    const { discovery, base, share } = profile(name);
    fc.assert(
      fc.property(mutated(discovery), (document) =>
        refusedAtMost(() => {
          const record = readDiscovery(document, base);
          expect(record.endPoint.startsWith('https://peer.example')).toBe(true);
          chooseManner(record);
          openingOf(readShare(json(share)), record);
        }),
      ),
      { numRuns: 300 },
    );
  });

  it('as an answer means something', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), fc.jsonValue(), (status, body) => {
        expect(judgeShareAnswer(status, body).kind).toMatch(/./);
      }),
    );
  });
});

describe('the event loop', () => {
  const list = (entry: string): string =>
    `[${`${entry},`.repeat(Math.floor((49 * KIB) / (entry.length + 1)))}${entry}]`;
  const members = (count: number): string => Array.from({ length: count }, (_, at) => `"k${String(at)}":{}`).join();
  const honest = JSON.stringify(profile('ocis').share);
  const withField = (name: string, value: string): string =>
    `{"${name}":${value},${honest.slice(1)}`.slice(0, 50 * KIB);

  const WORST: readonly (readonly [what: string, text: string])[] = [
    ['lists in lists', '['.repeat(50 * KIB)],
    ['numbers', list('1')],
    ['objects', `{"protocol":{"name":"multi",${members(3_500)}}}`],
    ['requirements', `{"protocol":{"name":"multi","webdav":{"requirements":${list('"a"')}}}}`],
    [
      'protocols with requirements',
      `{"protocol":{"name":"multi",${members(500).replaceAll('{}', '{"requirements":["a"]}')}}}`,
    ],
    ['escapes', `{"name":"${'\\u00e9'.repeat(8_000)}"}`],
    ['slashes', JSON.stringify({ ...profile('ocis').share, name: '/'.repeat(49 * KIB) })],
    ['marks on one letter', JSON.stringify({ ...profile('ocis').share, name: `a${'\u0301'.repeat(24 * KIB)}` })],
    ['marks in a text', JSON.stringify({ ...profile('ocis').share, description: '\u202e\u0301'.repeat(9_000) })],
    ['signs in an address', JSON.stringify({ ...profile('ocis').share, shareWith: '@gw.example'.repeat(90) })],
    ['signs in a long address', JSON.stringify({ ...profile('ocis').share, shareWith: '@'.repeat(49 * KIB) })],
    ['names of somebody', JSON.stringify({ ...profile('ocis').share, ownerDisplayName: ' \u200b'.repeat(12 * KIB) })],
    ['fields', withField('x', list('{"a":1}'))],
    ['a form of ampersands', '&'.repeat(49 * KIB)],
    ['a form of pairs', 'a=b&'.repeat(12 * KIB)],
  ];

  it.each(WORST)('is held for less than 50 ms by %s (F-60)', (_what, text) => {
    for (const [, read] of READINGS)
      expect(quickest(() => refusedAtMost(() => read(text)), HELD)).toBeLessThan(MOST_HELD);
  });

  it.each([
    ['resources', { resourceTypes: Array.from({ length: 5_000 }, () => ({ name: 'file', protocols: {} })) }],
    ['protocols', { resourceTypes: [{ name: 'file', protocols: Object.fromEntries(numbered(6_000)) }] }],
    ['capabilities', { capabilities: Array.from({ length: 9_000 }, () => '/Invites') }],
    ['resources by name', { resourceTypes: Object.fromEntries(numbered(6_000)) }],
  ])('is held for less than 50 ms by a document of many %s (F-60)', (_what, change) => {
    const { discovery, base } = profile('nc32');
    const document = { ...discovery, ...change };
    expect(quickest(() => readDiscovery(document, base), HELD)).toBeLessThan(MOST_HELD);
  });
});

function numbered(count: number): [string, object][] {
  return Array.from({ length: count }, (_, at) => [`k${String(at)}`, {}]);
}
