import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ownServer, printAddress } from '../../src/federation/index.js';
import { CLEO } from '../support/seeds.js';
import { addressOf, announced, answer, atWork, meet, openMesh, shareByAddress } from './support/mesh.js';
import { noticeText, postSigned, postUnsigned, SECRET, shareText, type Said } from './support/mesh-voice.js';
import { halvesOf, statesOf, type Story } from './support/story.js';
import { endEverything, withoutEffect } from './support/world.js';

/** What a refused message may leave: counters of limits, what is known of signatures, and what a peer said first. */
const TRACES = ['limits', 'nonces', 'peer_ocm', '(connections)'] as const;

describe('what other servers send by Open Cloud Mesh', () => {
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

  const forgetSigning = (): Promise<unknown> =>
    story.alder.services.base.database.write((trx) => trx('peer_ocm').update({ ocm_signs_since: null }));

  /** A share to Ana; its words as Birch says them unless told otherwise. */
  const toAna = (otherwise: Said = {}): Said => shareText(at(story.birch, 'bo'), addressOf(story.ana), otherwise);

  it('OCM-02 is refused without effect when signing host, sender and owner differ', async () => {
    const { alder, birch } = story;
    const [b, c] = [at(birch, 'bo'), at(cedar, 'cleo')];
    const upper = `bo@${birch.url.toUpperCase().replace('HTTP', 'http')}`;
    const table: readonly (readonly [
      signer: Story['alder'] | undefined,
      owner: string,
      sender: string,
      status: number,
    ])[] = [
      [birch, b, b, 201],
      [birch, upper, upper, 201],
      // A reshare that the owner's server arranged.
      [birch, b, c, 201],
      [birch, c, b, 403],
      [birch, c, c, 403],
      [cedar, b, b, 403],
      [cedar, b, c, 403],
      [birch, b.replace('localhost', 'localhost.evil'), b, 403],
      [birch, b.replace('localhost', 'local-host'), b, 403],
      [birch, `bo@${new URL(birch.url).host}@http://elsewhere.example`, b, 403],
      // Unsigned by a stranger to the owner: the share is not to be seen there.
      [undefined, b, c, 403],
    ];
    for (const [signer, owner, sender, status] of table) {
      // Who is known to sign has to.
      if (signer === undefined) await forgetSigning();
      const share = toAna({ owner, sender });
      const send = async (): Promise<number> =>
        signer === undefined
          ? (await postUnsigned(alder, 'shares', share)).status
          : (await postSigned(signer, alder, 'shares', share)).status;
      const got = status === 201 ? await send() : await withoutEffect(story, send, TRACES);
      expect([signer?.name, owner, sender, got]).toEqual([signer?.name, owner, sender, status]);
    }
  });

  it('shows whose it is and who sent it, and whether that is proven', async () => {
    const { alder, birch, ana } = story;
    const [owner, sender] = [at(birch, 'bo'), at(cedar, 'cleo')];
    const signed = toAna({ owner, sender });
    expect((await postSigned(birch, alder, 'shares', signed)).status).toBe(201);
    const view = async (share: Said) => {
      const [found] = await alder.services.shares.incoming.named(
        alder.services.base.database.read,
        String(share['providerId']),
      );
      const shown = await alder.services.agreements.proposals.view(ana.accountId, found?.id ?? '');
      return shown.kind === 'shown' ? shown.proposal : undefined;
    };
    expect(await view(signed)).toMatchObject({ ownerEmail: owner, sender, unsigned: false, isOcm: true });
    await ana.browser.signIn(alder.url);
    const page = await ana.browser.visit(`${alder.url}/interop/proposals/${(await view(signed))?.id ?? ''}`);
    expect(page.text).toContain(`(${owner}), via ${sender}`);
    expect(page.text).not.toContain('Look twice');
    // As Nextcloud says it of everything.
    expect(page.text).toContain('Somebody shares a file or folder with you');
  });

  it('marks an unsigned share of a peer that was never seen to sign, and mails nobody about it', async () => {
    const { alder, ana, mailbox } = story;
    await forgetSigning();
    const share = toAna();
    const before = mailbox.letters.length;
    expect((await postUnsigned(alder, 'shares', share)).status).toBe(201);
    await story.settle();
    expect(mailbox.letters.length).toBe(before);
    const [row] = await alder.services.shares.incoming.named(
      alder.services.base.database.read,
      String(share['providerId']),
    );
    expect(row).toMatchObject({ isUnverified: true, state: 'pending' });
    const page = await ana.browser.visit(`${alder.url}/interop/proposals/${row?.id ?? ''}`);
    expect(page.text).toContain('The message was not signed');
  });

  it('OCM-07 says the same of people who are not here and of people who may not sign in', async () => {
    const { alder, birch } = story;
    const { accounts } = alder.services.people;
    await accounts.add(CLEO.email, CLEO.name);
    await accounts.disable(CLEO.email);
    const said = new Set<string>();
    for (const id of [CLEO.email, 'nobody@alder.example', 'nobody', '..', 'ana@alder.example@elsewhere.example']) {
      const { status, text } = await withoutEffect(
        story,
        () => postSigned(birch, alder, 'shares', toAna({ shareWith: at(alder, id) })),
        TRACES,
      );
      said.add(`${String(status)} ${text}`);
    }
    expect([...said]).toEqual([
      '400 {"message":"Nobody here has this address.","validationErrors":[{"name":"shareWith","message":"UNKNOWN"}]}',
    ]);
  });

  it('OCM-05 tells nothing of shares of others, unknown ids and wrong secrets, and does nothing', async () => {
    const { alder, birch } = story;
    const work = await atWork(story);
    const { outgoing } = await halvesOf(story, work.folder);
    const sharedSecret = alder.services.agreements.ownOffers.opened(outgoing.id, outgoing.callbackSealed ?? '');
    const answers = new Set<string>();
    const note = async (send: () => Promise<{ status: number; text: string }>): Promise<void> => {
      const { status, text } = await withoutEffect(story, send, TRACES);
      answers.add(`${String(status)} ${text}`);
    };
    for (const type of ['SHARE_ACCEPTED', 'SHARE_DECLINED', 'SHARE_UNSHARED', 'REQUEST_RESHARE', 'RESHARE_UNDO']) {
      const more = { shareWith: at(cedar, 'cleo'), senderId: '7' };
      const wrong = noticeText(type, outgoing.shareId, { sharedSecret: 'k3y', ...more });
      const unknown = noticeText(type, '0a9d3c51', { sharedSecret, ...more });
      await note(() => postUnsigned(alder, 'notifications', wrong));
      await note(() => postSigned(birch, alder, 'notifications', wrong));
      await note(() => postSigned(birch, alder, 'notifications', unknown));
      // Signed by another server, although with the right secret.
      await note(() =>
        postSigned(cedar, alder, 'notifications', noticeText(type, outgoing.shareId, { sharedSecret, ...more })),
      );
    }
    expect([...answers]).toEqual(['403 {"message":"This share is not known here.","validationErrors":[]}']);
    const own = noticeText('MOOD', outgoing.shareId, { sharedSecret });
    const odd = await withoutEffect(story, () => postSigned(birch, alder, 'notifications', own), TRACES);
    expect(odd.status).toBe(400);
    expect(await statesOf(story, work.folder)).toEqual(['active', 'active']);
  });

  it('OCM-05 answers what is told again alike, and what contradicts it with 409', async () => {
    const { alder, birch } = story;
    const offered = await announced(story);
    const { outgoing } = await halvesOf(story, offered.folder);
    const sharedSecret = alder.services.agreements.ownOffers.opened(outgoing.id, outgoing.callbackSealed ?? '');
    const tell = async (type: string): Promise<number> =>
      (await postSigned(birch, alder, 'notifications', noticeText(type, outgoing.shareId, { sharedSecret }))).status;
    const state = async (): Promise<string> => (await halvesOf(story, offered.folder)).outgoing.state;
    for (const [type, status, after] of [
      ['SHARE_ACCEPTED', 201, 'active'],
      ['SHARE_ACCEPTED', 201, 'active'],
      ['SHARE_DECLINED', 201, 'left'],
      ['SHARE_DECLINED', 201, 'left'],
      ['SHARE_ACCEPTED', 409, 'left'],
    ] as const) {
      story.advance(1_000);
      expect([type, await tell(type), await state()]).toEqual([type, status, after]);
    }
  });

  it('refuses to let anybody share further (AUT-09), and takes a proven change of permissions until it has looked', async () => {
    const { alder, birch } = story;
    const work = await atWork(story, { permission: 'read-only' });
    const { outgoing, incoming } = await halvesOf(story, work.folder);
    const sharedSecret = alder.services.agreements.ownOffers.opened(outgoing.id, outgoing.callbackSealed ?? '');
    const wish = { sharedSecret, shareWith: at(cedar, 'cleo'), senderId: '7' };
    const asked = await postSigned(
      birch,
      alder,
      'notifications',
      noticeText('REQUEST_RESHARE', outgoing.shareId, wish),
    );
    expect([asked.status, asked.text]).toEqual([403, expect.stringContaining('Nobody shares further')]);
    const more = { sharedSecret, protocol: { name: 'multi', webdav: { permissions: ['read', 'write'] } } };
    const told = noticeText('SHARE_CHANGE_PERMISSION', outgoing.shareId, more);
    const { base, shares } = birch.services;
    const permission = async () => (await shares.incoming.byId(base.database.read, incoming?.id ?? ''))?.permission;
    for (let count = 0; count < 2; count += 1) {
      story.advance(1_000);
      expect((await postSigned(alder, birch, 'notifications', told)).status).toBe(201);
      expect(await permission()).toBe('read-write');
    }
    const changes = base.database.read('share_events').where({ share_ref: incoming?.id, event: 'change' });
    expect(await changes).toHaveLength(1);
    // What the files say there has the last word.
    await story.pass(60_000);
    expect(await permission()).toBe('read-only');
  });

  it('takes the same share again, and no other under its id', async () => {
    const { alder, birch } = story;
    const share = toAna();
    for (const status of [201, 201]) {
      story.advance(1_000);
      expect((await postSigned(birch, alder, 'shares', share)).status).toBe(status);
    }
    const count = async (): Promise<number> => {
      const { base, shares } = alder.services;
      return (await shares.incoming.named(base.database.read, String(share['providerId']))).length;
    };
    expect(await count()).toBe(1);
    for (const other of [
      { name: 'Another' },
      { protocol: { name: 'webdav', options: { sharedSecret: `${SECRET}x` } } },
    ]) {
      story.advance(1_000);
      expect((await postSigned(birch, alder, 'shares', { ...share, ...other })).status).toBe(409);
    }
    story.advance(1_000);
    expect(
      (await postSigned(birch, alder, 'notifications', noticeText('SHARE_UNSHARED', share['providerId']))).status,
    ).toBe(201);
    story.advance(1_000);
    expect((await postSigned(birch, alder, 'shares', share)).status).toBe(409);
    expect(await count()).toBe(1);
  });

  it('accepts for its person what comes from a server that needs no yes', async () => {
    const { birch } = story;
    await birch.services.neighbours.peers.set('Alder', { ocm: { acceptsAlone: true } });
    try {
      const shared = await shareByAddress(story);
      await story.settle();
      expect(await statesOf(story, shared.folder)).toEqual(['active', 'active']);
    } finally {
      await birch.services.neighbours.peers.set('Alder', { ocm: { acceptsAlone: false } });
    }
  });

  it('opens nothing for who only waits: the key lies unused until its person says yes', async () => {
    const shared = await announced(story);
    const { incoming } = await halvesOf(story, shared.folder);
    expect(incoming).toMatchObject({ state: 'pending', dialect: 'ocm', storageApi: 'webdav' });
    expect(JSON.stringify(incoming)).not.toContain(SECRET);
    const before = story.alder.connections.length;
    await story.pass(60_000);
    expect(story.alder.connections.length).toBe(before);
    await answer(story, shared, true);
    await story.settle();
    expect(await statesOf(story, shared.folder)).toEqual(['active', 'active']);
  });
});
