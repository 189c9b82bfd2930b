import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activate, halvesOf, openStory, type Story } from './support/story.js';
import { StorageClient, type Entry } from './support/storage-client.js';
import { withoutEffect } from './support/world.js';

/** A foreign folder as an app in delegated mode reads it (cloudspaces-interop.md 10.1). */
interface Enriched extends Entry {
  readonly name?: string;
  readonly resource_url?: string;
  readonly access_token_key?: string;
  readonly access_token_secret?: string;
}

describe('an app in delegated mode', () => {
  let story: Story;
  let desktop: StorageClient;
  let consumer: { readonly consumerKey: string; readonly consumerSecret: string };
  let mount: number;
  let otherMount: number;
  let own: number;
  let outgoing: number;

  beforeAll(async () => {
    story = await openStory();
    ({ mount, folder: outgoing } = await activate(story));
    ({ mount: otherMount } = await activate(story));
    own = (await story.bo.app.makeFolder('Own')).id;
    const { clients, tokens } = story.birch.services.apps;
    await clients.add('Desktop', { delegated: true });
    const { token, tokenSecret, ...pair } = await tokens.add(story.bo.accountId, 'Desktop');
    consumer = pair;
    desktop = appOf({ token, tokenSecret });
  });
  afterAll(() => story.close());

  const appOf = (access: { token: string; tokenSecret: string }): StorageClient =>
    new StorageClient(story.birch.url, { ...consumer, ...access }, story.birch.clock);
  const entryOf = async (app: StorageClient, id: number): Promise<Enriched | undefined> =>
    [...(await app.children()).values()].find((entry) => entry.id === id);
  const delegated = async (id: number): Promise<StorageClient> => {
    const entry = await entryOf(desktop, id);
    return appOf({ token: entry?.access_token_key ?? '', tokenSecret: entry?.access_token_secret ?? '' });
  };

  it('finds beside each foreign folder of the root a token of this cloud, the same one each time', async () => {
    const entry = await entryOf(desktop, mount);
    expect(entry).toMatchObject({
      id: mount,
      parent_id: null,
      is_folder: true,
      filename: entry?.name,
      resource_url: `${story.birch.url}/v1/`,
      access_token_key: expect.stringMatching(/^[A-Za-z0-9]{30,64}$/) as string,
      access_token_secret: expect.stringMatching(/^[A-Za-z0-9]{30,64}$/) as string,
    });
    expect(await withoutEffect(story, () => entryOf(desktop, mount))).toEqual(entry);
    expect(await entryOf(desktop, own)).not.toHaveProperty('access_token_key');
  });

  it('AUT-10 never sees a secret of the other cloud', async () => {
    const { text } = await desktop.call('folder/0/contents');
    const { grant } = await halvesOf(story, outgoing);
    expect(grant).toBeDefined();
    expect(text).not.toContain(grant?.token);
    expect(text).not.toContain(grant?.secret);
    expect(text).not.toContain(story.alder.url);
  });

  it('AUT-10 is the only kind of app that is given such tokens', async () => {
    for (const id of [mount, otherMount]) {
      expect(await entryOf(story.bo.app, id)).not.toHaveProperty('resource_url');
    }
    const foreign = await entryOf(desktop, mount);
    const { clients } = story.birch.services.apps;
    const stranger = await clients.add('Stranger', { delegated: true });
    const stolen = { token: foreign?.access_token_key, tokenSecret: foreign?.access_token_secret };
    const app = new StorageClient(story.birch.url, { ...stranger, ...stolen }, story.birch.clock);
    expect((await app.call(`folder/${String(mount)}/contents`)).status).toBe(401);
  });

  it('works in the folder with its token as the person could', async () => {
    const app = await delegated(mount);
    const file = (await app.children(mount)).get('budget.txt');
    expect((await app.read(file?.id ?? 0)).length).toBeGreaterThan(0);
    const made = await app.makeFile('from the desktop.txt', 'hello', mount);
    expect((await app.read(made.id)).toString()).toBe('hello');
    expect((await app.call(`folder/${String(mount)}/members`)).json<unknown[]>()).toHaveLength(2);
  });

  it('AUT-10 reaches nothing else with that token', async () => {
    const app = await delegated(mount);
    for (const id of [0, own, otherMount]) {
      for (const path of [`folder/${String(id)}`, `folder/${String(id)}/contents`, `folder/${String(id)}/members`]) {
        expect([path, (await withoutEffect(story, () => app.call(path))).status]).toEqual([path, 404]);
      }
      const making = (): Promise<unknown> => app.json('folder', 'POST', { name: 'New', parent: id });
      expect(await withoutEffect(story, making)).toMatchObject({ status: 404 });
    }
    const sharing = await withoutEffect(story, () =>
      app.json(`folder/${String(mount)}/share`, 'POST', ['eve@elm.example']),
    );
    expect(sharing.status).toBe(403);
    expect((await app.json(`folder/${String(own)}/share`, 'POST', ['eve@elm.example'])).status).toBe(404);
    expect((await app.call(`folder/${String(mount)}/unshare`, { method: 'POST' })).status).toBe(403);
  });

  it('AUT-05 loses it with the folder, and all of them with its own access', async () => {
    const [one, other] = [await delegated(mount), await delegated(otherMount)];
    const left = await story.bo.app.call(`folder/${String(otherMount)}/unshare`, { method: 'POST' });
    expect(left.status).toBe(201);
    await story.settle();
    expect((await other.call(`folder/${String(otherMount)}/contents`)).status).toBe(401);
    expect((await one.call(`folder/${String(mount)}/contents`)).status).toBe(200);
    const [access] = (await story.birch.services.apps.tokens.list(story.bo.accountId)).filter(
      ({ clientName }) => clientName === 'Desktop',
    );
    await story.birch.services.apps.tokens.remove(access?.id ?? '');
    expect((await one.call(`folder/${String(mount)}/contents`)).status).toBe(401);
  });
});
