import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Fields, PeerId } from '../../src/kernel/index.js';
import type { IncomingShare } from '../../src/shares/index.js';
import { credentialFields } from './support/peer-voice.js';
import { openStory, type Story } from './support/story.js';

/** How .NET prints a GUID: its formats D, N, B, P and X, and capitals. */
function spellings(guid: string): string[] {
  const bare = guid.replaceAll('-', '');
  const octets = (bare.slice(16).match(/../g) ?? []).map((pair) => `0x${pair}`).join(',');
  const hexadecimal = `{0x${bare.slice(0, 8)},0x${bare.slice(8, 12)},0x${bare.slice(12, 16)},{${octets}}}`;
  const formats = [guid, bare, `{${guid}}`, `(${guid})`, hexadecimal];
  return [...formats, ...formats.map((text) => text.toUpperCase().replaceAll('0X', '0x'))];
}

/** A NEC cloud speaks to ours: one share has as many names as .NET has formats. */
describe('a share of a nec cloud', () => {
  let story: Story;
  beforeAll(async () => {
    story = await openStory();
    await story.birch.services.neighbours.peers.set('Alder', { dialect: 'nec' });
  });
  afterEach(async () => {
    await story.birch.services.neighbours.peers.set('Alder', { dialect: 'nec', allowUnsigned: false });
    await story.forgetLimits();
  });
  afterAll(() => story.close());

  function proposal(shareId: string): Fields {
    const { alder, bo } = story;
    return Object.entries({
      share_id: shareId,
      resource_url: `${alder.url}/v1/folder/1`,
      owner_name: 'Ana Alvarez',
      owner_email: 'ana@alder.example',
      resource_name: 'Plans',
      permission: 'read-only',
      recipient: bo.email,
      callback: `${alder.url}/interop/result/abc`,
    });
  }

  const propose = (shareId: string) => story.asAlder.post('/interop/share', proposal(shareId));
  const alderId = async (): Promise<PeerId> => {
    const peer = await story.birch.services.neighbours.peers.byName('Alder');
    if (peer === undefined) throw new Error('nobody knows Alder');
    return peer.id;
  };
  const half = async (shareId: string): Promise<IncomingShare> => {
    const {
      shares: { incoming },
      base: { database },
    } = story.birch.services;
    const share = await incoming.byName(database.read, await alderId(), { shareId });
    if (share === undefined) throw new Error(`no share ${shareId}`);
    return share;
  };
  const accept = async (shareId: string): Promise<URL> => {
    const { id, digest } = await half(shareId);
    return (await story.birch.services.agreements.proposals.decide(story.bo.accountId, id, digest, true)).location;
  };

  it('is one, whichever spelling each proposal, its repeats, the key and the end use (F-15)', async () => {
    const names = spellings(randomUUID());
    for (const [index, first] of names.entries()) {
      const guid = spellings(randomUUID());
      const name = guid[index] ?? first;
      const { status, headers } = await propose(name);
      expect(status).toBe(303);
      for (const again of guid) {
        const repeated = await propose(again);
        expect([repeated.status, repeated.headers.location]).toEqual([303, headers.location]);
      }
      // What we send names it as its cloud did.
      expect((await accept(name)).searchParams.get('share_id')).toBe(name);
      for (const again of guid) expect((await story.asAlder.credentials(again, 'token', 'secret')).status).toBe(200);
      const [end = ''] = guid.slice(-1 - index);
      expect((await story.asAlder.unshare(end, 'revoked')).status).toBe(200);
      expect((await half(name)).state).toBe('revoked');
      for (const again of guid) expect((await propose(again)).status).toBe(409);
      await story.forgetLimits();
    }
  });

  it('is found for a key that nobody signed, and not for another GUID (F-15)', async () => {
    await story.birch.services.neighbours.peers.set('Alder', { allowUnsigned: true });
    const [name = '', ...others] = spellings(randomUUID());
    await propose(name);
    await accept(name);
    const deliver = async (shareId: string): Promise<number> => {
      const fields = credentialFields(shareId, 'token', 'secret');
      return (await story.asAlder.post('/interop/credentials', fields, { unsigned: true })).status;
    };
    for (const other of spellings(randomUUID())) expect(await deliver(other)).toBe(404);
    for (const again of others) expect(await deliver(again)).toBe(200);
    expect((await half(name)).grantDigest).toBeDefined();
  });

  it('that ended before it came is known by every spelling (F-15)', async () => {
    const [name = '', ...others] = spellings(randomUUID());
    expect((await story.asAlder.unshare(name)).status).toBe(404);
    for (const again of [name, ...others]) expect((await propose(again)).status).toBe(409);
  });

  it('keeps the very name that is no GUID, and clouds of other makes keep all (F-15)', async () => {
    await propose('Plans');
    expect((await story.asAlder.unshare('plans')).status).toBe(404);
    expect((await story.asAlder.unshare('Plans')).status).toBe(200);
    await story.birch.services.neighbours.peers.set('Alder', { dialect: 'spec' });
    const [name = '', bare = ''] = spellings(randomUUID());
    await propose(name);
    expect((await story.asAlder.unshare(bare)).status).toBe(404);
    expect((await half(name)).state).toBe('pending');
  });

  it('whose cloud was registered as another make before is still found by its very name (F-15)', async () => {
    await story.birch.services.neighbours.peers.set('Alder', { dialect: 'spec' });
    const name = randomUUID().toUpperCase();
    await propose(name);
    await story.birch.services.neighbours.peers.set('Alder', { dialect: 'nec' });
    expect((await story.asAlder.unshare(name)).status).toBe(200);
  });
});
