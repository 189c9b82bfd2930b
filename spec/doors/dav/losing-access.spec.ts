import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { halvesOf } from '../../journeys/support/story.js';
import { until } from '../../support/until.js';
import { openDavStory, type DavProgram, type DavStory } from './dav-story.js';
import { shareBySecret } from './secret-share.js';

const MIB = 1024 * 1024;

/** A slow reader rests for so long after each piece, milliseconds. */
const REST = 12;

const LOCK =
  '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>';

/** A folder that somebody reaches who may lose it. */
interface Reached {
  readonly program: DavProgram;
  /** Of the folder, with a slash at its end. */
  readonly path: string;
  /** The same folder as Ana sees it. */
  readonly owned: string;
  readonly end: () => Promise<void>;
}

describe('whoever loses a folder', () => {
  let story: DavStory;
  let count = 0;

  beforeAll(async () => {
    story = await openDavStory();
  });
  afterAll(() => story.close());

  /** A folder of Ana's that Cleo has as a member. */
  async function asMember(): Promise<Reached> {
    count += 1;
    const name = `Given ${String(count)}`;
    const path = `/dav/${encodeURIComponent(name)}/`;
    await story.anaDav.call('MKCOL', path);
    await story.shareWithCleo(name, 'read-write');
    const folder = (await story.anaDav.property(path, 'oc:fileid'))?.text ?? '';
    const end = async (): Promise<void> => {
      await story.ana.app.json(`folder/${folder}/unshare`, 'POST', [story.cleo.email]);
    };
    return { program: story.cleoDav, path, owned: path, end };
  }

  /** A folder of Ana's that another cloud has by its secret. */
  async function bySecret(): Promise<Reached> {
    const { program, folder, name } = await shareBySecret(story, { permission: 'read-write' });
    const end = async (): Promise<void> => {
      const { outgoing } = await halvesOf(story, folder);
      await story.alder.services.agreements.sharing.withdraw(story.ana.accountId, outgoing.id);
    };
    return { program, path: '/public.php/webdav/', owned: `/dav/${encodeURIComponent(name)}/`, end };
  }

  const WAYS = [
    ['as a member', asMember],
    ['by a secret', bySecret],
  ] as const;

  it.each(WAYS)('%s reads nothing of it by any method (AUT-02)', async (_way, reach) => {
    const { program, path, owned, end } = await reach();
    await story.anaDav.put(`${owned}a.txt`, 'inside');
    expect((await program.call('GET', `${path}a.txt`)).text).toBe('inside');
    await end();
    for (const [method, headers, body] of [
      ['GET', {}, undefined],
      ['HEAD', {}, undefined],
      ['GET', { range: 'bytes=0-1' }, undefined],
      ['PROPFIND', { depth: '0' }, undefined],
      [
        'REPORT',
        {},
        '<d:sync-collection xmlns:d="DAV:"><d:sync-token/><d:sync-level>1</d:sync-level><d:prop/></d:sync-collection>',
      ],
      ['COPY', { destination: `${path}b.txt` }, undefined],
      ['LOCK', {}, LOCK],
    ] as const) {
      const { status, text } = await program.call(method, `${path}a.txt`, {
        headers,
        ...(body === undefined ? {} : { body }),
      });
      expect([method, [401, 404, 409].includes(status), text.includes('inside')]).toEqual([method, true, false]);
    }
    expect((await story.anaDav.call('GET', `${owned}b.txt`)).status).toBe(404);
  });

  it.each(WAYS)('%s during an upload is refused at its end, and what was there stays (AUT-03)', async (_way, reach) => {
    const { program, path, owned, end } = await reach();
    await story.anaDav.put(`${owned}a.txt`, 'old');
    const sent = send(program, 'PUT', `${path}a.txt`, { 'content-length': 2 * MIB });
    const answered = once(sent, 'response');
    sent.write(Buffer.alloc(MIB));
    const drafts = async () =>
      (await readdir(story.alder.dataDir, { recursive: true })).filter((at) => /(?:^|\/)tmp\/.+/.test(at));
    await until('the upload under way', async () => (await drafts()).length > 0);
    await end();
    sent.end(Buffer.alloc(MIB));
    const [answer] = (await answered) as [IncomingMessage];
    expect([401, 403, 404, 409]).toContain(answer.statusCode);
    answer.resume();
    expect((await story.anaDav.call('GET', `${owned}a.txt`)).text).toBe('old');
    await until('the draft to be gone', async () => (await drafts()).length === 0);
  });

  it.each(WAYS)(
    '%s during a slow download is cut within 5 s, and it never looks whole (AUT-04)',
    async (_way, reach) => {
      const { program, path, owned, end } = await reach();
      const content = Buffer.alloc(64 * MIB, 'x');
      await story.anaDav.put(`${owned}large.bin`, content);
      const asked = send(program, 'GET', `${path}large.bin`);
      asked.end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      expect(answer.statusCode).toBe(200);
      let received = 0;
      const drink = async (): Promise<'whole' | 'broken'> => {
        try {
          for await (const piece of answer as AsyncIterable<Buffer>) {
            received += piece.length;
            await wait(REST);
          }
          return 'whole';
        } catch {
          return 'broken';
        }
      };
      const ended = drink();
      await end();
      const since = performance.now();
      expect(await ended).toBe('broken');
      expect(performance.now() - since).toBeLessThan(5_000);
      expect(received).toBeLessThan(content.length);
    },
  );
});

function send(
  { url, authorization = '' }: DavProgram,
  method: string,
  path: string,
  headers: Readonly<Record<string, number>> = {},
): ClientRequest {
  const { hostname, port } = new URL(url);
  return httpRequest({ hostname, port, method, path, headers: { authorization, ...headers } });
}
