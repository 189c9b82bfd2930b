import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ownServer, parseInvite, printAddress } from '../../src/federation/index.js';
import { signMessage } from '../../src/http-signatures/index.js';
import type { Email } from '../../src/kernel/index.js';
import { addressOf, meet, openMesh } from './support/mesh.js';
import { postSigned, shareText } from './support/mesh-voice.js';
import type { Story } from './support/story.js';
import { send } from './support/wire.js';
import { endEverything, withoutEffect } from './support/world.js';

/** What a refused message may leave: counters of limits, what is known of signatures, and what a peer said first. */
const TRACES = ['limits', 'nonces', 'peer_ocm', '(connections)'] as const;

const hostAt = ({ url }: Story['alder']): string => new URL(url).host;

const OLDER = 'ana.older@elsewhere.example' as Email;

describe('for whom a share by Open Cloud Mesh is', () => {
  let story: Story;
  let cedar: Story['alder'];

  beforeAll(async () => {
    story = await openMesh();
    cedar = await story.found('Cedar');
    await meet(story.alder, cedar);
    await meet(cedar, story.alder);
  });
  beforeEach(() => story.forgetLimits());
  afterEach(() => endEverything(story));
  afterAll(() => story.close());

  const at = (station: Story['alder'], id: string): string => printAddress({ ...ownServer(new URL(station.url)), id });

  /** Somebody at a cloud shares with Ana's older address; answers the status, and the address of whoever is offered it. */
  async function arrived(from: Story['alder'], who: string): Promise<readonly [number, Email | undefined]> {
    const { base, shares } = story.alder.services;
    const share = shareText(at(from, who), at(story.alder, OLDER));
    const { status } = await postSigned(from, story.alder, 'shares', share);
    const [row] = await shares.incoming.named(base.database.read, String(share['providerId']));
    return [status, row?.recipient];
  }

  it('is found by what the server of a contact was told, whatever their address is now (OCM-07)', async () => {
    const { alder, birch, ana } = story;
    const { base, ocm, people } = alder.services;
    const bo = { ...ownServer(new URL(birch.url)), id: 'bo' };
    await base.database.write((trx) =>
      ocm.book.add(trx, ana.accountId, { address: bo, userId: 'bo', ownUserId: OLDER, name: 'Bo', email: undefined }),
    );
    // Her contact, and others of that server, mean Ana by the older address; nobody at another server does.
    expect(await arrived(birch, 'bo')).toEqual([201, ana.email]);
    expect(await arrived(birch, 'dan')).toEqual([201, ana.email]);
    expect(await withoutEffect(story, () => arrived(cedar, 'bo'), TRACES)).toEqual([400, undefined]);
    // The address belongs to somebody else now: those who do not know Ana mean that person.
    await people.accounts.add(OLDER, 'Olga');
    expect(await arrived(birch, 'bo')).toEqual([201, ana.email]);
    expect(await arrived(birch, 'dan')).toEqual([201, OLDER]);
    await people.accounts.disable(OLDER);
    expect(await arrived(birch, 'dan')).toEqual([201, ana.email]);
    await base.database.write((trx) => trx('ocm_contacts').delete());
    expect(await arrived(birch, 'bo')).toEqual([400, undefined]);
  });

  it('says no trusted server but the one that it names: an acceptance of another one is refused and changes nothing (OCM-07)', async () => {
    const { alder, birch, ana } = story;
    const { invites, book } = alder.services.agreements.contacts;
    const { token } = parseInvite((await invites.make(ana.accountId, 'Bo')).text);
    const told = { token, userID: 'bo', email: 'bo@birch.example', name: 'Bo', recipientProvider: hostAt(birch) };
    const accept = async (from: Story['alder']): Promise<number> => {
      const there = { host: hostAt(alder), path: '', isPlain: true };
      return (await from.services.ocm.wire.post(there, 'invite-accepted', told)).status;
    };
    expect(await withoutEffect(story, () => accept(cedar), TRACES)).toBe(403);
    expect(await accept(birch)).toBe(200);
    expect(await book.list(ana.accountId)).toHaveLength(1);
  });
});

describe('a message by Open Cloud Mesh that does not prove whose it is', () => {
  let story: Story;
  beforeAll(async () => {
    story = await openMesh();
  });
  afterAll(() => story.close());

  /** Signed by Birch as of some seconds ago. */
  async function signed(secondsAgo: number, body: string): Promise<Record<string, string>> {
    const { rfc9421 } = await story.birch.services.ocm.keys.get();
    const url = new URL(`${story.alder.url}/ocm/shares`);
    const at = story.alder.clock.now() - secondsAgo * 1_000;
    return { ...signMessage({ method: 'POST', url, body: Buffer.from(body) }, rfc9421, at) };
  }

  const post = async (body: string, headers: Record<string, string>): Promise<number> =>
    (
      await send(`${story.alder.url}/ocm/shares`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
      })
    ).status;

  it('is refused and writes nothing: unsigned by who signs, stale, changed, and told again (OCM-01, OCM-03)', async () => {
    const { birch, ana } = story;
    const bo = printAddress({ ...ownServer(new URL(birch.url)), id: 'bo' });
    const body = JSON.stringify(shareText(bo, addressOf(ana)));
    const headers = await signed(0, body);
    expect(await post(body, headers)).toBe(201);
    const other = JSON.stringify(shareText(bo, addressOf(ana)));
    const { 'content-digest': digest = '', ...undigested } = await signed(1, other);
    const refused: readonly (readonly [string, string, Record<string, string>])[] = [
      ['unsigned', other, {}],
      ['stale', other, await signed(310, other)],
      ['from the future', other, await signed(-70, other)],
      ['changed', other.replace('Recipes', 'Recipez'), { ...undigested, 'content-digest': digest }],
      ['without its digest', other, undigested],
      ['told again', body, headers],
    ];
    for (const [what, text, proof] of refused) {
      // Not even that a signature was seen.
      const status = await withoutEffect(story, () => post(text, proof), ['limits', '(connections)']);
      expect([what, status]).toEqual([what, 401]);
    }
  });
});
