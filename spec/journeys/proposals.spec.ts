import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fields } from '../../src/kernel/index.js';
import type { Station } from '../support/open-pair.js';
import { DEV } from '../support/seeds.js';
import { PeerVoice, type Manner } from './support/peer-voice.js';
import { OUTGOING_WAYS } from './support/states.js';
import { activate, enter, halvesOf, invite, openStory, statesOf, voiceOf, type Story } from './support/story.js';
import { send } from './support/wire.js';
import { endEverything, withoutEffect } from './support/world.js';

let proposals = 0;

/** A sound proposal from Alder, with changes; undefined leaves a field out. */
function proposal({ alder, bo }: Story, changes: Readonly<Record<string, string | undefined>> = {}): Fields {
  proposals += 1;
  const fields: Record<string, string | undefined> = {
    share_id: `share-${String(proposals)}`,
    resource_url: `${alder.url}/v1/folder/1`,
    owner_name: 'Ana Alvarez',
    owner_email: 'ana@alder.example',
    folder_name: 'Plans',
    permission: 'read-only',
    recipient: bo.email,
    callback: `${alder.url}/interop/result/abc${String(proposals)}`,
    protocol_version: '1.0',
    ...changes,
  };
  return Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

describe('proposals', () => {
  let story: Story;
  let cedar: Station;
  let asCedar: PeerVoice;

  beforeAll(async () => {
    story = await openStory();
    cedar = await story.found('Cedar');
    asCedar = await voiceOf('Cedar', story.birch);
  });
  beforeEach(() => story.forgetLimits());
  afterEach(() => endEverything(story));
  afterAll(() => story.close());

  const offer = async (fields: Fields, manner: Manner = {}): Promise<number> =>
    (await story.asAlder.post('/interop/share', fields, manner)).status;
  const refused = (fields: Fields, manner: Manner = {}): Promise<number> =>
    withoutEffect(story, () => offer(fields, manner));

  it('under the name of our own share with that cloud are 409 (F-16)', async () => {
    const { shareId } = await activate(story);
    const { birch, ana } = story;
    const fields = proposal(story, {
      share_id: shareId,
      resource_url: `${birch.url}/v1/folder/1`,
      callback: `${birch.url}/interop/result/own`,
      recipient: ana.email,
    });
    const { status } = await withoutEffect(story, () => story.asBirch.post('/interop/share', fields));
    expect(status).toBe(409);
  });

  it('PRO-01 are refused without a signature, with a wrong one, and with any field changed after signing', async () => {
    expect(await refused(proposal(story), { unsigned: true })).toBe(401);
    const fields = proposal(story);
    for (const [name] of fields) {
      const altered = (all: Fields): Fields => all.map(([key, value]) => [key, key === name ? `${value}x` : value]);
      expect([name, await refused(fields, { altered })]).toEqual([name, 401]);
    }
    const dropped = (all: Fields): Fields => all.slice(1);
    expect(await refused(fields, { altered: dropped })).toBe(401);
  });

  it('PRO-01 are refused from a cloud that is unknown, blocked or removed', async () => {
    const stranger = new PeerVoice(story.birch.url, { key: 'k'.repeat(32), secret: 's'.repeat(43) }, story.birch.clock);
    const asStranger = await withoutEffect(story, () => stranger.post('/interop/share', proposal(story)));
    expect(asStranger.status).toBe(401);
    const fromCedar = (): Fields =>
      proposal(story, { resource_url: `${cedar.url}/v1/folder/1`, callback: `${cedar.url}/interop/result/x` });
    await story.birch.services.neighbours.peers.block('Cedar');
    expect((await withoutEffect(story, () => asCedar.post('/interop/share', fromCedar()))).status).toBe(401);
    await story.birch.services.neighbours.peers.unblock('Cedar');
    expect((await asCedar.post('/interop/share', fromCedar())).status).toBe(303);
  });

  it('PRO-03 are refused when a URL is not the peer’s own, and nobody is asked', async () => {
    const { alder, birch } = story;
    const { port } = new URL(alder.url);
    const foreign = [
      ...[cedar.url, birch.url, `http://localhost:${port}0`, `https://localhost:${port}`, `ftp://localhost:${port}`],
      ...[
        `http://localhost.evil.example:${port}`,
        `http://evil.example/${alder.url}`,
        `//localhost:${port}`,
        'nothing',
      ],
      ...[`http://user@localhost:${port}`, `http://user:pass@localhost:${port}`, `http://localhost:${port}#part`],
      ...[`http:\\\\localhost:${port}`, `http://local\thost:${port}`, `http://localhost:${port}/a/../b`, ''],
    ];
    for (const url of foreign) {
      for (const field of ['resource_url', 'callback']) {
        const path = url === '' || url.includes('#') ? '' : '/v1/folder/1';
        const status = await refused(proposal(story, { [field]: `${url}${path}` }));
        expect([field, url, status]).toEqual([field, url, 400]);
      }
    }
  });

  it('PRO-04 of two peers under one name are two agreements, whoever comes first', async () => {
    const mine = proposal(story, { share_id: 'the-same' });
    const theirs = proposal(story, {
      share_id: 'the-same',
      resource_url: `${cedar.url}/v1/folder/1`,
      callback: `${cedar.url}/interop/result/x`,
    });
    expect(await offer(mine)).toBe(303);
    expect((await asCedar.post('/interop/share', theirs)).status).toBe(303);
    expect((await asCedar.unshare('the-same', 'revoked')).status).toBe(200);
    const both = await story.birch.services.shares.incoming.named(story.birch.services.base.database.read, 'the-same');
    expect(both.map(({ state }) => state).sort()).toEqual(['pending', 'revoked']);
  });

  it('PRO-05 that come again unchanged lead to the same page; changed ones are refused', async () => {
    const fields = proposal(story);
    const first = await story.asAlder.post('/interop/share', fields);
    const again = await withoutEffect(story, () => story.asAlder.post('/interop/share', fields));
    expect([again.status, again.headers.location]).toEqual([303, first.headers.location]);
    for (const [name, value] of [
      ['permission', 'read-write'],
      ['folder_name', 'Other'],
      ['owner_name', 'Eve'],
    ] as const) {
      const changed = fields.map(([key, old]) => [key, key === name ? value : old] as const);
      expect([name, await refused(changed)]).toEqual([name, 409]);
    }
  });

  it('PRO-06 are refused with the name of the field that is missing, twice or malformed', async () => {
    for (const name of [
      'share_id',
      'resource_url',
      'owner_name',
      'owner_email',
      'folder_name',
      'permission',
      'recipient',
      'callback',
    ]) {
      const answer = await withoutEffect(story, () =>
        story.asAlder.post('/interop/share', proposal(story, { [name]: undefined })),
      );
      expect([answer.status, answer.text]).toEqual([400, `${name} is missing`]);
    }
    const twice: Fields = [...proposal(story), ['folder_name', 'Another']];
    expect(await refused(twice)).toBe(400);
    expect(await refused(proposal(story, { protocol_version: '2.0' }))).toBe(400);
    expect(await refused(proposal(story, { permission: 'admin' }))).toBe(400);
    expect(await refused(proposal(story, { recipient: 'nobody' }))).toBe(400);
    expect(await refused(proposal(story, { share_id: 'x'.repeat(201) }))).toBe(400);
    expect(await refused(proposal(story, { share_id: 'a\nb' }))).toBe(400);
    // Characters count, not their halves (F-30).
    expect(await refused(proposal(story, { owner_name: '😀'.repeat(2_001) }))).toBe(400);
    expect(await offer(proposal(story, { owner_name: '😀'.repeat(2_000), share_id: '😀'.repeat(200) }))).toBe(303);
    expect(await offer(proposal(story, { protocol_version: undefined }))).toBe(303);
  });

  it('PRO-07 are limited to sixty a minute for each peer', async () => {
    // Each lacks its fields: what counts is that it was signed.
    const propose = async (voice: PeerVoice): Promise<number> => (await voice.post('/interop/share', [])).status;
    for (let count = 0; count < 60; count += 1) expect(await propose(story.asAlder)).toBe(400);
    expect(await propose(story.asAlder)).toBe(429);
    expect(await propose(asCedar)).toBe(400);
    expect((await story.asAlder.unshare('none')).status).toBe(404);
    story.advance(60_000);
    expect(await propose(story.asAlder)).toBe(400);
  });

  it('PRO-11 the page behind a forwarded link names owner, folder, permission and clouds, and no files', async () => {
    const { link } = await invite(story, { comment: 'Look!' });
    const { text } = await send(link, { headers: { accept: 'text/html' } });
    for (const word of ['Ana Alvarez', 'Plans', 'Birch', 'Cedar', 'Look!']) expect(text).toContain(word);
    expect(text).not.toContain('budget');
  });

  it('PRO-12 only clouds on offer can be chosen', async () => {
    const invited = await invite(story);
    const {
      agreements: { invitations },
      neighbours: { peers },
    } = story.alder.services;
    const blocked = await peers.byName('Cedar');
    await peers.block('Cedar');
    for (const id of ['', 'nobody', blocked?.id ?? '']) {
      const answer = await withoutEffect(story, () =>
        invitations.choose(invited.token, id).catch((error: unknown) => error),
      );
      expect(answer).toMatchObject({ code: 'invalid' });
    }
    await peers.unblock('Cedar');
  });

  it('PRO-15 nothing about a link leaks: no referrer, no store, no word of it to another site', async () => {
    const invited = await invite(story);
    await story.bo.browser.openInvitation(invited.link);
    const choice = story.bo.browser.page;
    const consent = await story.bo.browser.chooseCloud('Birch');
    const { callback, outgoing } = await halvesOf(story, invited.folder);
    const result = await send(story.asBirch.sign(callback ?? '', { share_id: outgoing.shareId, accepted: 'false' }));
    for (const { headers, text } of [choice, result]) {
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['cache-control']).toBe('no-store');
      expect(text).not.toMatch(/(?:src|href)="https?:\/\/(?!localhost)/);
    }
    expect(consent.url.pathname).toBe('/login');
  });

  it('WEB-05 somebody else sees nothing of the proposal, and neither accepts nor declines it', async () => {
    const dev = await enter(story, { ...DEV }, story.birch);
    const invited = await OUTGOING_WAYS.sent(story, {});
    const { incoming } = await halvesOf(story, invited.folder);
    const page = `${story.birch.url}/interop/proposals/${incoming?.id ?? ''}`;
    await dev.browser.signIn(story.birch.url);
    const seen = await dev.browser.visit(page);
    expect([seen.status, seen.text]).toEqual([403, expect.not.stringMatching(/Ana|Plans|alder\.example/)]);
    for (const accepted of [true, false]) {
      const decide = (): Promise<unknown> =>
        story.birch.services.agreements.proposals.decide(
          dev.accountId,
          incoming?.id ?? '',
          incoming?.digest ?? '',
          accepted,
        );
      expect(await withoutEffect(story, () => decide().catch((error: unknown) => error))).toMatchObject({
        code: 'forbidden',
      });
    }
    // With a form of his own making, and Bo's digest.
    const token = seen.forms.flatMap(({ controls }) => controls).find(({ name }) => name === 'token')?.value ?? '';
    const cookie = dev.browser.browser.cookies.header(new URL(page), { method: 'POST', sameSite: true }) ?? '';
    const body = new URLSearchParams({ token, digest: incoming?.digest ?? '', answer: 'accept' }).toString();
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };
    expect((await withoutEffect(story, () => send(page, { method: 'POST', headers, body }))).status).toBe(403);
    expect(await statesOf(story, invited.folder)).toEqual(['sent', 'pending']);
  });

  it('PRO-10 a scanner that opens every link five times changes nothing, and the person’s click still works', async () => {
    const invited = await invite(story);
    await withoutEffect(story, async () => {
      for (let visit = 0; visit < 5; visit += 1) {
        for (const method of ['GET', 'HEAD'] as const)
          await send(invited.link, { method, headers: { accept: 'text/html' } });
        const prefetch = await send(invited.link, { headers: { 'sec-purpose': 'prefetch' } });
        expect(prefetch.status).toBe(503);
      }
    });
    await story.bo.browser.openInvitation(invited.link);
    const page = await story.bo.browser.chooseCloud('Birch');
    expect(page.url.origin).toBe(story.birch.url);
    expect(await statesOf(story, invited.folder)).toEqual(['sent', 'pending']);
  });

  it('PRO-09 links and callbacks are long, kept as digests or sealed, and unknown ones all alike', async () => {
    const invited = await OUTGOING_WAYS.sent(story, {});
    const { callback } = await halvesOf(story, invited.folder);
    const word = callback?.split('/').at(-1) ?? '';
    expect([invited.token.length, word.length]).toEqual([43, 43]);
    const rows = JSON.stringify([
      await story.alder.services.base.database.read('invitations'),
      await story.alder.services.base.database.read('outgoing_shares'),
    ]);
    expect(rows).not.toContain(invited.token);
    expect(rows).not.toContain(word);
    const asked = await Promise.all(
      ['x', 'y'].map((letter) =>
        send(`${story.alder.url}/invitations/${letter.repeat(43)}`, { headers: { accept: 'text/html' } }),
      ),
    );
    expect(asked.map(({ status }) => status)).toEqual([404, 404]);
  });

  it('can be for the same folder and another person, or again for a person after the end', async () => {
    const first = await activate(story);
    await story.ana.app.json(`folder/${String(first.folder)}/unshare`, 'POST', [story.bo.email]);
    await story.settle();
    const again = await story.ana.app.share(first.folder, story.bo.email);
    expect(again).not.toBe(first.shareId);
  });
});
