import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addressOf, answer, atWork, meetToo, shareFolder } from '../../journeys/support/mesh.js';
import { openDavStory, propsOf, type DavStory } from './dav-story.js';
import { isInstalled, LITMUS_SUITES, playLitmus } from './programs.js';

const HAS_LITMUS = await isInstalled('litmus');

/** What a server of Open Cloud Mesh shares with a person here, through that person's own door. */
describe('inside a folder received by Open Cloud Mesh', () => {
  let story: DavStory;
  let top: string;

  beforeAll(async () => {
    story = await openDavStory();
    await meetToo(story.alder, story.birch);
    await meetToo(story.birch, story.alder);
    await atWork(story);
    top = [...(await story.boDav.find('/dav/', '1')).keys()].find((href) => href.includes('Mesh')) ?? '';
  });
  afterAll(() => story.close());

  it('a copy of a file is made by the other cloud alone: no byte of it passes anywhere', async () => {
    const { boDav } = story;
    await boDav.put(`${top}from.txt`, 'here to stay');
    await boDav.call('PROPPATCH', `${top}from.txt`, {
      body: '<d:propertyupdate xmlns:d="DAV:"><d:set><d:prop><a xmlns="urn:x">1</a></d:prop></d:set></d:propertyupdate>',
    });
    const stores = [story.alder, story.birch].map(({ services }) => services.base.contents);
    const calls = stores.flatMap((store) => [vi.spyOn(store, 'open'), vi.spyOn(store, 'put')]);
    const copied = await boDav.call('COPY', `${top}from.txt`, { headers: { destination: `${top}to.txt` } });
    expect([copied.status, ...calls.map(({ mock }) => mock.calls.length)]).toEqual([201, 0, 0, 0, 0]);
    vi.restoreAllMocks();
    expect((await boDav.call('GET', `${top}to.txt`)).text).toBe('here to stay');
    const [kept] = [...(await boDav.find(`${top}to.txt`, '0', propsOf('x:a'))).values()];
    expect(kept?.get('urn:x:a')?.text).toBe('1');
  });

  it('its owner is told as the share says', async () => {
    const { boDav, ana } = story;
    const told = async (name: string) => (await boDav.property(top, name))?.text;
    expect([await told('oc:owner-id'), await told('oc:owner-display-name')]).toEqual([addressOf(ana), ana.name]);
  });

  it('a folder has the size that the other cloud says, the top too since it was looked at last; in the root it is not counted', async () => {
    const { boDav } = story;
    const size = async (href: string, depth: '0' | '1' = '0') =>
      (await boDav.find(href, depth, propsOf('oc:size'))).get(href)?.get('oc:size');
    const before = Number((await size(top, '1'))?.text);
    await boDav.call('MKCOL', `${top}Inner/`);
    await boDav.put(`${top}Inner/seven.txt`, 'seven b');
    expect((await size(`${top}Inner/`))?.text).toBe('7');
    expect((await size(top, '1'))?.text).toBe(String(before + 7));
    const listed = (await boDav.find('/dav/', '1', propsOf('oc:size'))).get(top)?.get('oc:size');
    expect([listed?.text, (await size(top))?.text]).toEqual([String(before + 7), String(before + 7)]);
    expect((await size('/dav/'))?.text).toBe('0');
  });

  it('two mounts of one folder are known for one: nothing goes onto itself, into itself, or is lost', async () => {
    const { ana, boDav } = story;
    const { id: outer } = await ana.app.makeFolder('Around');
    const { id: inner } = await ana.app.makeFolder('Within', outer);
    await ana.app.makeFile('kept.txt', 'kept', inner);
    for (const folder of [outer, inner]) {
      await shareFolder(story, folder);
      await story.settle();
      await answer(story, { folder, name: '' }, true);
      await story.settle();
    }
    const folders = [...(await boDav.find('/dav/', '1')).keys()];
    const [around = '', within = ''] = ['Around', 'Within'].map((name) => folders.find((href) => href.includes(name)));
    expect((await boDav.call('GET', `${within}kept.txt`)).text).toBe('kept');
    for (const method of ['MOVE', 'COPY']) {
      for (const [from, to, status] of [
        [`${around}Within/kept.txt`, `${within}kept.txt`, 403],
        [`${within}kept.txt`, `${around}Within/kept.txt`, 403],
        [`${around}Within/`, `${within}again`, 409],
        [`${within}kept.txt`, `${around}Within`, 409],
      ] as const) {
        const answered = await boDav.call(method, from, { headers: { destination: to } });
        expect([method, from, to, answered.status]).toEqual([method, from, to, status]);
      }
    }
    expect((await boDav.call('GET', `${around}Within/kept.txt`)).text).toBe('kept');
    // A place that is really another one can be reached as before.
    const moved = await boDav.call('MOVE', `${within}kept.txt`, { headers: { destination: `${around}kept.txt` } });
    expect([moved.status, (await boDav.call('GET', `${around}kept.txt`)).text]).toEqual([201, 'kept']);
    expect((await boDav.call('GET', `${around}Within/kept.txt`)).status).toBe(404);
  });

  it.skipIf(!HAS_LITMUS)('litmus finds nothing to say, in all of its 104 tests', async () => {
    const cwd = await mkdtemp(path.join(tmpdir(), 'footbridge-litmus-'));
    const { authorization = '', url } = story.boDav;
    const pair = Buffer.from(authorization.slice('Basic '.length), 'base64').toString();
    const colon = pair.indexOf(':');
    const played = await playLitmus(`${url}${top}`, pair.slice(0, colon), pair.slice(colon + 1), cwd);
    await rm(cwd, { recursive: true });
    expect([played.suites, played.output]).toEqual([LITMUS_SUITES, played.output]);
    expect(played.tests).toBe(104);
  });
});
