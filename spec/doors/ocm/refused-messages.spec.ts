import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ownServer, printAddress } from '../../../src/federation/index.js';
import { MINUTE } from '../../../src/kernel/index.js';
import { addressOf, announced, openMesh } from '../../journeys/support/mesh.js';
import {
  noticeText,
  postSigned,
  postUnsigned,
  SECRET,
  shareText,
  type Said,
} from '../../journeys/support/mesh-voice.js';
import { halvesOf, type Story } from '../../journeys/support/story.js';

/** What administrators read when the server of another cloud says that nothing of it arrives. */
describe('messages of a server of Open Cloud Mesh that are refused', () => {
  let story: Story;
  beforeAll(async () => {
    story = await openMesh();
  });
  beforeEach(async () => {
    const { refused } = story.alder.services.neighbours;
    await refused.settled();
    await story.alder.services.base.database.write((trx) => trx('refused_messages').delete());
    await story.forgetLimits();
    story.advance(2 * MINUTE);
  });
  afterAll(() => story.close());

  const at = (id: string): string => printAddress({ ...ownServer(new URL(story.birch.url)), id });
  const toAna = (otherwise: Said = {}): Said => shareText(at('bo'), addressOf(story.ana), otherwise);
  const forgetSigning = (): Promise<unknown> =>
    story.alder.services.base.database.write((trx) => trx('peer_ocm').update({ ocm_signs_since: null }));

  async function kept(): Promise<string[]> {
    const { refused, peers } = story.alder.services.neighbours;
    await refused.settled();
    const birch = (await peers.byName('Birch')) ?? expect.fail('Birch is gone');
    return (await refused.of(birch.id)).map(({ call, status, reason }) => `${call} ${String(status)} ${reason}`);
  }
  const rows = async (): Promise<unknown[]> => {
    await story.alder.services.neighbours.refused.settled();
    return story.alder.services.base.database.read('refused_messages').select<unknown[]>('*');
  };

  it('are kept with endpoint, status and reason, each kind of refusal (F-25)', async () => {
    const { alder, birch } = story;
    const told = async (share: Said): Promise<number> => {
      story.advance(1_000);
      return (await postSigned(birch, alder, 'shares', share)).status;
    };
    const nobody = printAddress({ ...ownServer(new URL(alder.url)), id: 'nobody' });
    expect(await told(toAna({ shareWith: nobody }))).toBe(400);
    expect(await told(toAna({ resourceType: 'calendar' }))).toBe(501);
    expect((await postUnsigned(alder, 'shares', toAna())).status).toBe(401);
    await forgetSigning();
    expect((await postUnsigned(alder, 'shares', toAna({ sender: 'cy@cedar.example' }))).status).toBe(403);
    expect(await kept()).toEqual([
      'POST /ocm/shares 403 The share could not be seen at the server of its owner.',
      expect.stringMatching(/^POST \/ocm\/shares 401 /),
      'POST /ocm/shares 501 Only files and folders are taken. (resourceType: UNSUPPORTED)',
      'POST /ocm/shares 400 Nobody here has this address. (shareWith: UNKNOWN)',
    ]);
    expect(JSON.stringify(await rows())).not.toContain(SECRET);
  });

  it('are named by share doctor at the share that they were about (F-25)', async () => {
    const { alder } = story;
    const { outgoing } = await halvesOf(story, (await announced(story)).folder);
    await forgetSigning();
    // As oCIS tells it: unsigned, without a secret.
    const notice = noticeText('SHARE_DECLINED', outgoing.shareId, { grantee: 'bo' });
    expect((await postUnsigned(alder, 'notifications', notice)).status).toBe(403);
    expect(await kept()).toEqual(['POST /ocm/notifications 403 This share is not known here.']);
    const [examined] = await alder.services.care.doctor.named(outgoing.shareId);
    const finding = examined?.findings.find(({ code }) => code === 'message-refused');
    expect(finding?.detail).toBe('POST /ocm/notifications, answered 403: This share is not known here.');
  });

  it('make no row when they are in the name of nobody, of a stranger or of who is blocked (F-61)', async () => {
    const { alder } = story;
    const stranger = 'cy@cedar.example';
    expect((await postUnsigned(alder, 'shares', toAna({ owner: stranger, sender: stranger }))).status).toBe(403);
    expect((await postUnsigned(alder, 'notifications', noticeText('SHARE_UNSHARED', 'none'))).status).toBe(403);
    expect((await postUnsigned(alder, 'shares', { odd: true })).status).toBe(400);
    await alder.services.neighbours.peers.block('Birch');
    expect((await postUnsigned(alder, 'shares', toAna())).status).toBe(403);
    await alder.services.neighbours.peers.unblock('Birch');
    expect(await rows()).toEqual([]);
  });

  it('that nobody signed make at most 20 rows a minute, and keep no signed ones out (F-25, F-61)', async () => {
    const { alder, birch } = story;
    await forgetSigning();
    const written = async (): Promise<number> => {
      await rows();
      const sequence = alder.services.base.database.read('sqlite_sequence').where({ name: 'refused_messages' });
      return (await sequence.first<{ seq: number } | undefined>('seq'))?.seq ?? 0;
    };
    const before = await written();
    for (let count = 0; count < 40; count += 1)
      expect((await postUnsigned(alder, 'shares', toAna({ resourceType: 'calendar' }))).status).toBe(501);
    expect((await written()) - before).toBe(20);
    expect((await postSigned(birch, alder, 'shares', toAna({ shareType: 'group' }))).status).toBe(501);
    expect((await kept())[0]).toContain('Shares with this kind of recipient are not taken.');
    expect(await kept()).toHaveLength(20);
  });
});
