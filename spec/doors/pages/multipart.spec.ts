import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Request } from 'express';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readParts } from '../../../src/doors/pages/files/multipart/index.js';
import { isFailure, wellFormed } from '../../../src/kernel/index.js';
import { anyText } from '../../support/any-text.js';

/** A request whose body comes in pieces of these lengths, again and again. */
function requestOf(body: Buffer, lengths: readonly number[], type = 'multipart/form-data; boundary=xyz'): Request {
  const pieces: Buffer[] = [];
  for (let [at, turn] = [0, 0]; at < body.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1;
    pieces.push(body.subarray(at, at + length));
    at += length;
  }
  const stream = Readable.from(pieces, { objectMode: false });
  return Object.assign(stream, { headers: { 'content-type': type } }) as unknown as Request;
}

async function read(request: Request): Promise<[name: string, content: string][]> {
  const found: [string, string][] = [];
  await readParts(request, {
    field: (name, value) => void found.push([name, value]),
    file: async (name, body) => void found.push([name, (await buffer(body)).toString('latin1')]),
  });
  return found;
}

/** As browsers write names (HTML, multipart form data). */
const written = (name: string): string => name.replace(/[\r\n"]/g, (sign) => encodeURIComponent(sign));

const part = (name: string, content: string): Buffer =>
  Buffer.concat([
    Buffer.from(`--xyz\r\nContent-Disposition: form-data; name="files"; filename="${written(name)}"\r\n`),
    Buffer.from('Content-Type: text/plain\r\n\r\n'),
    Buffer.from(content, 'latin1'),
    Buffer.from('\r\n'),
  ]);

const END = Buffer.from('--xyz--\r\n');

describe('a multipart form', () => {
  it('gives every name and every byte as it was sent, however it is cut on its way (F-03)', async () => {
    const names = anyText().filter(
      (name) =>
        wellFormed(name) === name && name !== '' && !/%(?:22|0D|0A)/.test(name) && Buffer.byteLength(name) < 4_000,
    );
    const content = fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      fc.constantFrom('', '\r\n', '\r\n--xy', '--xyz', '\r\n--', 'a\r'),
    );
    const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(names, content), { maxLength: 4 }), lengths, async (files, cuts) => {
        const body = Buffer.concat([...files.map(([name, text]) => part(name, text)), END]);
        expect(await read(requestOf(body, cuts))).toEqual(files);
      }),
    );
  });

  it('that is cut anywhere is refused, and its last file with it (UPL-01)', async () => {
    const body = Buffer.concat([part('a', 'whole'), part('b', 'content'), END]);
    for (let length = 0; length < body.length - 4; length += 1) {
      const files: string[] = [];
      const reading = readParts(requestOf(body.subarray(0, length), [7]), {
        field: () => undefined,
        file: async (name, source) => {
          await buffer(source);
          files.push(name);
        },
      });
      const failure: unknown = await reading.then(
        () => undefined,
        (error: unknown) => error,
      );
      expect([length, isFailure(failure, 'invalid')]).toEqual([length, true]);
      expect(files).not.toContain('b');
    }
  });

  it('has bounded heads, fields and no other type', async () => {
    const long = Buffer.concat([part('x'.repeat(9_000), ''), END]);
    const wordy = Buffer.from(
      `--xyz\r\nContent-Disposition: form-data; name="a"\r\n\r\n${'x'.repeat(5_000)}\r\n--xyz--`,
    );
    const latin = Buffer.concat([
      Buffer.from('--xyz\r\nContent-Disposition: form-data; name="f"; filename="'),
      Buffer.from([0xe9]),
      Buffer.from('"\r\n\r\n\r\n--xyz--'),
    ]);
    for (const body of [long, wordy, latin])
      await expect(read(requestOf(body, [1_000]))).rejects.toMatchObject({ code: 'invalid' });
    for (const type of ['text/plain', 'multipart/form-data', 'multipart/mixed; boundary=xyz'])
      await expect(read(requestOf(END, [9], type))).rejects.toMatchObject({ code: 'unsupported-type' });
  });

  it('keeps nothing that a file’s taker leaves unread, and goes on with the next', async () => {
    const body = Buffer.concat([part('a', 'x'.repeat(300_000)), part('b', 'kept'), END]);
    const found: string[] = [];
    await readParts(requestOf(body, [65_536]), {
      field: () => undefined,
      file: async (name, source) => {
        if (name === 'a') source.destroy();
        else found.push((await buffer(source)).toString());
      },
    });
    expect(found).toEqual(['kept']);
  });
});
