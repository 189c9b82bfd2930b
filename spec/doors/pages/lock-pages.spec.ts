import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDavStory, type DavStory } from '../dav/dav-story.js';
import type { Actor } from '../../journeys/support/story.js';
import { createPerson, type Person } from '../../support/person.js';
import type { Page } from '../../support/web-page.js';
import { PASSWORD } from '../../support/open-pair.js';

const LOCK =
  '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>';

/** What a program has locked, seen and freed on the pages (webdav.md 1.9). */
describe('a lock on the pages', () => {
  let story: DavStory;

  beforeAll(async () => {
    story = await openDavStory();
    const { anaDav } = story;
    await anaDav.call('MKCOL', '/dav/Ours');
    await story.shareWithCleo('Ours', 'read-write');
  });
  afterAll(() => story.close());

  const person = async ({ name, email, at }: Actor): Promise<Person> => {
    const one = createPerson({ name, email, password: PASSWORD });
    await one.signIn(at.url);
    return one;
  };
  const locked = async (name: string, by = story.cleoDav): Promise<string> => {
    await by.put(`/dav/Ours/${name}`, 'x');
    await by.call('LOCK', `/dav/Ours/${name}`, { body: LOCK });
    return (await by.property(`/dav/Ours/${name}`, 'oc:fileid'))?.text ?? '';
  };

  it('is marked in the list, told of with its holder and its end, and ended by the owner of the files', async () => {
    const { alder, ana, anaDav } = story;
    const id = await locked('by-cleo.txt');
    expect((await anaDav.put('/dav/Ours/by-cleo.txt', 'y')).status).toBe(423);
    const owner = await person(ana);
    const folder = (await anaDav.property('/dav/Ours', 'oc:fileid'))?.text ?? '';
    const lockLinks = ({ links }: Page): string[] =>
      links.map(({ href }) => href.pathname).filter((path) => path.endsWith('/lock'));
    expect(lockLinks(await owner.visit(`${alder.url}/files/folder/${folder}`))).toEqual([`/files/${id}/lock`]);
    const { text } = await owner.visit(`${alder.url}/files/${id}/lock`);
    expect(text).toMatch(/Cleo[^,]*, until \d/);
    expect((await anaDav.put('/dav/Ours/by-cleo.txt', 'y')).status).toBe(423);
    const after = await owner.submit('/lock');
    expect(after.text).toContain('1 lock ended.');
    expect(lockLinks(after)).toEqual([]);
    expect((await anaDav.put('/dav/Ours/by-cleo.txt', 'y')).status).toBe(204);
  });

  it('is ended by its holder, and by nobody else who may change the file, decided when it ends', async () => {
    const { alder, anaDav, cleo } = story;
    const [mine, other] = [await locked('mine.txt'), await locked('anas.txt', anaDav)];
    const member = await person(cleo);
    const { text } = await member.visit(`${alder.url}/files/${other}/lock`);
    expect([text.includes('Ana'), text.includes('End the lock')]).toEqual([true, false]);
    expect((await member.visit(`${alder.url}/files/${mine}/lock`)).text).toContain('You, until');
    // The form of one lock is sent for another one.
    const refused = await member.submit('/lock', {}, { action: `/files/${other}/lock` });
    expect([refused.status, refused.text.includes('only they or the owner can end it')]).toEqual([403, true]);
    expect((await story.cleoDav.put('/dav/Ours/anas.txt', 'y')).status).toBe(423);
    await member.visit(`${alder.url}/files/${mine}/lock`);
    expect((await member.submit('/lock')).text).toContain('1 lock ended.');
    expect((await story.cleoDav.put('/dav/Ours/mine.txt', 'y')).status).toBe(204);
  });

  it('says so where nothing is locked', async () => {
    const { alder, ana, anaDav } = story;
    await anaDav.put('/dav/free.txt', 'x');
    const id = (await anaDav.property('/dav/free.txt', 'oc:fileid'))?.text ?? '';
    const { text } = await (await person(ana)).visit(`${alder.url}/files/${id}/lock`);
    expect(text).toContain('Nobody has locked this file.');
  });
});
