import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/kernel/index.js';
import { freePort } from '../support/cloud-process.js';
import { openGatehouse, type Gatehouse, type Mood } from './support/gatehouse.js';
import { atWork, openMesh, type Announced } from './support/mesh.js';
import { statesOf, type Story } from './support/story.js';

let story: Story;
let gate: Gatehouse;
let closeOther: () => Promise<void>;

beforeAll(async () => {
  const ports = [await freePort(), await freePort()];
  const settings = async () => ({ FOOTBRIDGE_LISTEN: `localhost:${String(ports.shift() ?? (await freePort()))}` });
  const [alder = 0, birch = 0] = ports;
  // A silent cloud is waited for as little as the speed of this machine allows.
  story = await openMesh(settings, undefined, { outboundLimits: { headers: 1_000 } });
  gate = await openGatehouse(story.alder.url, alder);
  const other = await openGatehouse(story.birch.url, birch);
  closeOther = () => other.close();
});
afterEach(async () => {
  gate.mood = 'open';
  await story.forgetLimits();
});
afterAll(async () => {
  await gate.close();
  await closeOther();
  await story.close();
});

async function mountOf({ name }: Announced): Promise<number> {
  const mount = (await story.bo.app.children()).get(name);
  if (mount === undefined) throw new Error(`${name} is not mounted`);
  return mount.id;
}

/** What Bo is answered who looks into the folder. */
const look = async (mount: number): Promise<number> =>
  (await story.bo.app.call(`folder/${String(mount)}/contents`)).status;

describe('an hour of trouble at the owner’s cloud, for a folder received by Open Cloud Mesh', () => {
  it.each<Mood>(['reset', 'hang', 'page', 'junk', 'short', 500, 502, 503, 429])(
    'CNV-03 %s takes no folder away, and it opens again afterwards',
    async (mood) => {
      const share = await atWork(story);
      const mount = await mountOf(share);
      gate.mood = mood;
      for (let minute = 0; minute < 60; minute += 10) {
        story.advance(10 * MINUTE);
        await story.settle();
        expect([502, 503, 504]).toContain(await look(mount));
      }
      story.advance(DAY + 3 * HOUR);
      await story.settle();
      expect(await statesOf(story, share.folder)).toEqual(['active', 'active']);
      gate.mood = 'open';
      story.advance(HOUR);
      expect([...(await story.bo.app.children(mount)).keys()]).toEqual(['budget.txt']);
    },
  );
});

describe('a cloud that refuses the secret of a folder received by Open Cloud Mesh', () => {
  it.each<Mood>([401, 403, 404])('F-06 CNV-03 %s for nine minutes costs no share', async (mood) => {
    const share = await atWork(story);
    const mount = await mountOf(share);
    gate.mood = mood;
    for (let minute = 0; minute < 9; minute += 1) {
      expect(await look(mount)).toBe(503);
      await story.pass(MINUTE);
    }
    expect(await statesOf(story, share.folder)).toEqual(['active', 'active']);
    gate.mood = 'open';
    await story.pass(20 * MINUTE);
    expect(await look(mount)).toBe(200);
    expect(await statesOf(story, share.folder)).toEqual(['active', 'active']);
  });

  it('F-06 is asked 5 s, 30 s, 2 min and 10 min after, and then the share is over at both ends', async () => {
    const share = await atWork(story);
    const begun = story.birch.clock.now();
    gate.mood = 401;
    await look(await mountOf(share));
    const probes: number[] = [];
    for (let asked = gate.asked; story.birch.clock.now() - begun < 10 * MINUTE; asked = gate.asked) {
      await story.pass(SECOND);
      if (gate.asked > asked) probes.push((story.birch.clock.now() - begun) / SECOND);
    }
    expect(probes).toEqual([5, 30, 120, 600]);
    expect(await statesOf(story, share.folder)).toEqual(['left', 'revoked']);
  });
});
