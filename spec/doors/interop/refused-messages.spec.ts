import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { forPeople } from '../../../src/doctor/index.js';
import { MINUTE, type Fields } from '../../../src/kernel/index.js';
import type { RefusedMessage } from '../../../src/peers/index.js';
import { credentialFields } from '../../journeys/support/peer-voice.js';
import { send } from '../../journeys/support/wire.js';
import { withFields } from './support/forger.js';
import { decide, halfOf, offer, openOutpost, proposalFrom, type Foreigner, type Outpost } from './support/outpost.js';

const CREDENTIALS = '/interop/credentials';
const MARK = 'KeepMeOutOfEveryRow';

/** What administrators read when another cloud says that nothing of it arrives. */
describe('messages of a peer that are refused', () => {
  let outpost: Outpost;
  let quill: Foreigner;
  let legacy: Foreigner;
  beforeAll(async () => {
    outpost = await openOutpost();
    ({ quill } = outpost);
    legacy = await outpost.trust('Legacy');
    await outpost.birch.services.neighbours.peers.set('Legacy', { allowUnsigned: true });
  });
  beforeEach(async () => {
    await outpost.birch.services.neighbours.refused.settled();
    await outpost.birch.services.base.database.write((trx) => trx('refused_messages').delete());
    await outpost.forgetLimits();
    outpost.birch.clock.advance(2 * MINUTE);
  });
  afterAll(() => outpost.close());

  const kept = async ({ id }: Foreigner): Promise<RefusedMessage[]> => {
    await outpost.birch.services.neighbours.refused.settled();
    return outpost.birch.services.neighbours.refused.of(id);
  };
  const rows = async (): Promise<unknown[]> => {
    await outpost.birch.services.neighbours.refused.settled();
    return outpost.birch.services.base.database.read('refused_messages').select<unknown[]>('*');
  };
  /** Bo has accepted; the key that comes lacks its secret. */
  const acceptedOf = async (foreigner: Foreigner): Promise<{ shareId: string; keyless: Fields }> => {
    const { shareId } = await offer(foreigner);
    await decide(outpost, await halfOf(outpost, foreigner, shareId), true);
    return { shareId, keyless: withFields(credentialFields(shareId, MARK, ''), { access_token_secret: undefined }) };
  };

  it('are kept with time, endpoint, status and reason, and the last 20 of a peer (F-25)', async () => {
    const { keyless } = await acceptedOf(quill);
    const at = outpost.birch.clock.now();
    expect((await quill.voice.post(CREDENTIALS, keyless)).status).toBe(400);
    const reason = 'access_token_secret is missing';
    expect(await kept(quill)).toEqual([{ at, call: `POST ${CREDENTIALS}`, status: 400, reason }]);
    for (let count = 1; count <= 24; count += 1) {
      await quill.voice.post('/interop/unshare', [['share_id', `none-${String(count)}`]]);
    }
    const last = await kept(quill);
    expect(last).toHaveLength(20);
    expect(new Set(last.map(({ call, status }) => `${call} ${String(status)}`))).toEqual(
      new Set(['POST /interop/unshare 404']),
    );
    expect(JSON.stringify(await rows())).not.toContain(MARK);
  });

  it('are named by share doctor, and in plain words to the recipient whose key they should have been (F-25)', async () => {
    const { shareId, keyless } = await acceptedOf(quill);
    await quill.voice.post(CREDENTIALS, keyless);
    await outpost.birch.services.neighbours.refused.settled();
    const [examined] = await outpost.birch.services.care.doctor.named(shareId);
    const finding = examined?.findings.find(({ code }) => code === 'message-refused');
    expect(finding).toMatchObject({
      grade: 'trouble',
      sentence: expect.stringContaining('a key that this cloud cannot use'),
    });
    expect(finding?.detail).toBe(`POST ${CREDENTIALS}, answered 400: access_token_secret is missing`);
    const [told] = forPeople(examined?.findings ?? []).filter(({ code }) => code === 'message-refused');
    expect(told).toMatchObject({ advice: expect.stringContaining('need not do anything') });
    expect(told).not.toHaveProperty('detail');
  });

  it('are answered to the person whose browser brought them in words that ask nothing of them (F-25)', async () => {
    const { keyless } = await acceptedOf(legacy);
    await outpost.birch.services.neighbours.peers.set('Legacy', { dialect: 'csinterop' });
    const query = new URLSearchParams(keyless.map(([name, value]): [string, string] => [name, value])).toString();
    const { status, text } = await send(`${outpost.birch.url}${CREDENTIALS}?${query}`, {
      headers: { accept: 'text/html' },
    });
    expect(status).toBe(400);
    expect(text).toContain('You have done nothing wrong');
    expect(text).toContain('access_token_secret is missing');
    expect(text).not.toContain('change what the message says');
    expect(await kept(legacy)).toMatchObject([{ call: `GET ${CREDENTIALS}`, status: 400 }]);
    expect(JSON.stringify(await rows())).not.toContain(MARK);
  });

  it('that nothing proves to be of a peer make no row (F-25, F-61)', async () => {
    const { keyless } = await acceptedOf(quill);
    const stranger = { url: 'https://stranger.example' };
    expect((await quill.voice.bare('POST', CREDENTIALS, keyless)).status).toBe(404);
    expect((await quill.voice.bare('POST', '/interop/unshare', [['share_id', 'x']])).status).toBe(401);
    expect((await legacy.voice.bare('POST', '/interop/share', proposalFrom(stranger.url))).status).toBe(403);
    expect((await legacy.voice.bare('GET', `/interop/result/${'r'.repeat(43)}`, [])).status).toBe(404);
    expect(await rows()).toEqual([]);
  });

  it('that nobody signed make at most 20 rows a minute, and keep no signed ones out (F-25, F-61)', async () => {
    const { database } = outpost.birch.services.base;
    const written = async (): Promise<number> => {
      await rows();
      const [row] = await database
        .read('sqlite_sequence')
        .where({ name: 'refused_messages' })
        .select<{ seq: number }[]>('seq');
      return row?.seq ?? 0;
    };
    const before = await written();
    for (let count = 0; count < 40; count += 1) {
      const fields = proposalFrom(legacy.url, { permission: 'everything' });
      expect((await legacy.voice.bare('POST', '/interop/share', fields)).status).toBe(400);
    }
    expect((await written()) - before).toBe(20);
    await legacy.voice.post('/interop/unshare', [['share_id', 'none']]);
    expect((await kept(legacy))[0]).toMatchObject({ call: 'POST /interop/unshare', status: 404 });
    expect(await kept(legacy)).toHaveLength(20);
  });
});
