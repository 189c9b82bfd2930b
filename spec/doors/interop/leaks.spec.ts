import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Grant } from '../../../src/grants/index.js';
import { createLog } from '../../../src/platform/index.js';
import { credentialFields } from '../../journeys/support/peer-voice.js';
import { halvesOf, invite, openStory, type Halves, type Invited, type Story } from '../../journeys/support/story.js';
import { send } from '../../journeys/support/wire.js';
import { PASSWORD, type Station } from '../../support/open-pair.js';
import type { Page } from '../../support/person.js';

/** One agreement from invitation to a folder in use, with everything that pages and logs showed of it. */
describe('the secrets of an agreement', () => {
  const log: string[] = [];
  let story: Story;
  let invited: Invited;
  let halves: Halves;
  let grant: Grant;
  let pages: readonly (readonly [string, Page])[];
  let stored: readonly (readonly [string, string])[];

  beforeAll(async () => {
    story = await openStory(undefined, createLog('trace', { write: (line) => log.push(line) }));
    invited = await invite(story);
    pages = await walk();
    halves = await halvesOf(story, invited.folder);
    if (halves.grant === undefined) throw new Error('nothing was granted');
    grant = halves.grant;
    stored = await Promise.all(story.stations.map(async (each) => [each.name, await everythingStored(each)] as const));
    await stumble();
  });
  afterAll(() => story.close());

  /** Bo goes the whole way by browser; answers every page that has a secret address. */
  async function walk(): Promise<[string, Page][]> {
    const { browser } = story.bo;
    const selection = await browser.openInvitation(invited.link);
    await browser.chooseCloud('Birch');
    const consent = await browser.signIn();
    const redirect = await browser.accept({ follow: () => false });
    const result = await browser.visit(String(redirect.headers.location));
    const reloaded = await browser.visit(String(redirect.headers.location));
    await story.settle();
    return [
      ['selection', selection],
      ['consent', consent],
      ['the way back', redirect],
      ['result', result],
      ['reload', reloaded],
    ];
  }

  /** Makes everything go wrong that is logged. */
  async function stumble(): Promise<void> {
    const { asAlder, alder, birch, ana, bo } = story;
    const { outgoing, callback = '' } = halves;
    const { token, secret } = grant;
    await send(`${callback}?share_id=${outgoing.shareId}&accepted=true`);
    await send(`${callback}?share_id=${outgoing.shareId}&accepted=true&oauth_signature=x`);
    await send(callback, { method: 'HEAD' });
    await send(`${invited.link}x`);
    await send(`${birch.url}/interop/credentials?access_token_key=${token}&access_token_secret=${secret}`);
    await asAlder.post(
      `/interop/credentials?access_token_secret=${secret}`,
      credentialFields(outgoing.shareId, token, secret),
    );
    await asAlder.post('/interop/credentials', credentialFields(outgoing.shareId, `${token}x`, secret));
    await asAlder.post('/interop/credentials', credentialFields('unknown', token, secret));
    await asAlder.post('/interop/credentials', credentialFields(outgoing.shareId, token, secret), { unsigned: true });
    await bo.browser.visit(`${birch.url}/interop/proposals/unknown`);
    const mount = (await bo.app.children()).get('Plans 1');
    await alder.services.agreements.sharing.withdraw(ana.accountId, outgoing.id);
    await bo.app.call(`folder/${String(mount?.id)}/contents`);
    await bo.app.makeFile('fails.txt', 'x', mount?.id).catch(() => undefined);
  }

  const secrets = (): Readonly<Record<string, string>> => ({
    'the token of the invitation': invited.token,
    'the path of the callback': new URL(halves.callback ?? '').pathname.split('/').at(-1) ?? '',
    'the address of the consent page': halves.incoming?.id ?? '',
    'the token of the grant': grant.token,
    'the secret of the grant': grant.secret,
    'the password': PASSWORD,
  });

  it('PRO-15 are told to nobody by the pages whose address is one', () => {
    for (const [what, { headers, body, status }] of pages) {
      expect([what, headers['referrer-policy'], headers['cache-control']]).toEqual([what, 'no-referrer', 'no-store']);
      if (status !== 200) continue;
      const foreign = [...body.toString().matchAll(/(?:src|href|action)="([^"]+)"/g)].map(([, url]) => url ?? '');
      expect([what, foreign.filter((url) => !/^(?:#|\/(?!\/))/.test(url))]).toEqual([what, []]);
      expect([what, String(headers['content-security-policy'])]).toEqual([
        what,
        expect.stringContaining("default-src 'none'"),
      ]);
    }
  });

  it('PRO-15 are told to nobody by a refused callback either', async () => {
    for (const accept of ['text/plain', 'application/json', 'text/html']) {
      const { headers, status } = await send(`${story.birch.url}/interop/result/${'u'.repeat(43)}`, {
        headers: { accept },
      });
      expect([status, headers['referrer-policy'], headers['cache-control']]).toEqual([404, 'no-referrer', 'no-store']);
    }
  });

  it('PRO-15 SEC-02 defect 18: are in no line of a log, at any level; it names routes instead', () => {
    const text = log.join('');
    for (const [what, secret] of Object.entries(secrets())) {
      expect(secret.length, what).toBeGreaterThan(20);
      expect(text.includes(secret), what).toBe(false);
    }
    for (const route of [
      'GET /interop/result/:token',
      'POST /interop/credentials',
      'GET /invitations/:token',
      'GET /interop/proposals/:id',
    ]) {
      expect(text).toContain(route);
    }
  });

  it('PRO-15 defect 18: neither are the secrets of consumers, sessions and signatures', async () => {
    const text = log.join('');
    for (const station of story.stations) {
      for (const { inbound, outbound } of await station.services.neighbours.peers.list()) {
        for (const secret of [inbound.secret, outbound?.secret ?? inbound.secret]) expect(text).not.toContain(secret);
      }
    }
    expect(text).not.toMatch(/oauth_signature=|access_token_secret=|connect\.sid=/);
  });

  it('defect 22: are in no file of either cloud as they are', () => {
    for (const [cloud, text] of stored) {
      expect(text).toContain('Ana Alvarez');
      for (const [what, secret] of Object.entries(secrets())) {
        // The consent page is shown to its recipient alone, and a token names a grant: neither proves anything.
        if (what === 'the address of the consent page' || what === 'the token of the grant') continue;
        expect(text.includes(secret), `${what} at ${cloud}`).toBe(false);
      }
    }
  });

  it('defect 7: the browser that carried the decision carried no token', () => {
    for (const [what, { url, headers, body }] of pages) {
      const seen = url.href + JSON.stringify(headers) + body.toString();
      for (const secret of [grant.token, grant.secret]) expect(seen.includes(secret), what).toBe(false);
    }
  });
});

/** All files of a cloud's data folder, database and its journals included. */
async function everythingStored({ dataDir }: Station): Promise<string> {
  const found = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n');
}
