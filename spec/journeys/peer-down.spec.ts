import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CloudProcess } from '../support/cloud-process.js';
import { until } from '../support/until.js';
import {
  addApp,
  invitationTo,
  settleAt,
  startPair,
  type ProcessPair,
  type Settler,
  type ShareLine,
} from './support/process-pair.js';

describe('a destination that is down while the credentials are delivered', () => {
  let folder: string;
  let pair: ProcessPair;
  let ana: Settler;
  let bo: Settler;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'footbridge-down-'));
    pair = await startPair(folder);
    await Promise.all([addApp(pair.alder), addApp(pair.birch)]);
    ana = await settleAt(pair.alder, 'Ana Alvarez', 'ana@alder.example');
    bo = await settleAt(pair.birch, 'Bo Bergman', 'bo@birch.example');
    await bo.person.signIn(pair.birch.url);
  });
  afterAll(async () => {
    await pair.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const stateAt = async (cloud: CloudProcess, shareId: string): Promise<string | undefined> =>
    (await cloud.ask<ShareLine[]>(['share', 'list'])).find((line) => line.shareId === shareId)?.state;

  /** Bo accepts, and Birch dies before his browser has told Alder. */
  async function acceptAndDie(name: string): Promise<string> {
    const { id } = await ana.app.makeFolder(name);
    await ana.app.makeFile('budget.txt', 'twelve', id);
    const after = pair.mailbox.letters.length;
    const shareId = await ana.app.share(id, bo.email);
    await bo.person.openInvitation(await invitationTo(pair, bo.email, after));
    const consent = await bo.person.chooseCloud('Birch');
    const answer = await bo.person.accept({ follow: (target) => target.origin === consent.url.origin });
    await pair.birch.kill('SIGKILL');
    // Alder would lead on to Birch's own page.
    const page = await bo.person.browser.visit(answer.headers.location ?? '', { follow: () => false });
    expect([page.status, await stateAt(pair.alder, shareId)]).toEqual([303, 'accepted']);
    return shareId;
  }

  async function expectActive(shareId: string, name: string): Promise<void> {
    const both = async (): Promise<boolean> =>
      (await stateAt(pair.alder, shareId)) === 'active' && (await stateAt(pair.birch, shareId)) === 'active';
    await until(`${name} to become active`, both, { deadline: 60_000, every: 500 });
    const mount = (await bo.app.children()).get(name)?.id ?? 0;
    const file = (await bo.app.children(mount)).get('budget.txt')?.id ?? 0;
    expect((await bo.app.read(file)).toString()).toBe('twelve');
  }

  it('DLV-01 gets them when it is back', async () => {
    const shareId = await acceptAndDie('While away');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await stateAt(pair.alder, shareId)).toBe('accepted');
    await pair.birch.start();
    await expectActive(shareId, 'While away');
  });

  it('DLV-01 gets them also when the origin was killed in between', async () => {
    const shareId = await acceptAndDie('Both away');
    await pair.alder.kill('SIGKILL');
    await pair.birch.start();
    expect(await stateAt(pair.birch, shareId)).toBe('accepted');
    await pair.alder.start();
    await expectActive(shareId, 'Both away');
  });

  it('OPS-01 a stop asked for kindly ends with status 0 and loses nothing that was queued', async () => {
    const shareId = await acceptAndDie('Kindly');
    await pair.alder.kill('SIGTERM');
    expect(pair.alder.output).not.toMatch(/"level":(?:50|60)/);
    await pair.birch.start();
    await pair.alder.start();
    await expectActive(shareId, 'Kindly');
  });
});
