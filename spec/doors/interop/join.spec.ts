import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { JoinRequests, wellKnown } from '../../../src/peers/index.js';
import { createLog } from '../../../src/platform/index.js';
import type { Answer } from '../../journeys/support/wire.js';
import { ask, join, openStrangers, outcomesAt, postJson, requestAt, type Strangers } from '../../peers/strangers.js';
import type { Station } from '../../support/open-pair.js';
import { openScriptedPeer, type Reply, type ScriptedPeer } from './support/scripted-peer.js';
import { startWatch } from '../../support/stopwatch.js';

const KEYS = { consumer_key: 'K'.repeat(32), consumer_secret: 'S'.repeat(43) };

/** A scripted cloud that serves `document` at its well-known address. */
async function cloudThatSays(document: (url: string) => Reply): Promise<ScriptedPeer> {
  const peer = await openScriptedPeer();
  onTestFinished(() => peer.close());
  peer.reply = ({ method, target }) => {
    if (method === 'GET' && target === '/.well-known/cloudspaces') return document(peer.url);
    return { status: method === 'POST' ? 202 : 404 };
  };
  return peer;
}

const documentOf = (url: string, name = 'Oak'): Record<string, unknown> => ({
  ...wellKnown({ name, publicUrl: url, apiPrefix: '/v1/', joins: true }),
});

const askAs = (at: Station, discovery: string, joinId = 'request-1'): Promise<Answer> =>
  postJson(`${at.url}/interop/join`, { join_id: joinId, discovery, name: 'Oak' });

/** The parts of an answer that a stranger could learn something from. */
const visible = ({ status, text, headers }: Answer): unknown => ({ status, text, headers: { ...headers, date: '' } });

describe('POST /interop/join', () => {
  it('SSR-05 is answered alike whatever comes of it', async () => {
    const { alder, birch } = await openStrangers();
    await join(alder, birch);
    const sound = await cloudThatSays((url) => ({ status: 200, body: JSON.stringify(documentOf(url)) }));
    const sick = await cloudThatSays(() => ({ status: 500 }));
    const places = [sound.url, sick.url, 'http://localhost:1', birch.url, alder.url, 'https://10.0.0.1', 'ftp://x'];
    const odd = [`${sound.url}/elsewhere`, `${sound.url}/.well-known/cloudspaces?x=1`, 'no address at all'];
    const told = [];
    for (const place of places) told.push(visible(await askAs(birch, `${place}/.well-known/cloudspaces`)));
    for (const place of odd) told.push(visible(await askAs(birch, place)));
    for (const each of told) expect(each).toEqual(told[0]);
    expect(told[0]).toMatchObject({ status: 202, text: '{"status":"RECEIVED"}' });
  });

  it('is answered before anything is fetched', async () => {
    const { birch } = await openStrangers();
    const mute = createServer(() => undefined);
    const url = await listen(mute);
    const watch = startWatch();
    expect((await askAs(birch, `${url}/.well-known/cloudspaces`)).status).toBe(202);
    expect(watch()).toBeLessThan(2_000);
    expect(await birch.services.joining.joinRequests.list()).toMatchObject([
      { state: 'waiting', name: 'Oak', origin: url },
    ]);
    mute.closeAllConnections();
  });

  it('fetches nothing but a well-known address', async () => {
    const { birch } = await openStrangers();
    const oak = await cloudThatSays((url) => ({ status: 200, body: JSON.stringify(documentOf(url)) }));
    await askAs(birch, `${oak.url}/private`);
    await askAs(birch, `${oak.url}/.well-known/cloudspaces?leak=1`);
    await birch.services.joining.joinRequests.readWaiting();
    expect(oak.received).toEqual([]);
    expect(await birch.services.joining.joinRequests.list()).toEqual([]);
  });

  it.each<[string, (url: string) => Reply]>([
    ['names another origin', (url) => said({ ...documentOf(url), endpoint_share: 'http://localhost:9/interop/share' })],
    [
      'names another origin for the confirmation',
      (url) => said({ ...documentOf(url), endpoint_join: 'http://localhost:9/j' }),
    ],
    ['takes no confirmation', (url) => said({ ...documentOf(url), endpoint_join: undefined })],
    ['is somewhere else (SSR-03)', (url) => ({ status: 302, headers: { location: `${url}/other` } })],
    ['is huge', (url) => said({ ...documentOf(url), padding: 'x'.repeat(70_000) })],
    ['is no JSON', () => ({ status: 200, body: '<html>' })],
  ])('ADM-02 believes nothing of a document that %s', async (_what, document) => {
    const { birch } = await openStrangers();
    const oak = await cloudThatSays(document);
    await askAs(birch, `${oak.url}/.well-known/cloudspaces`);
    const request = await requestAt(birch);
    expect(request).toMatchObject({ state: 'unreadable' });
    expect(oak.received.map(({ target }) => target)).toEqual(['/.well-known/cloudspaces']);
    await expect(birch.services.joining.joinRequests.approve(request.id, '0000000000', 'bea')).rejects.toThrow();
    expect(oak.received.filter(({ method }) => method === 'POST')).toEqual([]);
    expect(await outcomesAt(birch)).toEqual({});
  });

  it('can be read again when the cloud has been mended', async () => {
    const { birch } = await openStrangers();
    let status = 500;
    const oak = await cloudThatSays((url) => ({ status, body: JSON.stringify(documentOf(url, 'The real Oak')) }));
    await askAs(birch, `${oak.url}/.well-known/cloudspaces`);
    const { id } = await requestAt(birch);
    status = 200;
    await birch.services.joining.joinRequests.read(id);
    expect(await birch.services.joining.joinRequests.list()).toMatchObject([{ state: 'read', name: 'The real Oak' }]);
  });

  it('in the name of another cloud neither hides nor spoils the request of that cloud itself', async () => {
    const { alder, birch } = await openStrangers();
    const discovery = `${alder.url}/.well-known/cloudspaces`;
    await askAs(birch, discovery, 'forged-1');
    const { id, code } = await ask(alder, birch);
    await askAs(birch, discovery, 'forged-2');
    expect(await birch.services.joining.joinRequests.list()).toHaveLength(1);
    expect(await birch.services.joining.joinRequests.approve(id, code, 'bea')).toMatchObject({ outcome: 'well' });
  });
});

describe('POST /interop/join/confirm', () => {
  const confirm = ({ url }: Station, body: object): Promise<Answer> => postJson(`${url}/interop/join/confirm`, body);

  it('is refused alike for an unknown request and a wrong code', async () => {
    const { alder, birch } = await openStrangers();
    const { joinId } = await ask(alder, birch);
    const wrong = await confirm(alder, { join_id: joinId, code: '0000000000', ...KEYS });
    const unknown = await confirm(alder, { join_id: 'nobody-asked', code: '0000000000', ...KEYS });
    expect(visible(wrong)).toEqual(visible(unknown));
    expect([wrong.status, wrong.text]).toEqual([403, 'This code does not fit.']);
  });

  it('sent many times at once makes one peer and one answer', async () => {
    const { alder, birch } = await openStrangers();
    const { code, joinId } = await ask(alder, birch);
    const right = { join_id: joinId, code, ...KEYS };
    const answers = await Promise.all(Array.from({ length: 8 }, () => confirm(alder, right)));
    expect(new Set(answers.map(({ status, text }) => `${String(status)} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
    expect(await alder.services.neighbours.peers.list()).toHaveLength(1);
  });

  it('repeated gets the same answer for 15 minutes, with other keys none', async () => {
    const town = await openStrangers();
    const { alder, birch } = town;
    const { code, joinId } = await ask(alder, birch);
    const right = { join_id: joinId, code, ...KEYS };
    const first = await confirm(alder, right);
    expect((await confirm(alder, { ...right, consumer_key: 'L'.repeat(32) })).status).toBe(403);
    expect((await alder.services.neighbours.peers.byName('Birch'))?.outbound?.key).toBe(KEYS.consumer_key);
    town.advance(14 * 60_000);
    expect((await confirm(alder, right)).text).toBe(first.text);
    town.advance(60_000);
    expect((await confirm(alder, right)).status).toBe(403);
    expect(await alder.services.neighbours.peers.list()).toHaveLength(1);
  });

  it('finds no peer when the cloud was blocked meanwhile', async () => {
    const { alder, birch } = await openStrangers();
    const { code, joinId } = await ask(alder, birch);
    const at = { shareUrl: `${birch.url}/interop/share`, credentialsUrl: `${birch.url}/interop/credentials` };
    await alder.services.neighbours.peers.add({ name: 'Birch', ...at });
    await alder.services.neighbours.peers.block('Birch');
    expect((await confirm(alder, { join_id: joinId, code, ...KEYS })).status).toBe(403);
    expect(await alder.services.neighbours.peers.byName('Birch')).toMatchObject({ blocked: true, outbound: undefined });
  });
});

describe('a cloud that dies on the way', () => {
  /** Birch approves, and dies before (`asked`) or after (`answered`) Alder has heard of it. */
  async function approveAndDie(
    { birch }: Strangers,
    id: string,
    code: string,
    when: 'asked' | 'answered',
  ): Promise<void> {
    const { services } = birch;
    const dying = new JoinRequests({
      peers: services.neighbours.peers,
      keys: services.joining.peerKeys,
      probes: services.joining.probes,
      events: services.care.peerEvents,
      onJoined: () => undefined,
      ...services.base,
      wire: {
        ask: () => Promise.reject(new Error('not here')),
        async confirm(joinUrl, message) {
          const url = `${joinUrl}/confirm`;
          if (when === 'answered') expect((await postJson(url, message)).status).toBe(200);
          throw new Error('killed');
        },
      },
    });
    await expect(dying.approve(id, code, 'bea')).rejects.toThrow('killed');
  }

  it.each(['asked', 'answered'] as const)(
    'is brought to the same end by the same code when it was %s',
    async (when) => {
      const strangers = await openStrangers();
      const { alder, birch } = strangers;
      const { id, code } = await ask(alder, birch);
      await approveAndDie(strangers, id, code, when);
      expect(await birch.services.neighbours.peers.list()).toEqual([]);
      expect(await birch.services.joining.joinRequests.approve(id, code, 'bea')).toMatchObject({ outcome: 'well' });
      await alder.services.joining.probes.settled();
      expect([await outcomesAt(alder), await outcomesAt(birch)]).toEqual([{ Birch: 'well' }, { Alder: 'well' }]);
    },
  );

  it('for longer than the code lives is joined anew, over the half that stayed behind', async () => {
    const strangers = await openStrangers();
    const { alder, birch } = strangers;
    const { id, code } = await ask(alder, birch);
    await approveAndDie(strangers, id, code, 'answered');
    strangers.advance(16 * 60_000);
    await expect(birch.services.joining.joinRequests.approve(id, code, 'bea')).rejects.toThrow('does not fit');
    expect(await outcomesAt(alder)).toEqual({ Birch: 'awaited' });
    await join(alder, birch);
    expect([await outcomesAt(alder), await outcomesAt(birch)]).toEqual([{ Birch: 'well' }, { Alder: 'well' }]);
    expect(await alder.services.neighbours.peers.list()).toHaveLength(1);
  });

  it('after it has asked leaves nothing that is in the way of asking again', async () => {
    const { alder, birch } = await openStrangers();
    const oak = await cloudThatSays((url) => ({ status: 200, body: JSON.stringify(documentOf(url)) }));
    const answer = oak.reply;
    oak.reply = (request) => (request.method === 'POST' ? undefined : answer(request));
    await expect(alder.services.joining.joins.start(oak.url, 'ada')).rejects.toThrow();
    expect(await alder.services.joining.joins.list()).toEqual([]);
    await join(alder, birch);
  });
});

describe('the secrets of a join', () => {
  it('SEC-02 reach no log, at any level', async () => {
    const lines: string[] = [];
    const { alder, birch } = await openStrangers({}, createLog('trace', { write: (line) => lines.push(line) }));
    const { id, code, joinId } = await ask(alder, birch);
    await postJson(`${alder.url}/interop/join/confirm`, { join_id: joinId, code: 'ZZZZZZZZZZ', ...KEYS });
    await birch.services.joining.joinRequests.approve(id, code, 'bea');
    await alder.services.joining.rotation.rotate('Birch', 'ada');
    const log = lines.join('\n');
    expect(log).toContain('/interop/join');
    const pairs = [
      await alder.services.neighbours.peers.byName('Birch'),
      await birch.services.neighbours.peers.byName('Alder'),
    ];
    const secrets = pairs.flatMap((peer) => [peer?.inbound.secret, peer?.outbound?.secret]);
    for (const secret of [code, KEYS.consumer_secret, ...secrets]) expect(log).not.toContain(secret);
  });
});

const said = (document: object): Reply => ({ status: 200, body: JSON.stringify(document) });

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  onTestFinished(() => void server.close());
  return `http://localhost:${String((server.address() as AddressInfo).port)}`;
}
