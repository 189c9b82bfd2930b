import type { RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isFailure } from '../../../src/kernel/index.js';
import { httpPeer, rawPeer, type ScriptedPeer } from '../../platform/outbound-peers.js';
import { openSpace } from './support.js';

const item = { id: 8, parent_id: 7, filename: 'a.txt', is_folder: false, status: 'NEW', version: 1, checksum: 1 };
const metadata = { ...item, modified_at: '2026-11-02 09:00:00.5', size: 5, mimetype: 'text/plain' };

function over(peer: ScriptedPeer) {
  onTestFinished(() => peer.stop());
  return openSpace({ resourceUrl: `${peer.url}/v1/folder/7` }).space;
}

async function against(listener: RequestListener) {
  return over(await httpPeer(listener));
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isFailure(error)) throw error;
  return error.code;
}

describe('JSON that goes out', () => {
  it('is read alike as ISO-8859-15 and as UTF-8 (F-19)', async () => {
    const bodies: Buffer[] = [];
    const space = await against((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        bodies.push(Buffer.concat(pieces));
        response.writeHead(201).end(JSON.stringify({ ...metadata, filename: 'x', is_folder: true }));
      });
    });
    const name = 'Ænima €uro – 文件 🎉 \u007f';
    await space.makeFolder('7', name);
    await space.move('8', { name });
    expect(bodies).toHaveLength(2);
    for (const body of bodies) {
      expect([...body].every((byte) => byte < 0x7f)).toBe(true);
      expect((JSON.parse(new TextDecoder('iso-8859-15').decode(body)) as { name: string }).name).toBe(name);
    }
  });
});

describe('a request that something on the way has repeated', () => {
  const replay = { 'www-authenticate': 'OAuth realm="cloud", oauth_problem="nonce_used"' };

  /** Refuses the first request as a replay; answers what it is told to the next. */
  async function repeating(answer: string) {
    const proofs: string[] = [];
    const space = await against((request, response) => {
      request.resume().on('end', () => {
        proofs.push(String(request.headers.authorization));
        if (proofs.length === 1) response.writeHead(401, replay).end('Could not authorize request');
        else response.writeHead(200, { 'content-length': String(answer.length) }).end(answer);
      });
    });
    return { space, proofs };
  }

  it('is signed afresh once when it asks (F-87)', async () => {
    const { space, proofs } = await repeating(JSON.stringify(metadata));
    expect(await space.stat('8')).toMatchObject({ key: '8' });
    expect(new Set(proofs).size).toBe(2);
  });

  it('is signed afresh once when it reads content (F-87)', async () => {
    const { space, proofs } = await repeating('hello');
    const opened = await space.open('8');
    expect(opened.outcome === 'content' && (await text(opened.body))).toBe('hello');
    expect(new Set(proofs).size).toBe(2);
  });

  it('is repeated when a key makes its repeats one, and else nobody knows whether it was taken (F-87)', async () => {
    const keyed = await repeating(JSON.stringify(metadata));
    await keyed.space.move('8', { name: 'b' }, { receipt: { key: 'once', digest: 'x' } });
    expect(keyed.proofs).toHaveLength(2);
    const bare = await repeating(JSON.stringify(metadata));
    expect(await codeOf(bare.space.move('8', { name: 'b' }))).toBe('peer-timeout');
    expect(bare.proofs).toHaveLength(1);
    const upload = await repeating(JSON.stringify(metadata));
    const body = Readable.from([Buffer.from('hello')]);
    expect(await codeOf(upload.space.replace('8', { body, length: 5 }))).toBe('peer-timeout');
  });
});

describe('a cloud that hangs', () => {
  const ASKS = {
    'a listing': (space: Awaited<ReturnType<typeof against>>) => listed(space),
    metadata: (space) => space.stat('8'),
    versions: (space) => space.versions('8'),
    'a new folder': (space) => space.makeFolder('7', 'a'),
    'a move': (space) => space.move('8', { name: 'b' }),
    'a deletion': (space) => space.remove('8'),
  } satisfies Record<string, (space: Awaited<ReturnType<typeof against>>) => Promise<unknown>>;

  async function listed(space: Awaited<ReturnType<typeof against>>): Promise<void> {
    for await (const child of (await space.list('7')).children) expect(child).toBeDefined();
  }

  it('before or within its answer costs an app less than 8 seconds (F-26)', { timeout: 20_000 }, async () => {
    const silent = await rawPeer((socket) => socket.resume());
    const halting = await rawPeer((socket) => {
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id": 8,'));
    });
    const timed = async (ask: (space: ReturnType<typeof over>) => Promise<unknown>, peer: ScriptedPeer) => {
      const from = performance.now();
      const code = await codeOf(ask(over(peer)));
      return { code, isInTime: performance.now() - from < 8_000 };
    };
    const asked = Object.values(ASKS).flatMap((ask) => [timed(ask, silent), timed(ask, halting)]);
    for (const answer of await Promise.all(asked)) {
      expect(answer.isInTime).toBe(true);
      expect(['peer-timeout', 'peer-failed']).toContain(answer.code);
    }
  });
});
