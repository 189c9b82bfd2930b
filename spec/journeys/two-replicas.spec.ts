import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { request } from 'undici';
import { openCloud, type Cloud } from '../../src/cloud.js';
import { readConfig } from '../../src/config/index.js';
import { systemRandom } from '../../src/platform/index.js';
import { freePort } from '../support/cloud-process.js';
import { createDatabase, postgresReason, type SpecDatabase } from '../support/postgres.js';
import { choose, halvesOf, invite, openStory, statesOf, type Story } from './support/story.js';

const noPostgres = (await postgresReason()) !== undefined;

describe.skipIf(noPostgres)('a cloud that runs twice on one PostgreSQL database', () => {
  const databases: SpecDatabase[] = [];
  let story: Story;
  /** Alder again, as a load balancer would have it. */
  let twin: Cloud;
  let twinUrl: string;

  beforeAll(async () => {
    story = await openStory(async () => {
      const database = await createDatabase();
      databases.push(database);
      return { FOOTBRIDGE_DATABASE_URL: database.url };
    });
    await story.found('Cedar');
    const { alder, mailbox } = story;
    const port = String(await freePort());
    twinUrl = `http://localhost:${port}`;
    const config = readConfig({
      FOOTBRIDGE_PUBLIC_URL: alder.url,
      FOOTBRIDGE_LISTEN: `127.0.0.1:${port}`,
      FOOTBRIDGE_CLOUD_NAME: 'Alder',
      FOOTBRIDGE_DATA_DIR: alder.dataDir,
      FOOTBRIDGE_SMTP_URL: mailbox.url,
      FOOTBRIDGE_DATABASE_URL: databases[0]?.url,
    });
    twin = await openCloud(config, { clock: alder.clock, random: systemRandom });
    await twin.listen();
  });
  beforeEach(() => story.forgetLimits());
  afterAll(async () => {
    await twin.stop();
    await story.close();
    for (const database of databases) await database.drop();
  });

  /** GETs an address of Alder from either of the two. */
  async function fromEither(url: string, index: number): Promise<number> {
    const { host, pathname, search } = new URL(url);
    const origin = index % 2 === 0 ? story.alder.url : twinUrl;
    const { statusCode, body } = await request(origin + pathname + search, { headers: { host } });
    await body.dump();
    return statusCode;
  }

  const settleBoth = async (): Promise<void> => {
    await Promise.all([story.alder.cloud.drain(), twin.drain()]);
    await story.settle();
  };

  it('CBK-06 mints one grant and delivers it once, of 50 answers at once at both', async () => {
    const invited = await invite(story);
    await choose(story, invited);
    const { callback = '', outgoing } = await halvesOf(story, invited.folder);
    await story.birch.services.agreements.proposals.decide(...(await decisionOf(invited.folder)), true);
    const fields = { share_id: outgoing.shareId, accepted: 'true' };
    // All wait for one row: on a slow machine the last may wait too long, is told to come again, and does (PG-01).
    const answer = async (index: number, times = 1): Promise<number> => {
      const status = await fromEither(story.asBirch.sign(callback, fields), index);
      return status === 503 && times < 5 ? answer(index, times + 1) : status;
    };
    const statuses = await Promise.all(Array.from({ length: 50 }, (_, index) => answer(index)));
    expect(statuses).toEqual(Array(50).fill(200));
    const { read } = story.alder.services.base.database;
    expect(await read('grants').where({ outgoing_id: outgoing.id })).toHaveLength(1);
    expect(await read('deliveries').where({ kind: 'credentials' })).toHaveLength(1);
    await settleBoth();
    expect(await statesOf(story, invited.folder)).toEqual(['active', 'active']);
    expect(await read('grants').where({ outgoing_id: outgoing.id })).toHaveLength(1);
  });

  it('OAU-04 lets one of 64 identical requests at both pass', async () => {
    const url = `/v1/folder/0/contents`;
    const headers = story.ana.app.headers('GET', 'folder/0/contents');
    const { host } = new URL(story.alder.url);
    const statuses = await Promise.all(
      Array.from({ length: 64 }, async (_, index) => {
        const origin = index % 2 === 0 ? story.alder.url : twinUrl;
        const { statusCode, body } = await request(origin + url, { headers: { ...headers, host } });
        await body.dump();
        return statusCode;
      }),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(63);
  });

  it('PRO-13 makes one proposal of each choice; only the newest callback lives, and the other cloud is told', async () => {
    const invited = await invite(story);
    const { alder } = story;
    const peers = await Promise.all(['Birch', 'Cedar'].map((name) => alder.services.neighbours.peers.byName(name)));
    const choices = Array.from({ length: 12 }, (_, index) => {
      const { invitations } = (index % 2 === 0 ? alder : twin).services.agreements;
      return invitations.choose(invited.token, peers[index % 4 < 2 ? 0 : 1]?.id ?? '');
    });
    await Promise.allSettled(choices);
    await settleBoth();
    const rows = await alder.services.base.database.read('outgoing_shares').where({ folder_id: invited.folder });
    expect(rows).toHaveLength(1);
    const waiting = await Promise.all(
      story.stations
        .filter(({ name }) => name !== 'Alder')
        .map(({ services }) => services.base.database.read('incoming_shares').where({ state: 'pending' })),
    );
    expect(waiting.flat()).toHaveLength(1);
    expect(waiting.flat()).toMatchObject([{ share_id: (rows[0] as { share_id: string }).share_id }]);
  });

  async function decisionOf(folder: number) {
    const { incoming } = await halvesOf(story, folder);
    return [story.bo.accountId, incoming?.id ?? '', incoming?.digest ?? ''] as const;
  }
});
