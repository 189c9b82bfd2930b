import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOUR, SECOND } from '../../src/kernel/index.js';
import { credentialFields } from './support/peer-voice.js';
import { INCOMING_WAYS, OUTGOING_WAYS } from './support/states.js';
import { activate, enter, halvesOf, openStory, statesOf, voiceOf, type Story } from './support/story.js';
import { startStub } from './support/stub.js';
import { send } from './support/wire.js';
import { endEverything, withoutEffect } from './support/world.js';
import { CLEO } from '../support/seeds.js';

const TOKEN = 'T'.repeat(32);
const SECRET = 'S'.repeat(43);

describe('credentials', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openStory();
    await story.found('Cedar');
  });
  beforeEach(() => story.forgetLimits());
  afterEach(() => endEverything(story));
  afterAll(() => story.close());

  /** The name of a share that Bo has accepted and whose credentials have not come. */
  const awaited = async (): Promise<string> => {
    const { folder } = await INCOMING_WAYS.accepted(story, {});
    return (await halvesOf(story, folder)).outgoing.shareId;
  };

  it('CRD-01 are refused unsigned, altered, or signed with a token', async () => {
    const shareId = await awaited();
    const { asAlder, birch } = story;
    const fields = credentialFields(shareId, TOKEN, SECRET);
    const unsigned = await withoutEffect(story, () => asAlder.post('/interop/credentials', fields, { unsigned: true }));
    expect(unsigned.status).toBe(401);
    const other = await withoutEffect(story, () =>
      asAlder.post('/interop/credentials', fields, { altered: () => credentialFields(shareId, `${TOKEN}x`, SECRET) }),
    );
    expect(other.status).toBe(401);
    const { key } = (await birch.services.neighbours.peers.byName('Alder'))?.inbound ?? { key: '' };
    const authorization = `OAuth oauth_consumer_key="${key}", oauth_token="abc", oauth_signature_method="HMAC-SHA1", oauth_signature="x", oauth_timestamp="1", oauth_nonce="n"`;
    const withToken = await withoutEffect(story, () =>
      asAlder.post('/interop/credentials', fields, { unsigned: true, headers: { authorization } }),
    );
    expect(withToken.status).toBe(400);
  });

  it('CRD-02 are refused from another peer, and for a share that nobody offered', async () => {
    const shareId = await awaited();
    const asCedar = await voiceOf('Cedar', story.birch);
    expect((await withoutEffect(story, () => asCedar.credentials(shareId, TOKEN, SECRET))).status).toBe(404);
    expect((await withoutEffect(story, () => story.asAlder.credentials('unheard-of', TOKEN, SECRET))).status).toBe(404);
  });

  it('CRD-03 are never replaced: identical ones are answered alike, and the stored grant goes on working', async () => {
    const { folder, mount } = await activate(story);
    const { outgoing, grant } = await halvesOf(story, folder);
    const again = (token: string, secret: string) => (): Promise<{ status: number }> =>
      story.asAlder.credentials(outgoing.shareId, token, secret);
    expect((await withoutEffect(story, again(grant?.token ?? '', grant?.secret ?? ''))).status).toBe(200);
    expect((await withoutEffect(story, again(TOKEN, grant?.secret ?? ''))).status).toBe(409);
    expect((await withoutEffect(story, again(grant?.token ?? '', SECRET))).status).toBe(409);
    expect([...(await story.bo.app.children(mount)).keys()]).toEqual(['budget.txt']);
  });

  it('CRD-05 come in the body of a signed POST only, for OAuth 1.0a only', async () => {
    const shareId = await awaited();
    const { asAlder, birch } = story;
    const query = new URLSearchParams(credentialFields(shareId, TOKEN, SECRET).map(([n, v]) => [n, v])).toString();
    const get = await withoutEffect(story, () => asAlder.get(`${birch.url}/interop/credentials?${query}`));
    expect([get.status, get.headers.allow]).toEqual([405, 'POST']);
    const inQuery = await withoutEffect(story, () =>
      asAlder.post(`/interop/credentials?access_token_secret=${SECRET}`, credentialFields(shareId, TOKEN, SECRET)),
    );
    expect(inQuery.status).toBe(400);
    for (const [name, value] of [
      ['auth_protocol', 'basic'],
      ['auth_protocol_version', '2.0'],
      ['access_token_secret', ''],
      ['access_token_key', ''],
    ] as const) {
      const fields = credentialFields(shareId, TOKEN, SECRET).map(
        ([key, old]) => [key, key === name ? value : old] as const,
      );
      const answer = await withoutEffect(story, () => asAlder.post('/interop/credentials', fields));
      expect([name, answer.status]).toEqual([name, 400]);
    }
  });

  it('CRD-05 a token in the data is never taken as the request’s own', async () => {
    const shareId = await awaited();
    const fields = credentialFields(shareId, TOKEN, SECRET).map(
      ([name, value]) =>
        [
          name === 'access_token_key' ? 'oauth_token' : name === 'access_token_secret' ? 'oauth_token_secret' : name,
          value,
        ] as const,
    );
    expect((await story.asAlder.post('/interop/credentials', fields)).status).toBe(200);
  });

  it('CRD-08 DLV-04 are sent again after 1 s and 5 s: the same grant, under a fresh nonce each time', async () => {
    const { peers } = story.alder.services.neighbours;
    const before = await peers.byName('Birch');
    const down = await startStub((response) => response.writeHead(500).end());
    await peers.set('Birch', { credentialsUrl: `${down.url}/interop/credentials` });
    const { folder } = await OUTGOING_WAYS.accepted(story, {});
    for (const wait of [0, 1_300, 6_500]) {
      story.advance(wait);
      await story.settle();
    }
    expect(down.heard).toHaveLength(3);
    expect(new Set(down.heard.map(({ body }) => body)).size).toBe(1);
    expect(new Set(down.heard.map(({ authorization }) => /oauth_nonce="([^"]+)"/.exec(authorization)?.[1])).size).toBe(
      3,
    );
    const { grant, outgoing } = await halvesOf(story, folder);
    expect(down.heard[0]?.body).toContain(grant?.token ?? 'no grant');
    expect(await story.alder.services.base.database.read('grants').where({ outgoing_id: outgoing.id })).toHaveLength(1);
    await peers.set('Birch', { credentialsUrl: before?.credentialsUrl });
  });

  it('CRD-09 a grant that opens something else mounts nothing', async () => {
    const { alder, asAlder, birch } = story;
    const cleo = await enter(story, CLEO, alder);
    const foreign = await cleo.app.makeFolder('Cleo’s');
    const { folder } = await OUTGOING_WAYS.accepted(story, {});
    const { grant, incoming, outgoing } = await halvesOf(story, folder);
    await birch.services.base.database.write((trx) =>
      trx('incoming_shares')
        .where({ id: incoming?.id })
        .update({ resource_url: `${alder.url}/v1/folder/${String(foreign.id)}` }),
    );
    await asAlder.credentials(outgoing.shareId, grant?.token ?? '', grant?.secret ?? '');
    await story.settle();
    expect((await halvesOf(story, folder)).incoming?.state).toBe('accepted');
    expect((await story.bo.app.children()).has('Cleo’s')).toBe(false);
  });

  it('CRD-09 a dead grant that is delivered mounts nothing, and ends the share after an hour, not before (F-06)', async () => {
    const shareId = await awaited();
    expect((await story.asAlder.credentials(shareId, TOKEN, SECRET)).status).toBe(200);
    await story.settle();
    const before = [...(await story.bo.app.children()).keys()];
    const { read } = story.birch.services.base.database;
    const rows = async () => {
      const found = (await read('incoming_shares').where({ share_id: shareId })) as {
        state: string;
        grant_sealed: unknown;
      }[];
      return found.map(({ state, grant_sealed: sealed }) => [state, sealed]);
    };
    await story.pass(HOUR - SECOND);
    expect(await rows()).toEqual([['accepted', expect.any(String)]]);
    await story.pass(SECOND);
    expect(await rows()).toEqual([['revoked', null]]);
    expect([...(await story.bo.app.children()).keys()]).toEqual(before);
  });

  it('SEC-02 neither token nor secret is ever in a URL, a redirect or a page', async () => {
    const { folder } = await activate(story);
    const { grant, callback, outgoing } = await halvesOf(story, folder);
    const page = await send(story.asBirch.sign(callback ?? '', { share_id: outgoing.shareId, accepted: 'true' }), {
      headers: { accept: 'text/html' },
    });
    expect(page.status).toBe(200);
    for (const secret of [grant?.token ?? 'none', grant?.secret ?? 'none']) {
      expect(page.text).not.toContain(secret);
      expect(JSON.stringify(page.headers)).not.toContain(secret);
    }
    const rows = JSON.stringify([
      await story.birch.services.base.database.read('incoming_shares'),
      await story.alder.services.base.database.read('deliveries'),
    ]);
    expect(rows).not.toContain(grant?.secret);
  });

  it('are answered ACCEPTED before the probe and ACTIVE after it', async () => {
    const { folder } = await OUTGOING_WAYS.accepted(story, {});
    const { grant, outgoing } = await halvesOf(story, folder);
    const say = (): Promise<{ text: string }> =>
      story.asAlder.credentials(outgoing.shareId, grant?.token ?? '', grant?.secret ?? '');
    expect(JSON.parse((await say()).text)).toEqual({ share_id: outgoing.shareId, status: 'ACCEPTED' });
    await story.settle();
    expect(await statesOf(story, folder)).toEqual(['active', 'active']);
    expect(JSON.parse((await say()).text)).toEqual({ share_id: outgoing.shareId, status: 'ACTIVE' });
  });
});
