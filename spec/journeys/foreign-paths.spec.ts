import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECOND } from '../../src/kernel/index.js';
import { openDavStory, type DavStory } from '../doors/dav/dav-story.js';
import { activate } from './support/story.js';

/** What the storage API of Ana's cloud is asked while Bo's program works in a folder of hers. */
describe('a path through a folder of another cloud', () => {
  let story: DavStory;
  let top: string;

  beforeAll(async () => {
    story = await openDavStory();
    await activate(story, { permission: 'read-write' });
    top = [...(await story.boDav.find('/dav/', '1')).keys()].find((href) => href.includes('Plans')) ?? '';
    for (const folder of ['a', 'a/b', 'a/b/c']) await story.boDav.call('MKCOL', top + folder);
    await story.boDav.put(`${top}a/b/c/deep.txt`, 'deep');
    story.birch.clock.advance(15 * SECOND);
  });
  afterAll(() => story.close());

  async function asked(work: () => Promise<unknown>): Promise<string[]> {
    const { port } = new URL(story.alder.url);
    const heard: string[] = [];
    const listen = (message: unknown): void => {
      const { request } = message as { request: IncomingMessage };
      const isStorage = request.url?.startsWith('/v1/') === true && request.socket.localPort === Number(port);
      if (isStorage) heard.push(`${request.method ?? ''} ${(request.url ?? '').replace(/\/\d+/g, '/N')}`);
    };
    subscribe('http.server.request.start', listen);
    await work();
    unsubscribe('http.server.request.start', listen);
    return heard;
  }

  it('costs one question a folder the first time, and one in all soon after', async () => {
    const list = (path: string, depth: '0' | '1') => asked(() => story.boDav.find(top + path, depth));
    const LISTED = 'GET /v1/folder/N/contents';
    expect(await list('a/b/c/', '1')).toEqual([LISTED, LISTED, LISTED, LISTED]);
    for (const path of ['', 'a/', 'a/b/c/']) expect(await list(path, '1'), path).toEqual([LISTED]);
    expect(await list('', '0')).toEqual([]);
    for (const path of ['a/', 'a/b/c/']) expect(await list(path, '0'), path).toEqual(['GET /v1/folder/N']);
    expect(await list('a/b/c/deep.txt', '0')).toEqual([LISTED]);
  });

  it('heals by itself when a folder was renamed, moved or replaced there', async () => {
    const inner = async () => [...(await story.boDav.find(`${top}a/b/c/`, '1')).keys()];
    expect(await inner()).toEqual([`${top}a/b/c/`, `${top}a/b/c/deep.txt`]);
    const ana = (method: string, at: string, to: string) =>
      story.anaDav.call(method, top + at, { headers: { destination: top + to } });
    await ana('MOVE', 'a/b/c', 'a/b/d');
    await story.anaDav.call('MKCOL', `${top}a/b/c`);
    expect(await inner()).toEqual([`${top}a/b/c/`]);
    await story.anaDav.call('DELETE', `${top}a/b/c`);
    expect((await story.boDav.call('PROPFIND', `${top}a/b/c/`, { headers: { depth: '1' } })).status).toBe(404);
    await ana('MOVE', 'a', 'z');
    story.birch.clock.advance(15 * SECOND);
    expect((await story.boDav.call('PROPFIND', `${top}a/b/`, { headers: { depth: '0' } })).status).toBe(404);
    expect((await story.boDav.find(`${top}z/b/d/`, '1')).size).toBe(2);
  });
});
