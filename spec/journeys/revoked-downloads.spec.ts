import { get, type IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEV } from '../support/seeds.js';
import { activate, enter, openStory, type Actor, type Story } from './support/story.js';

const MIB = 1024 * 1024;

/** A slow reader rests for so long after each piece, milliseconds: it takes about 5 MiB a second. */
const REST = 12;

describe('a download by a slow reader whose access ends', () => {
  const content = Buffer.alloc(64 * MIB, 'x');
  let story: Story;

  beforeAll(async () => {
    story = await openStory();
  });
  beforeEach(() => story.forgetLimits());
  afterAll(() => story.close());

  it('AUT-04 is cut within 5 s in the other cloud, which nobody has told yet, and never looks whole', async () => {
    const { folder, mount } = await activate(story);
    await story.ana.app.makeFile('large.bin', content, folder);
    const file = (await story.bo.app.children(mount)).get('large.bin')?.id ?? 0;
    const reading = await sip(story.bo, `file/${String(file)}/data`);
    await story.ana.app.json(`folder/${String(folder)}/unshare`, 'POST', [story.bo.email]);
    await expectCut(reading);
  });

  it('AUT-04 is cut within 5 s within one cloud, and never looks whole', async () => {
    const dev = await enter(story, DEV, story.alder);
    const { id: folder } = await story.ana.app.makeFolder('For Dev');
    const { id: file } = await story.ana.app.makeFile('large.bin', content, folder);
    await story.ana.app.json(`folder/${String(folder)}/share`, 'POST', { share_to: [dev.email] });
    const reading = await sip(dev, `file/${String(file)}/data`);
    await story.ana.app.json(`folder/${String(folder)}/unshare`, 'POST', [dev.email]);
    await expectCut(reading);
  });

  async function expectCut({ ended, received }: Sipping): Promise<void> {
    const since = performance.now();
    expect(await ended).toBe('broken');
    expect(performance.now() - since).toBeLessThan(5_000);
    expect(received()).toBeLessThan(content.length);
  }
});

interface Sipping {
  readonly ended: Promise<'whole' | 'broken'>;
  readonly received: () => number;
}

/** Begins to read something slowly; resolves with the first bytes. */
async function sip({ app, at }: Actor, path: string): Promise<Sipping> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${at.url}/v1/${path}`, { headers: app.headers('GET', path) }, resolve).on('error', reject);
  });
  expect(answer.statusCode).toBe(200);
  let received = 0;
  const drink = async (): Promise<'whole' | 'broken'> => {
    try {
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        received += chunk.length;
        await wait(REST);
      }
      return 'whole';
    } catch {
      return 'broken';
    }
  };
  return { ended: drink(), received: () => received };
}
