import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Finding } from '../../src/doctor/index.js';
import { DAY, HOUR, MINUTE, parseItemId, ROOT_ID } from '../../src/kernel/index.js';
import { openMailbox } from '../mail/mailbox.js';
import { openPair, type Station } from '../support/open-pair.js';
import { endEverything } from './support/world.js';
import {
  activate,
  carryDecision,
  choose,
  decideUnheard,
  halvesOf,
  invite,
  openStory,
  type Invited,
  type Story,
} from './support/story.js';
import { startStub } from './support/stub.js';

let story: Story;
beforeAll(async () => {
  story = await openStory();
});
beforeEach(() => story.forgetLimits());
afterAll(() => story.close());

/** What the doctor of a cloud says of a share: what is wrong, and what it waits for. */
async function findings(at: Station, { folder }: Invited): Promise<Finding[]> {
  const { outgoing } = await halvesOf(story, folder);
  const [examined] = await at.services.care.doctor.named(outgoing.shareId);
  return [...(examined?.findings ?? [])];
}

const codes = (found: readonly Finding[]): string[] => found.map(({ code }) => code);

/** Makes Birch take credentials elsewhere until the running test ends, and its breaker forget. */
async function credentialsTo(credentialsUrl: string): Promise<void> {
  const { peers, breakers } = story.alder.services.neighbours;
  const birch = await peers.byName('Birch');
  await peers.set('Birch', { credentialsUrl });
  onTestFinished(async () => {
    await endEverything(story);
    await peers.set('Birch', { credentialsUrl: birch?.credentialsUrl });
    breakers.of(birch?.id ?? '').succeeded();
  });
}

/** Bo has accepted and Alder has heard; the key was sent once. */
async function accepted(): Promise<Invited> {
  await story.forgetLimits();
  const invited = await invite(story);
  await choose(story, invited);
  await decideUnheard(story, invited, true);
  await carryDecision(story, invited, true);
  await story.alder.cloud.drain();
  return invited;
}

const answering =
  (status: number, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end();

describe('OPS-08 share doctor names the fault that really happened', () => {
  it.each([
    ['a peer that has an error', answering(500), 'internal-error', 'answered 500'],
    ['a peer that limits calls', answering(429, { 'retry-after': '600' }), 'asks-for-patience', 'answered 429'],
    ['a half started peer (404)', answering(404), 'unknown-there', 'answered 404'],
    ['a peer that redirects', answering(308, { location: '/elsewhere' }), 'redirected', 'answered 308'],
    ['a peer that refuses', answering(403), 'refused', 'answered 403'],
    ['a peer that does not understand', answering(400), 'not-understood-for-good', 'answered 400'],
  ])('OPS-08 DLV-05 %s', async (_fault, answer, code, heard) => {
    const stub = await startStub(answer);
    await credentialsTo(`${stub.url}/interop/credentials`);
    const found = await findings(story.alder, await accepted());
    expect(codes(found)).toEqual(['key-on-its-way', code]);
    expect(found[1]).toMatchObject({ grade: 'trouble', detail: heard });
  });

  it('OPS-08 DLV-04 Retry-After: the next attempt is when the peer wished', async () => {
    const stub = await startStub(answering(503, { 'retry-after': '1800' }));
    await credentialsTo(`${stub.url}/interop/credentials`);
    const [, finding] = await findings(story.alder, await accepted());
    const wait = (finding?.next ?? 0) - story.alder.clock.now();
    expect([wait >= 30 * MINUTE, wait <= 36 * MINUTE]).toEqual([true, true]);
  });

  it('OPS-08 DLV-05 a peer that holds another state (409): the share has ended, and why', async () => {
    const stub = await startStub(answering(409));
    await credentialsTo(`${stub.url}/interop/credentials`);
    expect(codes(await findings(story.alder, await accepted()))).toContain('ended-key-refused');
  });

  it('OPS-08 a peer that is down', async () => {
    await credentialsTo('http://localhost:9/interop/credentials');
    const found = await findings(story.alder, await accepted());
    expect(codes(found)).toEqual(['key-on-its-way', 'unreachable']);
    expect(found[1]?.detail).toContain('ECONNREFUSED');
  });

  it('OPS-08 PEER-01 a black hole that takes connections and says nothing', async () => {
    const hole = createServer().listen(0, 'localhost');
    await once(hole, 'listening');
    onTestFinished(() => void hole.close());
    await credentialsTo(`http://localhost:${String((hole.address() as AddressInfo).port)}/interop/credentials`);
    expect(codes(await findings(story.alder, await accepted()))).toEqual(['key-on-its-way', 'silent']);
  });

  it('OPS-08 a peer without TLS where TLS should be', async () => {
    const stub = await startStub(answering(200));
    await credentialsTo(`https://localhost:${String(stub.port)}/interop/credentials`);
    expect(codes(await findings(story.alder, await accepted()))).toEqual(['key-on-its-way', 'tls-trouble']);
    expect(stub.heard).toEqual([]);
  });

  it('OPS-08 wrong keys', async () => {
    const { peers } = story.alder.services.neighbours;
    const { outbound } = (await peers.byName('Birch')) ?? {};
    if (outbound === undefined) throw new Error('Birch issued no keys');
    const invited = await invite(story);
    await choose(story, invited);
    await decideUnheard(story, invited, true);
    await peers.set('Birch', { outbound: { key: outbound.key, secret: 'notTheSecretThatWasIssued' } });
    onTestFinished(async () => {
      await peers.set('Birch', { outbound });
    });
    await carryDecision(story, invited, true);
    await story.alder.cloud.drain();
    const found = await findings(story.alder, invited);
    expect(codes(found)).toEqual(['key-on-its-way', 'signature-refused']);
    expect(found[1]?.sentence).toContain('does not accept our signature');
  });

  it('OPS-08 OPS-06 a peer whose clock is off and that refuses what we sign', async () => {
    const date = new Date(story.alder.clock.now() + 2 * HOUR).toUTCString();
    const stub = await startStub(answering(401, { date }));
    await credentialsTo(`${stub.url}/interop/credentials`);
    const invited = await accepted();
    await story.alder.services.neighbours.conditions.settled();
    const found = await findings(story.alder, invited);
    expect(codes(found)).toEqual(['key-on-its-way', 'signature-refused', 'peer-clock']);
    expect(found[1]?.sentence).toContain('2 hours ahead of ours');
  });

  it('OPS-06 a clock that is off and was corrected for is noted, and forgotten once it is right', async () => {
    story.birch.clock.advance(HOUR);
    const invited = await accepted();
    await story.alder.services.neighbours.conditions.settled();
    expect(codes(await findings(story.alder, invited))).toEqual(['works', 'peer-clock']);
    story.birch.clock.advance(-HOUR);
    await accepted();
    await story.alder.services.neighbours.conditions.settled();
    expect(codes(await findings(story.alder, invited))).toEqual(['works']);
    await endEverything(story);
  });

  it('OPS-08 PEER-02 a peer that failed too often rests, and what waits does so without attempts', async () => {
    const stub = await startStub(answering(500));
    await credentialsTo(`${stub.url}/interop/credentials`);
    const all = [];
    for (let number = 0; number < 6; number += 1) all.push(await accepted());
    await story.alder.services.neighbours.conditions.settled();
    const [last] = all.slice(-1);
    if (last === undefined) throw new Error('nothing was shared');
    expect(codes(await findings(story.alder, last))).toEqual(['key-on-its-way', 'peer-resting']);
    const [examined] = await story.alder.services.care.doctor.named(
      (await halvesOf(story, last.folder)).outgoing.shareId,
    );
    expect(examined?.facts.deliveries).toMatchObject([{ standing: 'waiting', attempts: 0 }]);
  });

  it('OPS-08 CRD-07 a peer that moved after it was picked', async () => {
    const invited = await invite(story);
    await choose(story, invited);
    await decideUnheard(story, invited, true);
    const stub = await startStub(answering(200));
    await credentialsTo(`${stub.url}/interop/credentials`);
    expect(codes(await findings(story.alder, invited))).toEqual(['waits-for-answer', 'peer-moved', 'mail-sent']);
    await carryDecision(story, invited, true);
    await story.alder.cloud.drain();
    expect(codes(await findings(story.alder, invited))).toContain('choice-undone');
    expect(stub.heard).toEqual([]);
  });

  it('OPS-08 a cloud that did not take the offer', async () => {
    const { peers } = story.alder.services.neighbours;
    const birch = await peers.byName('Birch');
    const stub = await startStub(answering(503));
    const invited = await invite(story);
    await peers.set('Birch', { shareUrl: `${stub.url}/interop/share` });
    onTestFinished(async () => {
      await peers.set('Birch', { shareUrl: birch?.shareUrl });
    });
    await expect(choose(story, invited)).rejects.toThrow('did not take the invitation');
    const [stands] = await findings(story.alder, invited);
    expect(stands).toMatchObject({ code: 'offer-not-taken', grade: 'trouble' });
    expect(stands?.sentence).toContain('asks us to come back later');
  });

  it('OPS-08 the folder was deleted, and the other cloud has not heard', async () => {
    const { peers } = story.alder.services.neighbours;
    const birch = await peers.byName('Birch');
    const invited = await activate(story);
    await peers.set('Birch', { unshareUrl: 'http://localhost:9/interop/unshare' });
    onTestFinished(async () => {
      await peers.set('Birch', { unshareUrl: birch?.unshareUrl });
    });
    const ana = { kind: 'person', accountId: story.ana.accountId } as const;
    await story.alder.services.files.tree.remove(ana, parseItemId(String(invited.folder)));
    await story.alder.cloud.drain();
    expect(codes(await findings(story.alder, invited))).toEqual(['ended-folder-deleted', 'unreachable']);
  });

  it('OPS-08 CNV-03 the owner’s cloud is away: the mount stays, and the recipient’s doctor says why', async () => {
    const invited = await activate(story);
    const { database } = story.birch.services.base;
    const { incoming } = await halvesOf(story, invited.folder);
    const peer = await story.birch.services.neighbours.peers.byName('Alder');
    const lead = (url: string, origins: readonly string[]): Promise<void> =>
      database.write(async (trx) => {
        await trx('incoming_shares')
          .where({ id: incoming?.id ?? '' })
          .update({ resource_url: url });
        await trx('peers')
          .where({ name: 'Alder' })
          .update({ origins: JSON.stringify(origins) });
      });
    await lead(`http://localhost:9/v1/folder/${String(invited.folder)}`, ['http://localhost:9']);
    await story.birch.services.care.doctor.retry({ direction: 'incoming', id: incoming?.id ?? '' }, story.bo.accountId);
    await story.birch.cloud.drain();
    const found = await findings(story.birch, invited);
    expect(codes(found)).toEqual(['works', 'unreachable']);
    expect(found[1]?.detail).toContain('ECONNREFUSED');
    expect((await halvesOf(story, invited.folder)).incoming?.problem).toBe('The other cloud could not be reached.');
    await lead(incoming?.resourceUrl ?? '', peer?.origins ?? []);
    await endEverything(story);
  });

  it('OPS-08 OPS-05 the owner’s cloud was restored: the key is refused, and the share ends ten minutes later (F-06)', async () => {
    const invited = await activate(story);
    const { outgoing, incoming } = await halvesOf(story, invited.folder);
    const {
      base: { database },
      shares: { grants },
    } = story.alder.services;
    await database.write((trx) => grants.kill(trx, outgoing.id));
    await story.birch.services.care.doctor.retry({ direction: 'incoming', id: incoming?.id ?? '' }, story.bo.accountId);
    await story.birch.cloud.drain();
    expect(codes(await findings(story.birch, invited))).toEqual(['key-refused', 'checked']);
    await story.pass(10 * MINUTE);
    expect(codes(await findings(story.birch, invited))).toEqual(['ended-key-dead']);
  });

  it('OPS-08 OPS-05 the database was restored without its queue', async () => {
    const stub = await startStub(answering(500));
    await credentialsTo(`${stub.url}/interop/credentials`);
    const invited = await accepted();
    await story.alder.services.base.database.write((trx) => trx('deliveries').where({ kind: 'credentials' }).delete());
    expect(codes(await findings(story.alder, invited))).toEqual(['key-on-its-way', 'nothing-queued']);
  });

  it('OPS-08 the keys of the peer are missing', async () => {
    const {
      base: { database },
      neighbours: { peers },
    } = story.birch.services;
    const { outbound } = (await peers.byName('Alder')) ?? {};
    const invited = await invite(story);
    await choose(story, invited);
    const forget = { outbound_key: null, outbound_secret: null };
    await decideUnheard(story, invited, true);
    await database.write((trx) => trx('peers').where({ name: 'Alder' }).update(forget));
    onTestFinished(async () => {
      await peers.set('Alder', { outbound });
    });
    story.advance(MINUTE);
    await story.birch.cloud.drain();
    expect(codes(await findings(story.birch, invited))).toEqual(['waits-for-key', 'no-keys']);
  });

  it('OPS-08 ADM-03 the peer was blocked: the share ended with it', async () => {
    const invited = await activate(story);
    const { peers } = story.alder.services.neighbours;
    await peers.block('Birch', story.ana.accountId);
    onTestFinished(() => peers.unblock('Birch'));
    const found = await findings(story.alder, invited);
    expect(codes(found)).toEqual(['ended-peer-blocked', 'peer-blocked']);
  });

  it('OPS-08 its time is up and the service does not look', async () => {
    const invited = await accepted();
    story.alder.clock.advance(HOUR);
    const until = { expires_at: story.alder.clock.now() };
    await story.alder.services.base.database.write((trx) => trx('outgoing_shares').update(until));
    story.alder.clock.advance(2 * DAY);
    expect(codes(await findings(story.alder, invited))).toContain('end-overdue');
    story.alder.clock.advance(-2 * DAY - HOUR);
    await story.alder.services.base.database.write((trx) => trx('outgoing_shares').update({ expires_at: null }));
    await endEverything(story);
  });

  it('OPS-08 the mail server does not know the address', async () => {
    const refusing = await openMailbox({
      onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no such user'), { responseCode: 550 })),
    });
    const pair = await openPair(async () => ({ FOOTBRIDGE_SMTP_URL: refusing.url }));
    onTestFinished(async () => {
      await pair.close();
      await refusing.stop();
    });
    const {
      files: { tree },
      agreements: { sharing },
      care: { doctor },
    } = pair.alder.services;
    const ana = { kind: 'person', accountId: pair.ana.accountId } as const;
    const { id } = await tree.makeFolder(ana, ROOT_ID, 'Plans');
    const shared = await sharing.share(ana.accountId, id, { addresses: [pair.bo.email], permission: 'read-only' });
    await pair.settle();
    const [examined] = await doctor.named(shared.proposals[0]?.shareId ?? '');
    expect(codes(examined?.findings ?? [])).toEqual([
      'waits-for-choice',
      // the invitation, and the letter that tells Ana of it
      'letter-refused-for-good',
      'letter-refused-for-good',
      'mail-refused',
    ]);
  });
});

describe('share doctor and share retry', () => {
  it('G1 show every share of a name, each with its own cloud', async () => {
    const invited = await activate(story);
    const { outgoing, incoming } = await halvesOf(story, invited.folder);
    const {
      base: { database },
      care: { doctor },
    } = story.birch.services;
    const row = await database
      .read('incoming_shares')
      .where({ id: incoming?.id ?? '' })
      .first<object>();
    const other = await story.birch.services.neighbours.peers.add({
      name: 'Cedar',
      shareUrl: 'https://cedar.example/interop/share',
      credentialsUrl: 'https://cedar.example/interop/credentials',
    });
    const twin = {
      ...row,
      id: 'twin',
      peer_id: other.peer.id,
      state: 'declined',
      grant_sealed: null,
      grant_digest: null,
    };
    await database.write((trx) => trx('incoming_shares').insert(twin));
    const examined = await doctor.named(outgoing.shareId);
    expect(examined.map(({ facts }) => [facts.peer?.name, facts.share.state]).sort()).toEqual([
      ['Alder', 'active'],
      ['Cedar', 'declined'],
    ]);
    expect(await doctor.named('twin')).toHaveLength(1);
    await expect(doctor.named('nobody')).rejects.toMatchObject({ code: 'not-found' });
    await endEverything(story);
  });

  it('DLV-01 a message that was given up arrives once somebody retries it, and the log says who', async () => {
    let answer = 400;
    const stub = await startStub((response) => void response.writeHead(answer).end());
    await credentialsTo(`${stub.url}/interop/credentials`);
    const invited = await accepted();
    const { doctor } = story.alder.services.care;
    const { outgoing } = await halvesOf(story, invited.folder);
    answer = 200;
    expect(await doctor.retry({ direction: 'outgoing', id: outgoing.id }, story.ana.accountId)).toHaveLength(1);
    await story.alder.cloud.drain();
    const [examined] = await doctor.named(outgoing.shareId);
    expect(examined?.facts.share.state).toBe('active');
    const line = examined?.facts.history.find(({ event }) => event === 'retry');
    expect(line).toMatchObject({ actor: story.ana.name, note: 'credentials', from: 'accepted', to: 'accepted' });
  });

  it('PEER-02 a person’s retry passes at once although the peer rests', async () => {
    let answer = 500;
    const stub = await startStub((response) => void response.writeHead(answer).end());
    await credentialsTo(`${stub.url}/interop/credentials`);
    const all = [];
    for (let number = 0; number < 6; number += 1) all.push(await accepted());
    const [first] = all;
    if (first === undefined) throw new Error('nothing was shared');
    const birch = await story.alder.services.neighbours.peers.byName('Birch');
    answer = 200;
    // These five, and perhaps ends of earlier shares that Birch never heard of.
    const retried = await story.alder.services.care.doctor.retryPeer(birch?.id, story.ana.accountId);
    expect(retried).toBeGreaterThanOrEqual(5);
    await story.alder.cloud.drain();
    expect((await halvesOf(story, first.folder)).outgoing.state).toBe('active');
  });

  it('SEC-02 say nothing that opens anything', async () => {
    const invited = await activate(story);
    const { outgoing, incoming, grant, callback } = await halvesOf(story, invited.folder);
    const said = JSON.stringify([
      await story.alder.services.care.doctor.named(outgoing.shareId),
      await story.birch.services.care.doctor.named(outgoing.shareId),
      await story.alder.services.care.journal.page({ limit: 100 }),
    ]);
    const birch = await story.alder.services.neighbours.peers.byName('Birch');
    const secrets = [
      grant?.token,
      grant?.secret,
      callback,
      invited.token,
      birch?.outbound?.secret,
      birch?.inbound.secret,
    ];
    for (const secret of [...secrets, incoming?.grantSealed]) expect(said).not.toContain(secret ?? 'missing');
    expect(secrets.filter((secret) => secret === undefined)).toEqual([]);
  });
});
