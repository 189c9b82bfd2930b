import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import PostalMime from 'postal-mime';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SMTPServerOptions } from 'smtp-server';
import { openCloud } from '../../src/cloud.js';
import { readConfig } from '../../src/config/index.js';
import { ROOT_ID, type Email } from '../../src/kernel/index.js';
import { createLog } from '../../src/platform/index.js';
import { openMailbox } from '../mail/mailbox.js';
import { ANA, BO, createHandClock } from '../support/seeds.js';

/** Ana has shared a folder with Bo, who lives elsewhere; the invitation waits to be mailed through a real mail server. */
async function openInvitation(options: SMTPServerOptions = {}) {
  const mailbox = await openMailbox(options);
  const folder = await mkdtemp(path.join(tmpdir(), 'mailing-'));
  const config = readConfig({ FOOTBRIDGE_DATA_DIR: folder, FOOTBRIDGE_SMTP_URL: mailbox.url });
  const cloud = await openCloud(config, { clock: createHandClock(), log: createLog('silent') });
  onTestFinished(async () => {
    await cloud.stop();
    await mailbox.stop();
    await rm(folder, { recursive: true });
  });
  const {
    people: { accounts },
    files: { tree },
    agreements: { sharing },
  } = cloud.services;
  const ana = await accounts.add(ANA.email, ANA.name);
  const plans = await tree.makeFolder({ kind: 'person', accountId: ana.id }, ROOT_ID, 'Plans');
  await sharing.share(ana.id, plans.id, { addresses: [BO.email], permission: 'read-only' });
  const share = async () => {
    const [view] = (await sharing.outgoingPage(ana.id, { limit: 1 })).items;
    if (view === undefined) throw new Error('nothing is shared');
    return view;
  };
  const letters = () => Promise.all(mailbox.received.map(({ raw }) => PostalMime.parse(raw)));
  return { cloud, ana, share, letters };
}

/** A mail server that knows everybody but this address. */
const without = (unknown: Email): SMTPServerOptions => ({
  onRcptTo: ({ address }, _session, done) =>
    done(address === unknown ? Object.assign(new Error('no such user'), { responseCode: 550 }) : undefined),
});

describe('the mail of an invitation', () => {
  it('is noted at its share: on its way, then sent', async () => {
    const { cloud, share, letters } = await openInvitation();
    expect((await share()).mailState).toBe('queued');
    await cloud.drain();
    expect((await share()).mailState).toBe('sent');
    expect((await letters()).map(({ subject }) => subject)).toEqual(['Ana Alvarez shares “Plans” with you']);
  });

  it('tells the owner when the mail server does not know the address, once for each time it is sent', async () => {
    const { cloud, ana, share, letters } = await openInvitation(without(BO.email));
    await cloud.drain();
    await cloud.drain();
    expect((await share()).mailState).toBe('refused');
    expect((await letters()).map(({ subject }) => subject)).toEqual(['“Plans” does not reach bo@birch.example']);
    expect((await letters())[0]?.text).toContain('it probably does not exist');
    await cloud.services.agreements.inviting.resend(ana.id, (await share()).id);
    await cloud.drain();
    expect(await letters()).toHaveLength(2);
  });

  it('is not sent any more once the share was taken back', async () => {
    const { cloud, ana, share, letters } = await openInvitation();
    await cloud.services.agreements.sharing.withdraw(ana.id, (await share()).id);
    await cloud.drain();
    expect(await letters()).toEqual([]);
  });

  it('waits for as many days as its owner said, within bounds', async () => {
    const { cloud, ana, share } = await openInvitation();
    const { sharing } = cloud.services.agreements;
    const { folderId } = await share();
    for (const invitationLife of [0, 86_399_999, 91 * 86_400_000, Number.NaN]) {
      const asked = { addresses: ['dev@birch.example' as Email], permission: 'read-only', invitationLife } as const;
      await expect(sharing.share(ana.id, folderId, asked)).rejects.toMatchObject({ code: 'invalid' });
    }
    const addresses = ['dev@birch.example' as Email];
    await sharing.share(ana.id, folderId, { addresses, permission: 'read-only', invitationLife: 2 * 86_400_000 });
    const { items } = await sharing.outgoingPage(ana.id, { limit: 50 });
    const lives = items.map((view) => (view.invitationExpiresAt - view.createdAt) / 86_400_000);
    expect(lives.sort((a, b) => a - b)).toEqual([2, 30]);
  });
});
