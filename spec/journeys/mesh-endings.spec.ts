import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, ROOT_ID, type PeerId } from '../../src/kernel/index.js';
import { CLEO, DEV } from '../support/seeds.js';
import {
  addressOf,
  announced,
  answer,
  atWork,
  openMesh,
  shareByAddress,
  shareFolder,
  type Announced,
} from './support/mesh.js';
import { postUnsigned } from './support/mesh-voice.js';
import { halvesOf, statesOf, type Story } from './support/story.js';
import { endEverything } from './support/world.js';

describe('how shares by Open Cloud Mesh end', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openMesh();
  });
  beforeEach(() => story.forgetLimits());
  afterEach(() => endEverything(story));
  afterAll(() => story.close());

  /** The secret that Birch was given. */
  async function secretOf({ folder }: Announced): Promise<string> {
    const { outgoing } = await halvesOf(story, folder);
    return story.alder.services.agreements.ownOffers.opened(outgoing.id, outgoing.callbackSealed ?? '');
  }

  async function open(secret: string): Promise<number> {
    const authorization = `Basic ${Buffer.from(`${secret}:`).toString('base64')}`;
    const headers = { authorization, depth: '0' };
    return (await fetch(`${story.alder.url}/public.php/webdav/`, { method: 'PROPFIND', headers })).status;
  }

  type Way = readonly [name: string, end: (share: Announced) => Promise<unknown>, after: readonly [string, string]];

  const ownerEnds = async ({ folder }: Announced): Promise<void> => {
    const { outgoing } = await halvesOf(story, folder);
    await story.alder.services.agreements.sharing.withdraw(story.ana.accountId, outgoing.id);
  };
  const byAdministrator = async ({ folder }: Announced): Promise<void> => {
    const { outgoing } = await halvesOf(story, folder);
    await story.alder.services.shares.endings.byName(outgoing.shareId, 'command line');
  };
  const folderGoes = ({ folder }: Announced): Promise<unknown> =>
    story.ana.app.call(`folder/${String(folder)}`, { method: 'DELETE' });
  const recipientLeaves = async ({ folder }: Announced): Promise<void> => {
    const { incoming } = await halvesOf(story, folder);
    await story.birch.services.agreements.leaving.leaveIncoming(story.bo.accountId, incoming?.id ?? '');
  };

  const AT_WORK: readonly Way[] = [
    ['the owner takes it back', ownerEnds, ['revoked', 'revoked']],
    ['an administrator of the owner ends it', byAdministrator, ['revoked', 'revoked']],
    ['the folder is deleted', folderGoes, ['revoked', 'revoked']],
    ['the recipient leaves', recipientLeaves, ['left', 'left']],
  ];
  it.each(AT_WORK)(
    'CNV-02 at work, %s: nothing opens with the commit, and the other cloud is told',
    async (_, end, after) => {
      const share = await atWork(story);
      const secret = await secretOf(share);
      expect(await open(secret)).toBe(207);
      await end(share);
      if (after[0] !== 'left') expect(await open(secret)).toBe(401);
      await story.settle();
      expect(await open(secret)).toBe(401);
      expect(await statesOf(story, share.folder)).toEqual(after);
      expect((await story.bo.app.children()).has(share.name)).toBe(false);
    },
  );

  it('while it waits, the owner takes it back, and the recipient finds nothing to accept', async () => {
    const share = await announced(story);
    const secret = await secretOf(share);
    expect(await open(secret)).toBe(207);
    await ownerEnds(share);
    expect(await open(secret)).toBe(401);
    await story.settle();
    expect(await statesOf(story, share.folder)).toEqual(['withdrawn', 'withdrawn']);
    await expect(answer(story, share, true)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('by its expiry on both sides, at work and waiting', async () => {
    const [waiting, working] = [
      await announced(story, { expiresAt: story.alder.clock.now() + DAY }),
      await atWork(story, { expiresAt: story.alder.clock.now() + DAY }),
    ];
    await story.pass(DAY + 1_000);
    for (const { services } of story.stations) await services.shares.endings.timeIsUp();
    await story.settle();
    expect(await statesOf(story, waiting.folder)).toEqual(['expired', 'expired']);
    expect(await statesOf(story, working.folder)).toEqual(['expired', 'expired']);
  });

  /** Alder answers nothing but its own trouble until it is called. */
  async function away(): Promise<() => Promise<unknown>> {
    const rename = (from: string, to: string): Promise<unknown> =>
      story.alder.services.base.database.write((trx) => trx.schema.renameTable(from, to));
    await rename('limits', 'lost');
    return () => rename('lost', 'limits');
  }

  async function dayPasses(): Promise<void> {
    await story.birch.services.shares.endings.timeIsUp();
    await story.settle();
  }

  const isMounted = async ({ name }: Announced): Promise<boolean> => (await story.bo.app.children()).has(name);

  it('by its expiry here, whatever its owner’s cloud does', async () => {
    const share = await atWork(story, { expiresAt: story.alder.clock.now() + DAY });
    const isBack = await away();
    story.birch.clock.advance(DAY);
    await dayPasses();
    expect([(await halvesOf(story, share.folder)).incoming?.state, await isMounted(share)]).toEqual(['active', false]);
    story.birch.clock.advance(10 * MINUTE);
    await story.birch.services.shares.endings.timeIsUp();
    const { incoming } = await halvesOf(story, share.folder);
    expect([incoming?.state, incoming?.endReason, incoming?.grantSealed]).toEqual(['expired', 'expired', undefined]);
    expect(await isMounted(share)).toBe(false);
    await isBack();
    story.alder.clock.advance(DAY + 10 * MINUTE);
    await story.pass(HOUR);
    expect((await halvesOf(story, share.folder)).outgoing.state).toBe('expired');
  });

  it('by its expiry here at once, if its owner’s cloud opens it no more', async () => {
    const share = await atWork(story, { expiresAt: story.alder.clock.now() + DAY });
    story.advance(DAY);
    await dayPasses();
    expect(await statesOf(story, share.folder)).toEqual(['expired', 'expired']);
  });

  it('not by a day that its owner has put off at the last moment: it is asked before it ends', async () => {
    const { alder } = story;
    const share = await atWork(story, { expiresAt: alder.clock.now() + DAY });
    await story.pass(DAY - MINUTE);
    const { outgoing } = await halvesOf(story, share.folder);
    const until = alder.clock.now() + 9 * DAY;
    await alder.services.agreements.changing.change(story.ana.accountId, outgoing.id, { expiresAt: until });
    story.advance(MINUTE);
    expect(await isMounted(share)).toBe(false);
    await dayPasses();
    expect(await statesOf(story, share.folder)).toEqual(['active', 'active']);
    expect([(await halvesOf(story, share.folder)).incoming?.expiresAt, await isMounted(share)]).toEqual([until, true]);
  });

  it('goes on without a gap when its last day is put off in time, and ends on the new one', async () => {
    const { alder } = story;
    const share = await atWork(story, { expiresAt: alder.clock.now() + 2 * DAY });
    await story.pass(DAY + 23 * HOUR);
    const { outgoing } = await halvesOf(story, share.folder);
    const until = alder.clock.now() + DAY;
    await alder.services.agreements.changing.change(story.ana.accountId, outgoing.id, { expiresAt: until });
    await story.pass(HOUR);
    expect([await statesOf(story, share.folder), await isMounted(share)]).toEqual([['active', 'active'], true]);
    await story.pass(DAY);
    await dayPasses();
    expect(await statesOf(story, share.folder)).toEqual(['expired', 'expired']);
  });

  it('when nobody answers: either side stops waiting, and tells the other', async () => {
    const share = await announced(story);
    story.advance(31 * DAY);
    await story.birch.services.shares.endings.timeIsUp();
    await story.settle();
    expect(await statesOf(story, share.folder)).toEqual(['declined', 'expired']);
  });

  it('ADM-03 when one cloud blocks the other, on both sides', async () => {
    const { alder, birch } = story;
    const share = await atWork(story);
    const secret = await secretOf(share);
    await alder.services.neighbours.peers.block('Birch', 'command line');
    expect(await open(secret)).toBe(401);
    expect((await postUnsigned(alder, 'shares', {})).status).toBe(400);
    await story.settle();
    expect(await statesOf(story, share.folder)).toEqual(['revoked', 'revoked']);
    await alder.services.neighbours.peers.unblock('Birch', 'command line');
    const other = await atWork(story);
    await birch.services.neighbours.peers.block('Alder', 'command line');
    await story.settle();
    expect(await statesOf(story, other.folder)).toEqual(['left', 'left']);
    await birch.services.neighbours.peers.unblock('Alder', 'command line');
  });

  it('AUT-05 when the owner or the recipient is removed', async () => {
    const { alder, birch } = story;
    const dev = await story.settleIn(DEV, birch);
    const { id: folder } = await story.ana.app.makeFolder('For Dev');
    await shareFolder(story, folder, {}, addressOf(dev));
    await story.settle();
    const { incoming } = await halvesOf(story, folder);
    await birch.services.agreements.proposals.decide(dev.accountId, incoming?.id ?? '', incoming?.digest ?? '', true);
    await story.settle();
    expect(await statesOf(story, folder)).toEqual(['active', 'active']);
    await birch.services.people.accounts.remove(DEV.email);
    await story.settle();
    expect(await statesOf(story, folder)).toEqual(['left', 'left']);

    const cleo = await story.settleIn(CLEO, alder);
    const { tree } = alder.services.files;
    const made = await tree.makeFolder({ kind: 'person', accountId: cleo.accountId }, ROOT_ID, 'Of Cleo');
    const peer = await alder.services.neighbours.peers.byName('Birch');
    const address = addressOf(story.bo);
    await alder.services.agreements.sharing.share(cleo.accountId, made.id, {
      addresses: [],
      servers: [{ peerId: peer?.id ?? ('' as PeerId), address, clean: address }],
      permission: 'read-only',
    });
    await story.settle();
    await answer(story, { folder: Number(made.id), name: 'Of Cleo' }, true);
    await story.settle();
    expect(await statesOf(story, Number(made.id))).toEqual(['active', 'active']);
    await alder.services.people.accounts.remove(CLEO.email);
    await story.settle();
    expect(await statesOf(story, Number(made.id))).toEqual(['revoked', 'revoked']);
  });

  it('DLV-04 is told when the other cloud is there again, and so is an offer', async () => {
    const { birch } = story;
    const rename = (from: string, to: string): Promise<unknown> =>
      birch.services.base.database.write((trx) => trx.schema.renameTable(from, to));
    const working = await atWork(story);
    await rename('limits', 'lost');
    const offered = await shareByAddress(story);
    await ownerEnds(working);
    await story.settle();
    await rename('lost', 'limits');
    expect(await statesOf(story, offered.folder)).toEqual(['sent', 'absent']);
    expect(await statesOf(story, working.folder)).toEqual(['revoked', 'active']);
    await story.pass(30 * 60_000);
    expect(await statesOf(story, offered.folder)).toEqual(['sent', 'pending']);
    expect(await statesOf(story, working.folder)).toEqual(['revoked', 'revoked']);
  });

  it('is refused for good: the owner is told why, may share again, and the secret opens nothing', async () => {
    const { ana, mailbox, alder, birch } = story;
    const before = mailbox.letters.length;
    const nobody = addressOf({ email: 'nobody@birch.example', at: birch });
    const share = await shareByAddress(story, {}, nobody);
    await story.settle();
    const { outgoing, grant } = await halvesOf(story, share.folder);
    expect([outgoing.state, grant]).toEqual(['created', undefined]);
    expect(outgoing.problem).toContain('did not take the share. It says: Nobody here has this address.');
    const letter = mailbox.letters.slice(before).find(({ to }) => to.includes(ana.email));
    expect(letter?.subject).toContain('does not reach');
    expect(await open(await secretOf(share))).toBe(401);
    await birch.services.people.accounts.add('nobody@birch.example' as typeof story.bo.email, 'Nobody');
    await shareFolder(story, share.folder, {}, nobody);
    await story.settle();
    expect(await statesOf(story, share.folder)).toEqual(['sent', 'pending']);
    expect((await alder.services.shares.outgoing.byId(alder.services.base.database.read, outgoing.id))?.problem).toBe(
      undefined,
    );
  });

  it('changes its terms at once, and the other cloud sees them when it asks', async () => {
    const { alder } = story;
    const first = alder.clock.now() + 30 * DAY;
    const share = await atWork(story, { permission: 'read-only', expiresAt: first });
    const terms = async () => {
      const { incoming, outgoing } = await halvesOf(story, share.folder);
      return [outgoing, incoming].map((half) => [half?.permission, half?.expiresAt]);
    };
    const both = (...told: unknown[]) => [told, told];
    expect(await terms()).toEqual(both('read-only', first));
    const { outgoing } = await halvesOf(story, share.folder);
    for (const expiresAt of [first + 10 * DAY, first - 20 * DAY, null]) {
      const changed = { permission: 'read-write', expiresAt } as const;
      await alder.services.agreements.changing.change(story.ana.accountId, outgoing.id, changed);
      await story.pass(DAY);
      expect(await terms()).toEqual(both('read-write', expiresAt ?? undefined));
    }
  });
});
