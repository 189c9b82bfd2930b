import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPair, type Pair } from '../support/open-pair.js';
import { send } from './support/wire.js';

describe('the logo of another cloud', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await openPair();
  });
  afterAll(() => pair.close());

  it('is copied from where its document says, and shown from the copy as a thing that cannot act', async () => {
    const { alder, birch } = pair;
    const { logo } = (await (await fetch(`${birch.url}/.well-known/cloudspaces`)).json()) as { logo: string };
    const { id } = await alder.services.neighbours.peers.set('Birch', { logoUrl: logo });
    const before = birch.connections.length;
    const shown = await send(`${alder.url}/peers/${id}/logo`);
    expect(shown.status).toBe(200);
    expect(shown.headers).toMatchObject({
      'content-type': 'image/png',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox') as string,
    });
    const etag = String(shown.headers['etag']);
    expect((await send(`${alder.url}/peers/${id}/logo`, { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect(birch.connections).toHaveLength(before);
  });

  it('is not there for a peer without one, and for nobody', async () => {
    const { alder, birch } = pair;
    const peer = await birch.services.neighbours.peers.byName('Alder');
    expect((await send(`${birch.url}/peers/${peer?.id ?? ''}/logo`)).status).toBe(404);
    expect((await send(`${alder.url}/peers/nobody/logo`)).status).toBe(404);
  });
});
