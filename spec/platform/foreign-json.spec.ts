import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonRefusal, longWork, parseForeignJson, readForeignJson, tryForeignJson } from '../../src/platform/index.js';
import { anyText } from '../support/any-text.js';

/** The bytes of a text in chunks as a socket gives them. */
async function* chunksOf(text: string, size = 64 * 1024): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function refusalOf(text: string, bytes = 64 * 1024 * 1024): Promise<string> {
  const entries: unknown[] = [];
  const list = { key: 'contents', take: (entry: unknown) => void entries.push(entry) };
  const error = await readForeignJson(chunksOf(text), { bytes, list }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(JsonRefusal);
  return (error as JsonRefusal).message;
}

describe('JSON of others', () => {
  it.each(['{"a":[1,-0.5e3,true,false,null,"é\\u00e9\\ud83d\\ude00"],"b":{}}', '[]', '{}', '"x"', '12', ' null\n'])(
    'is read as JSON.parse reads it: %s (F-60)',
    (text) => {
      expect(parseForeignJson(text)).toEqual(JSON.parse(text));
      expect(parseForeignJson(Buffer.from(text))).toEqual(JSON.parse(text));
    },
  );

  it('may begin with a byte order mark (F-44)', () => {
    expect(parseForeignJson('\ufeff{"a":1}')).toEqual({ a: 1 });
    expect(parseForeignJson(Buffer.from('\ufeff{"a":1}'))).toEqual({ a: 1 });
  });

  it('gives every text as JSON.parse gives it, byte order marks within it too, wherever it is cut', async () => {
    const pieces = fc.array(fc.oneof(anyText(), fc.constantFrom('\ufeff', '"', '\\', '\n')), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 1, max: 40 }), async (texts, size) => {
        const text = JSON.stringify({ [texts.join('')]: [texts, texts.join('')] });
        expect(parseForeignJson(text)).toEqual(JSON.parse(text));
        expect(await readForeignJson(chunksOf(text, size), { bytes: 1_000_000 })).toEqual(JSON.parse(text));
      }),
    );
  });

  it('keeps a broken byte as a mark of its own, not the whole text from being read', () => {
    expect(parseForeignJson(Buffer.from([0x22, 0x61, 0xff, 0x22]))).toBe('a\ufffd');
  });

  it('never gives an object another prototype', () => {
    const value = parseForeignJson('{"__proto__":{"admin":true}}') as { admin?: unknown };
    expect(value.admin).toBeUndefined();
  });

  it.each(['', '{', '[1,]', '{"a":1,}', '{a:1}', "'a'", '01', 'nul', '[1 2]', '{} {}', '"a\nb"', '-'])(
    'is refused when it is none: %j',
    (text) => {
      expect(() => parseForeignJson(text)).toThrow(JsonRefusal);
    },
  );

  it('hands over the entries of a list one by one, wherever they are cut, and answers the rest (F-60)', async () => {
    const text = JSON.stringify({ id: 1, contents: [{ id: 2, contents: [7] }, 'é', 3], name: 'Plans' });
    for (const size of [1, 2, 7, 1_000]) {
      const entries: unknown[] = [];
      const list = { key: 'contents', take: (entry: unknown) => void entries.push(entry) };
      const rest = await readForeignJson(chunksOf(text, size), { bytes: 1_000, list });
      expect(entries).toEqual([{ id: 2, contents: [7] }, 'é', 3]);
      expect(rest).toEqual({ id: 1, contents: [], name: 'Plans' });
    }
  });

  it('is bounded in bytes, depth, text, pieces and entries: 100 000 (F-60)', async () => {
    expect(await refusalOf(`{"a":"${'x'.repeat(2_000)}"}`, 1_000)).toBe('more than 1000 bytes');
    expect(await refusalOf('['.repeat(1_000_000))).toBe('more than 32 levels');
    expect(await refusalOf(`["${'x'.repeat(1_000_000)}"]`)).toBe('more than 65536 bytes in one piece');
    expect(await refusalOf('9'.repeat(1_000_000))).toBe('more than 65536 bytes in one piece');
    expect(await refusalOf(' '.repeat(1_000_000))).toBe('more than 65536 bytes in one piece');
    expect(await refusalOf(`{"contents":[[${'1,'.repeat(200_000)}`)).toBe('more than 200000 pieces in one entry');
    expect(await refusalOf(`{"contents":[${'{},'.repeat(100_001)}`)).toBe('more than 100000 entries');
    expect(() => parseForeignJson('[['.repeat(20))).toThrow('more than 32 levels');
    expect(() => parseForeignJson(`"${'x'.repeat(64 * 1024)}"`)).toThrow('more than 65536 bytes');
  });

  it('is undefined where that is enough, and nothing else', () => {
    expect(['<!doctype html>', '', `[${'['.repeat(40)}`].map(tryForeignJson)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(['null', 'false', '{"a":[1]}'].map(tryForeignJson)).toEqual([null, false, { a: [1] }]);
  });

  it('ends when whoever takes the entries has had enough', async () => {
    const list = {
      key: 'contents',
      take: () => {
        throw new JsonRefusal('enough');
      },
    };
    await expect(readForeignJson(chunksOf('{"contents":[1,2'), { bytes: 100, list })).rejects.toThrow('enough');
  });
});

describe('long work', () => {
  it('of ten readers together takes 10 ms of a turn of the event loop, as that of one (F-60)', async () => {
    const steps: number[] = [0];
    let over = false;
    const nextTurn = (): void => {
      steps.push(0);
      if (!over) setImmediate(nextTurn);
    };
    setImmediate(nextTurn);
    const work = async (): Promise<void> => {
      for (let step = 0; step < 20; step += 1) {
        const until = performance.now() + 4;
        while (performance.now() < until);
        steps.push((steps.pop() ?? 0) + 1);
        await longWork.rest();
      }
    };
    await Promise.all(Array.from({ length: 10 }, work));
    over = true;
    // All ten begin in the first turn; from then on three steps of 4 ms are more than a turn has room for.
    expect(Math.max(...steps.slice(1))).toBeLessThanOrEqual(3);
  });
});
