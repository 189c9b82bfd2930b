import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fresh, openOcmStage, received, type OcmStage } from './stage.js';

describe('what Nextcloud offers, which calls everything a file', () => {
  let stage: OcmStage;
  beforeAll(async () => {
    stage = await openOcmStage('nc32');
  });
  afterAll(() => stage.close());

  it.each([
    ['a file', 'eleven bytes', 'file'],
    ['a folder', undefined, 'folder'],
  ])('is a file or folder until it is opened: %s', async (_what, content, kind) => {
    const { alder, ana, anaAddress, there, town } = stage;
    const share = await there.give({ to: anaAddress, name: fresh(), ...(content !== undefined && { content }) });
    const found = async () => {
      const half = (await received(stage, share)) ?? expect.fail('nothing came');
      return { half, view: await alder.services.shares.incoming.view(alder.services.base.database.read, half.id) };
    };
    const { half, view } = await found();
    expect(view).toMatchObject({ isKindOpen: true });
    const { proposals } = alder.services.agreements;
    await proposals.decide(ana.accountId, half.id, half.digest, true);
    await town.settle();
    expect((await found()).view).toMatchObject({ state: 'active', kind, isKindOpen: false });
  });
});
