import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { firstLineOf, readTextFile } from '../../src/cli/context/context.js';
import { parsePairs } from '../../src/signing/index.js';

const piped = (bytes: Buffer): Readable => Readable.from(Array.from(bytes, (byte) => Buffer.from([byte])));

it('a piped password has no byte order mark, and no character of it is split (F-44)', async () => {
  expect(await firstLineOf(piped(Buffer.from('\ufeffgrüße 😀\r\nsecond')))).toBe('grüße 😀');
  expect(await firstLineOf(piped(Buffer.from('plain')))).toBe('plain');
});

it('a file that somebody names has none either (F-44)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'footbridge-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'peers.json'), '\ufeff{}\n');
  expect(await readTextFile(join(folder, 'peers.json'))).toBe('{}\n');
});

it('a form body has none (F-44)', () => {
  expect(parsePairs('\ufeffshare_id=1&accepted=true')).toEqual([
    ['share_id', '1'],
    ['accepted', 'true'],
  ]);
});
