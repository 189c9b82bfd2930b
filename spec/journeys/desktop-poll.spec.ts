import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CLEO } from '../support/seeds.js';
import type { Station } from '../support/open-pair.js';
import { activate, openStory, type Story } from './support/story.js';
import type { StorageClient } from './support/storage-client.js';
import { snapshotOfAll } from './support/world.js';

const SUB_FOLDERS = 20;
/** What one call of an idle desktop may cost at each cloud that it reaches (reliability.md 5). */
const LIMIT = 5;
/** And in a mount while other people are busy: share, peer and our keys there come on top. */
const LIMIT_COLD_ABROAD = 9;

/** A folder that a desktop has open, and what it asks every ten seconds (stacksync-api-v2.md 7). */
interface Window {
  readonly app: StorageClient;
  readonly paths: readonly string[];
}

async function openWindow(app: StorageClient, folder: number): Promise<Window> {
  const subs = [...(await app.children(folder)).values()].filter((entry) => entry.is_folder);
  expect(subs).toHaveLength(SUB_FOLDERS);
  const members = [folder, ...subs.map(({ id }) => id)].map((id) => `folder/${String(id)}/members`);
  return { app, paths: [`folder/${String(folder)}/contents`, ...members] };
}

async function ask({ app }: Window, path: string): Promise<void> {
  const { status } = await app.call(path);
  expect([path, status]).toEqual([path, 200]);
}

/** Counts the statements that a cloud sends while `work` is done, the one that remembers the nonce included. */
async function statementsOf({ services }: Station, work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const seen = (): void => void (count += 1);
  const nonce = vi.spyOn(services.base.nonces, 'remember');
  services.base.database.read.on('query', seen);
  await work();
  services.base.database.read.off('query', seen);
  count += nonce.mock.calls.length;
  nonce.mockRestore();
  return count;
}

/** A commit of anybody's, after which nothing is remembered. */
async function forget({ stations }: Story): Promise<void> {
  for (const { services } of stations) {
    await services.base.database.write((trx) => trx('meta').insert({ key: 'touched', value: '1' }));
    await services.base.database.write((trx) => trx('meta').where({ key: 'touched' }).delete());
  }
}

describe('a desktop that polls a folder with twenty sub-folders', () => {
  let story: Story;
  let windows: Readonly<Record<string, Window>>;

  beforeAll(async () => {
    story = await openStory();
    const { ana, bo } = story;
    const own = (await ana.app.makeFolder('Own')).id;
    const { folder, mount } = await activate(story);
    for (let index = 0; index < SUB_FOLDERS; index += 1) {
      await ana.app.makeFolder(`sub ${String(index)}`, own);
      await ana.app.makeFolder(`sub ${String(index)}`, folder);
    }
    const { id: among } = await ana.app.makeFolder('Among us');
    for (let index = 0; index < SUB_FOLDERS; index += 1) await ana.app.makeFolder(`sub ${String(index)}`, among);
    await story.settleIn(CLEO, story.alder);
    await ana.app.json(`folder/${String(among)}/share`, 'POST', [CLEO.email]);
    windows = {
      'a folder of one’s own': await openWindow(ana.app, own),
      'a folder that is shared here': await openWindow(ana.app, among),
      'a folder that is shared abroad': await openWindow(ana.app, folder),
      'a mount': await openWindow(bo.app, mount),
    };
  });
  afterAll(() => story.close());

  const atHome = ['a folder of one’s own', 'a folder that is shared here', 'a folder that is shared abroad'];
  const names = [...atHome, 'a mount'];

  it.each(names)('writes nothing: %s', async (name) => {
    const window = windows[name] as Window;
    // The first use of a token in an hour is noted.
    await ask(window, 'folder/0/contents');
    for (const { services } of story.stations) await services.apps.tokens.settled();
    const writes = story.stations.map(({ services }) => vi.spyOn(services.base.database, 'write'));
    const before = await snapshotOfAll(story);
    for (const path of window.paths) await ask(window, path);
    for (const write of writes) expect(write).not.toHaveBeenCalled();
    expect(withoutConnections(await snapshotOfAll(story))).toEqual(withoutConnections(before));
  });

  it.each(names)('takes at most five statements a call at each cloud, once it is warm: %s', async (name) => {
    const window = windows[name] as Window;
    for (const path of window.paths) await ask(window, path);
    expect(await dearest(window, LIMIT)).toEqual([]);
  });

  it('asks the other cloud for the listing of a mount alone, never for members', async () => {
    const { paths } = windows['a mount'] as Window;
    const asked: string[] = [];
    for (const path of paths) {
      const once = async (): Promise<number> => {
        const [alder = 0] = await costs(story.stations, () => ask(windows['a mount'] as Window, path));
        return alder;
      };
      // Alder looks each second whether it is ready: that may fall into one call, not into two.
      if ((await once()) > 0 && (await once()) > 0) asked.push(path);
    }
    expect(asked).toEqual(paths.slice(0, 1));
  });

  it.each(atHome)('takes no more after each commit of somebody else: %s', async (name) => {
    expect(await dearest(windows[name] as Window, LIMIT, () => forget(story))).toEqual([]);
  });

  it('takes some more in a mount after each commit of somebody else: who we are to the other cloud is read again', async () => {
    expect(await dearest(windows['a mount'] as Window, LIMIT_COLD_ABROAD, () => forget(story))).toEqual([]);
  });

  /** The calls that cost too much, and what they cost. */
  async function dearest(
    window: Window,
    limit: number,
    before: () => Promise<void> = () => Promise.resolve(),
  ): Promise<unknown[]> {
    const over: unknown[] = [];
    for (const path of window.paths) {
      const once = async (): Promise<{ alder: number; birch: number }> => {
        await before();
        const [alder = 0, birch = 0] = await costs(story.stations, () => ask(window, path));
        return { alder, birch };
      };
      // A cloud looks each second whether it is ready: that may fall into one call, not into three.
      let cost = await once();
      for (let more = 0; more < 2 && Math.max(cost.alder, cost.birch) > limit; more += 1) cost = await once();
      if (Math.max(cost.alder, cost.birch) > limit) over.push([path, cost]);
    }
    return over;
  }
});

async function costs([first, ...rest]: readonly Station[], work: () => Promise<void>): Promise<number[]> {
  if (first === undefined) {
    await work();
    return [];
  }
  let more: number[] = [];
  const own = await statementsOf(first, async () => (more = await costs(rest, work)));
  return [own, ...more];
}

function withoutConnections(snapshots: Awaited<ReturnType<typeof snapshotOfAll>>): unknown {
  return Object.values(snapshots).map(({ '(connections)': _asked, ...held }) => held);
}
