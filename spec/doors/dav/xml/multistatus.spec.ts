import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createGunzip, gunzipSync } from 'node:zlib';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sendMultistatus } from '../../../../src/doors/dav/xml/index.js';
import { departureOf } from '../../../../src/doors/door/departure.js';
import { until } from '../../../support/until.js';

type Entries = AsyncIterable<string> | Iterable<string>;

/** What became of an answer. */
interface Sent {
  readonly url: string;
  /** Settles when everything is written, or with the trouble that ended it. */
  readonly done: Promise<unknown>;
}

/** Serves one multistatus of these entries to whoever asks. */
async function serve(entries: () => Entries): Promise<Sent> {
  const ends = new EventEmitter();
  const done = once(ends, 'done').then(([trouble]: unknown[]) => trouble);
  const app = express().use((http, response) => {
    const departure = departureOf(response);
    const reader = {
      http,
      get signal() {
        return departure();
      },
    };
    sendMultistatus(response, entries(), reader, { DAV: '1' }).then(
      () => ends.emit('done'),
      (error: unknown) => {
        response.destroy();
        ends.emit('done', error);
      },
    );
  });
  const server = app.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`, done };
}

async function ask(url: string, coding?: string): Promise<IncomingMessage> {
  const headers = coding === undefined ? {} : { 'accept-encoding': coding };
  const sent = httpRequest(url, { headers, agent: false }).end();
  sent.on('error', () => undefined);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
  return answer;
}

const entry = (text: string): string => `<d:response><d:href>/dav/${text}</d:href></d:response>`;

/** So many characters that gzip makes hardly smaller. */
const noise = (length: number): string => randomBytes(length).toString('base64url').slice(0, length);

const KIB = 1024;

/** Entries of 64 KiB: more than connections hold between two ends that stand still. */
const MANY = 800;

describe('a multistatus in gzip', () => {
  it('is what it is without, and is sent to those who ask for it alone', async () => {
    const entries = Array.from({ length: 2_000 }, (_, at) => entry(`file ${String(at)}.txt`));
    const { url } = await serve(() => entries);
    const plain = await ask(url, 'identity');
    const text = (await buffer(plain)).toString();
    expect([plain.headers['content-encoding'], plain.headers['vary']]).toEqual([undefined, 'Accept-Encoding']);
    for (const coding of ['gzip', 'deflate, gzip;q=0.8', '*']) {
      const answer = await ask(url, coding);
      const { headers } = answer;
      const body = await buffer(answer);
      const { 'content-encoding': told, vary, dav } = headers;
      expect([coding, told, vary, dav]).toEqual([coding, 'gzip', 'Accept-Encoding', '1']);
      expect(headers['cache-control']).toBe(plain.headers['cache-control']);
      expect(gunzipSync(body).toString() === text).toBe(true);
      expect(body.length).toBeLessThan(text.length / 10);
    }
    for (const coding of [undefined, '', 'gzip;q=0', 'gzip;q=0, *', 'br', 'gzip;q=0.5, identity']) {
      const { headers } = await ask(url, coding);
      expect([coding, headers['content-encoding']]).toEqual([coding, undefined]);
    }
  });

  it('is none where the whole is less than a packet, and has its length then', async () => {
    for (const [length, coding] of [
      [500, undefined],
      [2_000, 'gzip'],
    ] as const) {
      const answer = await ask((await serve(() => [entry('x'.repeat(length))])).url, 'gzip');
      expect([length, answer.headers['content-encoding']]).toEqual([length, coding]);
      expect(answer.headers['content-length'] === undefined).toBe(coding === 'gzip');
    }
  });

  it('comes in pieces: what has been told is with the reader before the next is known', async () => {
    const gate = new EventEmitter();
    const opened = once(gate, 'open');
    const { url, done } = await serve(async function* () {
      for (let at = 0; at < 1_200; at += 1) yield entry(`early ${String(at)} ${'-'.repeat(40)}`);
      await opened;
      yield entry('late');
    });
    const read = (await ask(url, 'gzip')).pipe(createGunzip());
    const [first] = (await once(read, 'data')) as [Buffer];
    expect(first.toString()).toContain('early 0 ');
    gate.emit('open');
    expect((await buffer(read)).toString()).toContain('late');
    expect(await done).toBeUndefined();
  });

  it.each(['gzip', 'identity'])('stops where its reader stops, and ends with them (FLW-03): %s', async (coding) => {
    const seen = { told: 0, ended: false };
    const { url, done } = await serve(function* () {
      try {
        for (; seen.told < MANY; seen.told += 1) yield entry(noise(64 * KIB));
      } finally {
        seen.ended = true;
      }
    });
    const answer = await ask(url, coding);
    let before = -1;
    await until('nothing more to be told', () => {
      const isStill = seen.told === before;
      before = seen.told;
      return Promise.resolve(isStill);
    });
    expect([seen.ended, seen.told > 1, seen.told < MANY]).toEqual([false, true, true]);
    answer.destroy();
    expect(await done).toMatchObject({ name: 'AbortError' });
    expect(seen.ended).toBe(true);
  });

  it('is broken off by trouble that comes after its beginning, and never looks whole (PXY-05)', async () => {
    const { url, done } = await serve(async function* () {
      for (let at = 0; at < 40; at += 1) yield entry(noise(4 * KIB));
      await Promise.resolve();
      throw new Error('the other cloud fell silent');
    });
    const answer = await ask(url, 'gzip');
    await expect(buffer(answer)).rejects.toThrow('aborted');
    expect(await done).toMatchObject({ message: 'the other cloud fell silent' });
  });
});
