import { describe, expect, it, onTestFinished } from 'vitest';
import { readGrant } from '../../src/federation/cloudspaces/reading.js';
import { attempted } from '../../src/federation/peer-call/answers.js';
import { createSignedWire } from '../../src/federation/index.js';
import { createSigner } from '../../src/oauth1/index.js';
import type { Peer } from '../../src/peers/index.js';
import { createOutbound } from '../../src/platform/index.js';
import { httpPeer } from '../platform/outbound-peers.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';

/** A wire to a peer that answers as it is told, and what the peer was sent. */
async function wireTo(answer: (count: number) => { status: number; headers?: Record<string, string>; body: string }) {
  const proofs: string[] = [];
  const server = await httpPeer((request, response) => {
    request.resume().on('end', () => {
      proofs.push(String(request.headers.authorization));
      const { status, headers, body } = answer(proofs.length);
      response.writeHead(status, headers ?? {}).end(body);
    });
  });
  onTestFinished(() => server.stop());
  const clock = createHandClock();
  const outbound = createOutbound({ allowInsecure: true, exceptions: [] });
  onTestFinished(() => outbound.close());
  const wire = createSignedWire({ outbound, clock, signer: createSigner({ clock, random: createSeededRandom('w') }) });
  const peer = { name: 'Birch', outbound: { key: 'key', secret: 'secret' }, origins: [server.url] } as unknown as Peer;
  return { proofs, post: () => wire.postForm(peer, `${server.url}/unshare`, [['share_id', 'one']]) };
}

describe('the answer to a message', () => {
  it.each([
    [200, 'taken'],
    [404, 'unknown'],
    [409, 'unfit'],
    [503, 'trouble'],
  ])('of status %i is judged by it, however long its body is (F-71)', async (status, kind) => {
    const { post } = await wireTo(() => ({ status, body: 'x'.repeat(3 * 64 * 1024) }));
    expect(await attempted(post)).toMatchObject({ kind });
  });

  it('that says that the message came before is asked for once more, signed afresh (F-87)', async () => {
    const replay = { 'www-authenticate': 'OAuth oauth_problem=nonce_used' };
    const { post, proofs } = await wireTo((count) => ({ status: count === 1 ? 401 : 200, headers: replay, body: '' }));
    expect(await attempted(post)).toMatchObject({ kind: 'taken' });
    expect(new Set(proofs).size).toBe(2);
  });
});

describe('credentials', () => {
  it.each(['', ' ', '\u00a0', '   '])('with the blank secret %j have none (F-71)', (secret) => {
    const fields = [
      ['share_id', 'one'],
      ['auth_protocol', 'oauth'],
      ['auth_protocol_version', '1.0a'],
      ['access_token_key', 'token'],
      ['access_token_secret', secret],
    ] as const;
    expect(() => readGrant(fields)).toThrow('access_token_secret is missing');
  });
});
