import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOUR } from '../../src/kernel/index.js';
import { runBeside } from '../support/command-line.js';
import { addressOf, announced, openMesh, shareByAddress } from './support/mesh.js';
import { halvesOf, type Story } from './support/story.js';

describe('what people and administrators read about shares by Open Cloud Mesh', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openMesh();
    await story.ana.browser.signIn(story.alder.url);
  });
  beforeEach(() => story.forgetLimits());
  afterAll(() => story.close());

  async function diagnosis(folder: number): Promise<string> {
    const { outgoing } = await halvesOf(story, folder);
    const [half] = await story.alder.services.care.doctor.named(outgoing.shareId);
    return half?.findings[0]?.code ?? '';
  }

  it('is that an offer is on its way, waits there, or was not taken and why', async () => {
    const { alder, birch, ana } = story;
    const share = await shareByAddress(story);
    expect(await diagnosis(share.folder)).toBe('offer-on-its-way');
    await story.settle();
    expect(await diagnosis(share.folder)).toBe('waits-for-answer');

    const nobody = addressOf({ ...story.bo, email: 'nobody@birch.example', at: birch });
    const lost = await shareByAddress(story, {}, nobody);
    await story.settle();
    expect(await diagnosis(lost.folder)).toBe('offer-not-taken');
    const page = await ana.browser.visit(`${alder.url}/shares`);
    expect(page.text).toContain(`The offer does not reach ${nobody}`);
    expect(page.text).toContain('It says: Nobody here has this address.');
    const { outgoing } = await halvesOf(story, lost.folder);
    const again = alder.services.agreements.inviting.resend(ana.accountId, outgoing.id);
    await expect(again).rejects.toMatchObject({ code: 'conflict' });
  });

  it('OPS-08 are for scripts too: the protocol of the share, and no keys where none are exchanged', async () => {
    const { alder } = story;
    const share = await announced(story);
    const { outgoing } = await halvesOf(story, share.folder);
    const { json } = await runBeside(alder, 'share', 'doctor', outgoing.shareId, '--json');
    expect(json).toMatchObject([
      { dialect: 'ocm', peer: { hasKeys: null, ocm: { isMet: false, keyChangedAt: null, notes: [] } } },
    ]);
  });

  it('OCM-01 are that its key is another one, when a message has shown that', async () => {
    const { birch } = story;
    await announced(story);
    const { database } = birch.services.base;
    const alder = (await birch.services.neighbours.peers.byName('Alder')) ?? expect.fail('no peer');
    expect(alder.ocm?.found).toMatchObject({ key: expect.stringMatching(/./) as string, keyChangedAt: undefined });
    await database.write((trx) => trx('peer_ocm').where({ peer_id: alder.id }).update({ ocm_key: 'older.older' }));
    story.advance(2 * HOUR);
    const share = await announced(story);
    const { incoming } = await halvesOf(story, share.folder);
    const [half] = await birch.services.care.doctor.named(incoming?.id ?? '');
    expect(half?.findings.map(({ code }) => code)).toContain('peer-key-changed');
  });

  it('may be ended by an administrator by its name, and retried', async () => {
    const { alder } = story;
    const share = await announced(story);
    const { outgoing } = await halvesOf(story, share.folder);
    expect(await alder.services.care.doctor.retryNamed(outgoing.shareId, 'command line')).toBeDefined();
    await alder.services.shares.endings.byName(outgoing.shareId, 'command line');
    await story.settle();
    const { incoming } = await halvesOf(story, share.folder);
    expect(incoming?.state).toBe('withdrawn');
  });
});
