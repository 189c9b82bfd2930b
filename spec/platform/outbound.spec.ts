import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { isFailure, Failure } from '../../src/kernel/index.js';
import {
  createOutbound,
  wasCutBeforeAnswer,
  type Outbound,
  type OutboundLimits,
} from '../../src/platform/outbound/outbound.js';
import { httpPeer, rawPeer, type ScriptedPeer } from './outbound-peers.js';

const open: (ScriptedPeer | Outbound)[] = [];
afterEach(async () => {
  for (const one of open.splice(0).sort((a) => ('stop' in a ? -1 : 1)))
    await ('stop' in one ? one.stop() : one.close());
});

const peerWith = async (listener: Parameters<typeof httpPeer>[0]) => keep(await httpPeer(listener));
const rawWith = async (onSocket: Parameters<typeof rawPeer>[0]) => keep(await rawPeer(onSocket));
const outboundWith = (limits: Partial<OutboundLimits> = {}) =>
  keep(createOutbound({ allowInsecure: true, exceptions: [], limits }));

function keep<T extends ScriptedPeer | Outbound>(one: T): T {
  open.push(one);
  return one;
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  const error = await errorOf(work);
  return isFailure(error) ? error.code : String(error);
}

async function drain(body: Readable): Promise<number> {
  let size = 0;
  for await (const chunk of body) size += (chunk as Buffer).length;
  return size;
}

const answerOf = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`;

describe('a control call', () => {
  it('sends method, path, headers and body and reads the whole answer', async () => {
    const peer = await peerWith((request, response) => {
      request.setEncoding('utf8').on('data', (body) => {
        response
          .writeHead(201, { 'X-Echo': `${String(request.method)} ${String(request.url)} ${String(body)}` })
          .end('done');
      });
    });
    const answer = await outboundWith().call({
      method: 'POST',
      url: `${peer.url}/a%2Fb?x=1&y=%20`,
      headers: { 'Content-Type': 'text/plain' },
      body: 'text',
    });
    expect(answer).toMatchObject({ status: 201, body: Buffer.from('done') });
    expect(answer.headers['x-echo']).toBe('POST /a%2Fb?x=1&y=%20 text');
  });

  it('PXY-04 asks for identity and keeps connection headers to itself', async () => {
    let seen: IncomingHttpHeaders = {};
    const peer = await peerWith((request, response) => {
      seen = request.headers;
      response.end();
    });
    const headers = {
      'Accept-Encoding': 'gzip',
      Host: 'evil.test',
      Connection: 'close',
      Expect: '100-continue',
      Accept: 'a/b',
    };
    await outboundWith().call({ method: 'GET', url: peer.url, headers });
    expect(seen).toMatchObject({ 'accept-encoding': 'identity', host: peer.url.slice(7), accept: 'a/b' });
    expect(seen.connection).toBe('keep-alive');
  });

  it('SSR-03 never follows a redirect, whatever its code and target', async () => {
    const other = await peerWith((_request, response) => response.end('followed'));
    const peer = await peerWith((request, response) => {
      const status = Number(request.url?.slice(1, 4));
      response.writeHead(status, { Location: request.url?.endsWith('same') === true ? '/200' : other.url }).end();
    });
    const outbound = outboundWith();
    for (const status of [300, 301, 302, 303, 305, 307, 308]) {
      for (const target of ['same', 'other']) {
        const answer = await outbound.call({
          method: 'POST',
          url: `${peer.url}/${String(status)}/${target}`,
          body: 'secret',
        });
        expect(answer.status).toBe(status);
      }
    }
    expect(other.connections).toBe(0);
  });

  it('gives up on an answer longer than the limit, announced or not (G9)', async () => {
    const peer = await peerWith((request, response) => {
      if (request.url === '/announced') response.setHeader('Content-Length', 65_537);
      response.end(Buffer.alloc(65_537));
    });
    const outbound = outboundWith();
    expect(await codeOf(outbound.call({ method: 'GET', url: `${peer.url}/announced` }))).toBe('peer-failed');
    expect(await codeOf(outbound.call({ method: 'GET', url: `${peer.url}/chunked` }))).toBe('peer-failed');
    const whole = await outbound.call({ method: 'GET', url: peer.url, maxBytes: 65_537 });
    expect(whole.body).toHaveLength(65_537);
  });

  it('PEER-01 takes no longer than its whole time, however the peer dribbles', async () => {
    const peer = await peerWith((_request, response) => {
      const timer = setInterval(() => response.write('.'), 20);
      response.on('close', () => {
        clearInterval(timer);
      });
    });
    expect(await codeOf(outboundWith().call({ method: 'GET', url: peer.url, timeout: 150 }))).toBe('peer-timeout');
    await expect.poll(() => peer.sockets.size).toBe(0);
  });

  it('ends with the reason of its own signal, before and during the exchange', async () => {
    const peer = await peerWith(() => undefined);
    const outbound = outboundWith();
    const early = AbortSignal.abort(new Error('gone before'));
    expect(await errorOf(outbound.call({ method: 'GET', url: peer.url, signal: early }))).toEqual(
      new Error('gone before'),
    );
    const later = new AbortController();
    const call = errorOf(outbound.call({ method: 'GET', url: peer.url, signal: later.signal }));
    await expect.poll(() => peer.connections).toBe(1);
    later.abort(new Error('gone'));
    expect(await call).toEqual(new Error('gone'));
    await expect.poll(() => peer.sockets.size).toBe(0);
  });

  it('PXY-06 survives answers that are no HTTP, cut, contradictory or flooded', async () => {
    const answers = [
      'hello\r\n',
      '',
      'HTTP/1.1 200 OK\r\nX: ' + 'a'.repeat(40_000),
      answerOf('HTTP/1.1 101 Switching Protocols', 'Upgrade: x', 'Connection: upgrade'),
      answerOf('HTTP/1.1 200 OK', 'Content-Length: 5') + 'abc',
      answerOf('HTTP/1.1 200 OK', 'Content-Length: 5', 'Content-Length: 6') + 'abcdef',
      answerOf('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked') + '5\r\nab',
    ];
    for (const answer of answers) {
      const peer = await rawWith((socket) => socket.once('data', () => socket.end(answer)));
      expect([answer.slice(0, 40), await codeOf(outboundWith().call({ method: 'GET', url: peer.url }))]).toEqual([
        answer.slice(0, 40),
        'peer-failed',
      ]);
    }
  });

  it('PXY-06 a flood of interim answers does not renew the wait for the real one', async () => {
    const peer = await rawWith((socket) => {
      const timer = setInterval(() => socket.write(answerOf('HTTP/1.1 102 Processing')), 20);
      socket.on('close', () => {
        clearInterval(timer);
      });
    });
    expect(await codeOf(outboundWith({ headers: 150 }).call({ method: 'GET', url: peer.url }))).toBe('peer-timeout');
  });

  it('keeps hostile header names harmless', async () => {
    const peer = await rawWith((socket) =>
      socket.once('data', () =>
        socket.end(answerOf('HTTP/1.1 200 OK', '__proto__: a', '__proto__: b', 'constructor: c', 'Content-Length: 0')),
      ),
    );
    const { headers } = await outboundWith().call({ method: 'GET', url: peer.url });
    expect(Object.getPrototypeOf(headers)).toBeNull();
    expect(headers['constructor']).toBe('c');
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });

  it('PXY-07 refuses header values that cannot be sent', async () => {
    const peer = await peerWith((_request, response) => response.end());
    for (const value of ['a\r\nX-Evil: 1', 'a\0', '日本']) {
      expect(await codeOf(outboundWith().call({ method: 'GET', url: peer.url, headers: { 'X-Name': value } }))).toBe(
        'invalid',
      );
    }
    expect(peer.connections).toBe(0);
  });

  it('reuses its connection, never repeats a request on its own, and says when a socket was lost unanswered', async () => {
    let requests = 0;
    const peer = await peerWith((request, response) => {
      requests += 1;
      if (request.url === '/cut') request.socket.destroy();
      else response.end('ok');
    });
    const outbound = outboundWith();
    await outbound.call({ method: 'GET', url: peer.url });
    await outbound.call({ method: 'GET', url: peer.url });
    expect(peer.connections).toBe(1);
    const error = await errorOf(outbound.call({ method: 'GET', url: `${peer.url}/cut` }));
    expect(isFailure(error, 'peer-failed')).toBe(true);
    expect(wasCutBeforeAnswer(error)).toBe(true);
    expect(requests).toBe(3);
    const cutLater = await rawWith((socket) =>
      socket.once('data', () => socket.end(answerOf('HTTP/1.1 200 OK', 'Content-Length: 5'))),
    );
    expect(wasCutBeforeAnswer(await errorOf(outbound.call({ method: 'GET', url: cutLater.url })))).toBe(false);
  });

  it('PXY-05 drops a socket on which a second answer waits', async () => {
    const twice = answerOf('HTTP/1.1 200 OK', 'Content-Length: 2') + 'ok';
    const peer = await rawWith((socket) => socket.on('data', () => socket.write(twice + twice.replace('ok', 'no'))));
    const outbound = outboundWith();
    for (let round = 0; round < 3; round += 1) {
      const answer = await errorOf(
        outbound.call({ method: 'GET', url: peer.url }).then(({ body }) => {
          expect(body.toString()).toBe('ok');
        }),
      );
      expect([undefined, 'peer-failed']).toContain(isFailure(answer) ? answer.code : answer);
    }
    expect(peer.connections).toBeGreaterThanOrEqual(2);
  });
});

describe('PEER-01 a peer that says nothing', () => {
  it('is left while even its name has no answer', async () => {
    const resolver = () => new Promise<never>(() => undefined);
    const outbound = keep(createOutbound({ allowInsecure: true, exceptions: [], resolver, limits: { connect: 100 } }));
    expect(await codeOf(outbound.call({ method: 'GET', url: 'http://hung.test/' }))).toBe('peer-timeout');
  });

  it('is left while it does not finish TLS', async () => {
    const peer = await rawWith((socket) => socket.resume());
    const url = peer.url.replace('http:', 'https:');
    expect(await codeOf(outboundWith({ tls: 100 }).call({ method: 'GET', url }))).toBe('peer-timeout');
    await expect.poll(() => peer.sockets.size).toBe(0);
  });

  it('is left while it sends no status line', async () => {
    const peer = await rawWith((socket) => socket.resume());
    expect(await codeOf(outboundWith({ headers: 100 }).transfer({ method: 'GET', url: peer.url }))).toBe(
      'peer-timeout',
    );
    await expect.poll(() => peer.sockets.size).toBe(0);
  });

  it('is left in the middle of a body, which then looks broken', async () => {
    const peer = await peerWith((_request, response) => response.writeHead(200, { 'Content-Length': 10 }).write('abc'));
    const answer = await outboundWith({ idle: 100 }).transfer({ method: 'GET', url: peer.url });
    expect(await codeOf(drain(answer.body))).toBe('peer-timeout');
    await expect.poll(() => peer.sockets.size).toBe(0);
  });

  it('is left when it stops reading an upload', async () => {
    const peer = await rawWith((socket) => socket.pause());
    const body = Readable.from(endless(), { objectMode: false });
    expect(await codeOf(outboundWith({ idle: 200 }).transfer({ method: 'PUT', url: peer.url, body }))).toBe(
      'peer-timeout',
    );
    expect(body.destroyed).toBe(true);
  });

  it('is left when it has the whole upload and answers nothing', async () => {
    const peer = await rawWith((socket) => socket.resume());
    const body = Readable.from([Buffer.from('abc')], { objectMode: false });
    expect(await codeOf(outboundWith({ idle: 100 }).transfer({ method: 'PUT', url: peer.url, body }))).toBe(
      'peer-timeout',
    );
  });

  it('is left when the body was empty from the start', async () => {
    const peer = await rawWith((socket) => socket.resume());
    const body = Readable.from([], { objectMode: false });
    expect(await codeOf(outboundWith({ idle: 100 }).transfer({ method: 'PUT', url: peer.url, body }))).toBe(
      'peer-timeout',
    );
  });

  it('does not wait for a free connection for ever', async () => {
    const peer = await rawWith((socket) => socket.resume());
    const outbound = outboundWith({ connections: 1, start: 100, headers: 400 });
    const codes = await Promise.all([1, 2].map(() => codeOf(outbound.transfer({ method: 'GET', url: peer.url }))));
    // Only the first says something about the peer: the other never left our own line (F-63).
    expect(codes).toEqual(['peer-timeout', 'unavailable']);
    expect(peer.connections).toBe(1);
  });

  it('FLW-04 is not blamed for a source that is slow itself', async () => {
    const peer = await peerWith((request, response) => {
      request.resume().on('end', () => response.end('stored'));
    });
    const body = new Readable({ read: () => undefined });
    body.push('first');
    const outbound = outboundWith({ idle: 50, headers: 50 });
    const put = outbound.transfer({ method: 'PUT', url: peer.url, body });
    setTimeout(() => body.push(null), 250);
    expect((await put).status).toBe(200);
  });
});

describe('a transfer', () => {
  it('hands over an unread body and the range that the peer chose', async () => {
    const peer = await peerWith((request, response) => {
      response.writeHead(206, { 'Content-Range': `bytes 0-4/9 ${String(request.headers.range)}` }).end('hello');
    });
    const answer = await outboundWith().transfer({ method: 'GET', url: peer.url, headers: { Range: 'bytes=0-4' } });
    expect([answer.status, answer.headers['content-range'], await drain(answer.body)]).toEqual([
      206,
      'bytes 0-4/9 bytes=0-4',
      5,
    ]);
  });

  it('streams an upload with its length and answers what the peer answered', async () => {
    let seen = '';
    const peer = await peerWith((request, response) => {
      drain(request).then(
        (size) => {
          seen = `${String(request.headers['content-length'])} ${String(size)}`;
          response.writeHead(201).end();
        },
        () => undefined,
      );
    });
    const body = Readable.from(megabytes(8), { objectMode: false });
    const headers = { 'Content-Length': String(8 << 20) };
    expect((await outboundWith().transfer({ method: 'PUT', url: peer.url, headers, body })).status).toBe(201);
    expect(seen).toBe(`${String(8 << 20)} ${String(8 << 20)}`);
  });

  it('passes on an answer that comes before the upload is read', async () => {
    const peer = await peerWith((_request, response) => response.writeHead(507).end('full'));
    const body = Readable.from(endless(), { objectMode: false });
    const answer = await outboundWith().transfer({ method: 'PUT', url: peer.url, body });
    expect(answer.status).toBe(507);
    expect(await drain(answer.body)).toBe(4);
    await expect.poll(() => body.destroyed).toBe(true);
  });

  it('PXY-04 refuses coded answers of every kind and drops the connection', async () => {
    for (const coding of ['gzip', 'br', 'deflate', 'zstd', 'gzip, gzip', 'identity, gzip', 'GZIP', 'x-unknown']) {
      const peer = await peerWith((_request, response) => {
        response.writeHead(200, { 'Content-Encoding': coding });
        response.write(Buffer.alloc(1024));
      });
      expect([coding, await codeOf(outboundWith().transfer({ method: 'GET', url: peer.url }))]).toEqual([
        coding,
        'peer-failed',
      ]);
      await expect.poll(() => peer.sockets.size).toBe(0);
    }
    const plain = await peerWith((_request, response) =>
      response.writeHead(200, { 'Content-Encoding': 'Identity' }).end('x'),
    );
    expect((await outboundWith().transfer({ method: 'GET', url: plain.url })).status).toBe(200);
  });

  it('PEER-04 breaks the body when the peer dies under it', async () => {
    const peer = await peerWith((_request, response) => {
      response.writeHead(200, { 'Content-Length': 10 }).write('abc', () => response.socket?.destroy());
    });
    const answer = await outboundWith().transfer({ method: 'GET', url: peer.url });
    expect(await codeOf(drain(answer.body))).toBe('peer-failed');
  });

  it('FLW-03 an abort during a download ends both sides at once', async () => {
    const peer = await peerWith(
      (_request, response) => void pipeline(Readable.from(endless()), response).catch(() => undefined),
    );
    const client = new AbortController();
    const answer = await outboundWith().transfer({ method: 'GET', url: peer.url, signal: client.signal });
    const reading = errorOf(drain(answer.body));
    client.abort(new Error('client left'));
    expect(await reading).toEqual(new Error('client left'));
    await expect.poll(() => peer.sockets.size).toBe(0);
  });

  it('FLW-03 an abort during an upload ends both sides at once', async () => {
    const peer = await peerWith((request) => request.resume());
    const client = new AbortController();
    const body = Readable.from(endless(), { objectMode: false });
    const put = errorOf(outboundWith().transfer({ method: 'PUT', url: peer.url, body, signal: client.signal }));
    await expect.poll(() => peer.connections).toBe(1);
    client.abort(new Error('client left'));
    expect(await put).toEqual(new Error('client left'));
    expect(body.destroyed).toBe(true);
    await expect.poll(() => peer.sockets.size).toBe(0);
  });

  it('FLW-03 a reader that leaves ends the upstream', async () => {
    const peer = await peerWith(
      (_request, response) => void pipeline(Readable.from(endless()), response).catch(() => undefined),
    );
    const answer = await outboundWith().transfer({ method: 'GET', url: peer.url });
    answer.body.destroy();
    await expect.poll(() => peer.sockets.size).toBe(0);
  });

  it('UPL-01 a source that fails breaks the upload and keeps its own error', async () => {
    let complete = false;
    const peer = await peerWith((request) => {
      request
        .resume()
        .on('error', () => undefined)
        .on('end', () => (complete = true));
    });
    const failing = Readable.from(failsAfter(new Failure('quota', 'Full.')), { objectMode: false });
    expect(await codeOf(outboundWith().transfer({ method: 'PUT', url: peer.url, body: failing }))).toBe('quota');
    const leaving = new Readable({ read: () => undefined });
    leaving.push('abc');
    const put = codeOf(outboundWith().transfer({ method: 'PUT', url: peer.url, body: leaving }));
    await expect.poll(() => peer.connections).toBe(2);
    leaving.destroy();
    expect(await put).toBe('invalid');
    await expect.poll(() => peer.sockets.size).toBe(0);
    expect(complete).toBe(false);
  });

  it('UPL-01 a body that does not fit its announced length is never a whole upload', async () => {
    let complete = false;
    const peer = await peerWith((request, response) => {
      request
        .resume()
        .on('error', () => undefined)
        .on('end', () => {
          complete = true;
          response.end();
        });
    });
    for (const length of ['3', '9']) {
      const body = Readable.from([Buffer.from('abcde')], { objectMode: false });
      const put = outboundWith().transfer({
        method: 'PUT',
        url: peer.url,
        body,
        headers: { 'Content-Length': length },
      });
      expect(await codeOf(put)).toBe('invalid');
    }
    expect(complete).toBe(false);
  });

  it('FLW-01 holds a slow reader with back-pressure', async () => {
    let sent = 0;
    const peer = await peerWith((_request, response) => {
      void pipeline(Readable.from(megabytes(64, (size) => (sent += size))), response).catch(() => undefined);
    });
    const answer = await outboundWith().transfer({ method: 'GET', url: peer.url });
    await settled(() => sent);
    expect(sent).toBeLessThan(24 << 20);
    expect(await drain(answer.body)).toBe(64 << 20);
  });
});

async function* endless(): AsyncGenerator<Buffer> {
  for (;;) {
    yield Buffer.alloc(64 * 1024);
    await new Promise(setImmediate);
  }
}

function* megabytes(count: number, onChunk?: (size: number) => void): Generator<Buffer> {
  for (let made = 0; made < count * 16; made += 1) {
    onChunk?.(64 * 1024);
    yield Buffer.alloc(64 * 1024);
  }
}

async function* failsAfter(error: Error): AsyncGenerator<Buffer> {
  yield Buffer.from('first');
  await new Promise(setImmediate);
  throw error;
}

/** Waits until `value` has stood still for a while. */
async function settled(value: () => number): Promise<void> {
  for (let last = -1; last !== value();) {
    last = value();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
