import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fields } from '../../../src/kernel/index.js';
import type { Answer } from '../../journeys/support/wire.js';
import { snapshotOfAll } from '../../journeys/support/world.js';
import { PASSWORD } from '../../support/open-pair.js';
import { createPerson, type Person } from '../../support/person.js';
import { forgedForm, hiddenField } from './support/forged-form.js';
import { withFields } from './support/forger.js';
import { fieldOf, halfOf, openOutpost, proposalFrom, type Foreigner, type Outpost } from './support/outpost.js';

const SHARE = '/interop/share';

describe('an unsigned proposal', () => {
  let outpost: Outpost;
  let quill: Foreigner;
  let legacy: Foreigner;
  let bo: Person;

  beforeAll(async () => {
    outpost = await openOutpost();
    ({ quill } = outpost);
    legacy = await outpost.trust('Legacy');
    bo = createPerson({ ...outpost.bo, password: PASSWORD });
    await bo.signIn(outpost.birch.url);
  });
  beforeEach(async () => {
    await outpost.forgetLimits();
    await outpost.birch.services.neighbours.peers.set(legacy.name, { allowUnsigned: true, transport: 'server-post' });
  });
  afterAll(() => outpost.close());

  const post = (fields: Fields): Promise<Answer> => outpost.unmoved(() => legacy.voice.bare('POST', SHARE, fields));
  const get = (fields: Fields): Promise<Answer> => outpost.unmoved(() => legacy.voice.bare('GET', SHARE, fields));
  const ids = async (fields: Fields) =>
    outpost.birch.services.shares.incoming.named(
      outpost.birch.services.base.database.read,
      fieldOf(fields, 'share_id'),
    );

  it('PRO-01 of nobody is refused with 401, and with 403 where a cloud may send such', async () => {
    expect((await post(proposalFrom('https://nobody.example'))).status).toBe(403);
    expect((await post(proposalFrom(quill.url))).status).toBe(403);
    await outpost.birch.services.neighbours.peers.set(legacy.name, { allowUnsigned: false });
    for (const origin of ['https://nobody.example', quill.url, legacy.url]) {
      expect([origin, (await post(proposalFrom(origin))).status]).toEqual([origin, 401]);
    }
  });

  it('PRO-01 of a blocked cloud is refused', async () => {
    await outpost.birch.services.neighbours.peers.block(legacy.name);
    expect((await post(proposalFrom(legacy.url))).status).toBe(401);
    await outpost.birch.services.neighbours.peers.unblock(legacy.name);
    expect((await post(proposalFrom(legacy.url))).status).toBe(303);
  });

  it('PRO-03 is refused with 403 when one of its addresses is not where its cloud is', async () => {
    const { url } = legacy;
    const port = new URL(url).port;
    const elsewhere = [
      quill.url,
      'https://elsewhere.example',
      `http://localhost.evil.example:${port}`,
      `http://user@localhost:${port}`,
      `${url}/../..`,
      `${url}\\@evil.example`,
      `//localhost:${port}`,
      `javascript:alert(1)//${url}`,
      'not an address',
    ];
    for (const address of elsewhere) {
      for (const name of ['resource_url', 'callback']) {
        const fields = proposalFrom(url, { [name]: `${address}/v1/folder/1` });
        expect([name, address, (await post(fields)).status]).toEqual([name, address, 403]);
      }
    }
  });

  it('PRO-03 belongs to nobody when two clouds could have sent it', async () => {
    const twin = await outpost.trust('Twin');
    await outpost.birch.services.neighbours.peers.set(
      twin.name,
      { allowUnsigned: true, origins: [twin.url, legacy.url] },
      { sharedOrigins: true },
    );
    expect((await post(proposalFrom(legacy.url))).status).toBe(403);
    expect((await post(proposalFrom(twin.url))).status).toBe(303);
    await outpost.birch.services.neighbours.peers.remove(twin.name);
  });

  it('PRO-06 is refused with a field missing, malformed or given twice', async () => {
    const fields = proposalFrom(legacy.url);
    for (const [name] of fields.filter(([known]) => known !== 'protocol_version')) {
      const answer = await post(withFields(fields, { [name]: undefined }));
      expect([name, answer.status, answer.text]).toEqual([name, 400, `${name} is missing`]);
    }
    expect((await post(withFields(fields, { permission: 'everything' }))).status).toBe(400);
    expect((await post([...fields, ['recipient', 'other@birch.example']])).status).toBe(400);
    const long = withFields(fields, { folder_name: 'x'.repeat(70_000) });
    expect((await post(long)).status).toBe(413);
  });

  it('PRO-01 comes by GET only of a cloud that is registered so', async () => {
    const fields = proposalFrom(legacy.url);
    const refused = await get(fields);
    expect([refused.status, refused.headers.allow]).toEqual([405, 'POST']);
    await outpost.birch.services.neighbours.peers.set(quill.name, { transport: 'browser-get' });
    expect((await get(fields)).status).toBe(405);
    await outpost.birch.services.neighbours.peers.set(legacy.name, { transport: 'browser-get' });
    expect((await get(fields)).status).toBe(303);
    expect((await get(proposalFrom(quill.url))).status).toBe(403);
    await outpost.birch.services.neighbours.peers.set(legacy.name, { allowUnsigned: false });
    expect((await get(fields)).status).toBe(401);
    await outpost.birch.services.neighbours.peers.set(quill.name, { transport: 'server-post' });
  });

  it('PRO-02 is shown with a warning, above it the name and the address of the cloud that we know', async () => {
    const claims = { owner_name: '<b>Your bank</b>', folder_name: 'Quill\u202e' };
    const answer = await post(proposalFrom(legacy.url, claims));
    await bo.visit(String(answer.headers.location));
    expect(bo.page.status).toBe(200);
    const { text } = bo.page;
    expect(text).toContain('Look twice.');
    expect(text.indexOf('Legacy')).toBeLessThan(text.indexOf('Your bank'));
    expect(text.indexOf(legacy.url)).toBeLessThan(text.indexOf('Your bank'));
    expect(bo.page.body.toString()).not.toContain('<b>Your bank');
    expect(text).not.toContain('\u202e');
  });

  it('PRO-02 leaves no row before its recipient, signed in, has decided', async () => {
    const fields = proposalFrom(legacy.url);
    const page = String((await post(fields)).headers.location);
    await bo.visit(page);
    expect(await ids(fields)).toEqual([]);
    expect((await bo.accept({ follow: () => false })).status).toBe(303);
    expect(await halfOf(outpost, legacy, fieldOf(fields, 'share_id'))).toMatchObject({
      state: 'accepted',
      accountId: outpost.bo.accountId,
      grantDigest: undefined,
    });
  });

  it('PRO-02 means nothing any more once its cloud has to sign', async () => {
    const fields = proposalFrom(legacy.url);
    const page = String((await post(fields)).headers.location);
    await bo.visit(page);
    const form = { token: hiddenField(bo.browser, 'token'), digest: hiddenField(bo.browser, 'digest') };
    await outpost.birch.services.neighbours.peers.set(legacy.name, { allowUnsigned: false });
    await outpost.unmoved(async () => {
      expect((await forgedForm(bo.browser, page, { ...form, answer: 'accept' })).status).toBe(404);
      expect((await bo.visit(page)).status).toBe(404);
    });
    expect(await ids(fields)).toEqual([]);
  });

  it('PRO-02 that the invitee edits leads only whom it now names to a decision, and that one alone is recorded', async () => {
    const fields = proposalFrom(legacy.url);
    const edited = withFields(fields, { recipient: 'mallory@birch.example', permission: 'read-write' });
    const page = String((await post(edited)).headers.location);
    await bo.visit(page);
    expect(bo.page.status).toBe(403);
    expect(await ids(fields)).toEqual([]);
  });

  it('PRO-05 that is decided rules over every other of its name', async () => {
    const fields = proposalFrom(legacy.url);
    const edited = withFields(fields, { permission: 'read-only' });
    const [page, other] = [
      String((await post(fields)).headers.location),
      String((await post(edited)).headers.location),
    ];
    await bo.visit(other);
    const form = { token: hiddenField(bo.browser, 'token'), digest: hiddenField(bo.browser, 'digest') };
    await bo.visit(page);
    await bo.accept({ follow: () => false });
    await outpost.unmoved(async () => {
      for (const answer of ['accept', 'decline']) {
        expect((await forgedForm(bo.browser, other, { ...form, answer })).status).toBe(409);
      }
    });
    expect((await post(fields)).status).toBe(409);
    expect((await post(edited)).status).toBe(409);
    expect((await bo.visit(other)).status).toBe(409);
    expect((await ids(fields)).map(({ permission }) => permission)).toEqual(['read-write']);
  });

  it('PRO-04 does not touch a share of the same name that another cloud proposed', async () => {
    const fields = proposalFrom(quill.url);
    await quill.voice.post(SHARE, fields);
    const twin = proposalFrom(legacy.url, { share_id: fieldOf(fields, 'share_id') });
    await bo.visit(String((await post(twin)).headers.location));
    await bo.decline({ follow: () => false });
    const states = (await ids(fields)).map(({ peerId, state }) => [peerId === quill.id, state]);
    expect(states.sort()).toEqual([
      [false, 'declined'],
      [true, 'pending'],
    ]);
  });

  it('PRO-07 may come thousands of times: nothing grows by it', async () => {
    const before = await snapshotOfAll(outpost);
    for (let round = 0; round < 20; round += 1) {
      const flood = Array.from({ length: 100 }, () => legacy.voice.bare('POST', SHARE, proposalFrom(legacy.url)));
      const statuses = new Set((await Promise.all(flood)).map(({ status }) => status));
      expect([...statuses]).toEqual([303]);
    }
    expect(await snapshotOfAll(outpost)).toEqual(before);
  }, 120_000);

  it('UNS-01 is ended by nobody who did not sign: 401', async () => {
    const fields = proposalFrom(legacy.url);
    await bo.visit(String((await post(fields)).headers.location));
    await bo.accept({ follow: () => false });
    const end = await outpost.unmoved(() =>
      legacy.voice.bare('POST', '/interop/unshare', [['share_id', fieldOf(fields, 'share_id')]]),
    );
    expect(end.status).toBe(401);
  });

  it('DOS-02, OAU-12 is held to the same type, size and host as a signed one', async () => {
    const fields = proposalFrom(legacy.url);
    const send = (headers: Record<string, string>): Promise<Answer> =>
      outpost.unmoved(() => legacy.voice.bare('POST', SHARE, fields, headers));
    expect((await send({ 'content-type': 'application/json' })).status).toBe(415);
    expect((await send({ host: 'elsewhere.example' })).status).toBe(421);
  });
});
