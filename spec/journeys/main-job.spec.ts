import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { invitationIn } from '../support/mailbox.js';
import type { Settings } from '../support/open-pair.js';
import { createDatabase, postgresReason } from '../support/postgres.js';
import { openStory, statesOf, type Story } from './support/story.js';

const noPostgres = (await postgresReason()) !== undefined;
const dropped: (() => Promise<void>)[] = [];

/** A database of its own for each cloud. */
async function onPostgres(): Promise<Settings> {
  const { url, drop } = await createDatabase();
  dropped.push(drop);
  return { FOOTBRIDGE_DATABASE_URL: url };
}

const ENGINES: readonly [string, boolean, () => Promise<Settings>][] = [
  ['better-sqlite3', false, () => Promise.resolve({})],
  ['sqlite3', false, () => Promise.resolve({ FOOTBRIDGE_SQLITE_DRIVER: 'sqlite3' })],
  ['PostgreSQL', noPostgres, onPostgres],
];

/** The nine steps of product.md, by pages and the storage API, one test a step: each stands on the one before. */
describe.each(ENGINES)('the main job by plain HTTP on %s', (_engine, isMissing, settings) => {
  if (isMissing) {
    it.skip('has no PostgreSQL here', () => undefined);
    return;
  }
  let story: Story;
  let link: string;
  let plans: number;

  beforeAll(async () => {
    story = await openStory(settings);
  });
  afterAll(async () => {
    await story.close();
    for (const drop of dropped.splice(0)) await drop();
  });

  it('1: the owner shares a folder from its page, and an invitation is mailed', async () => {
    const { ana, bo, alder, mailbox } = story;
    await ana.browser.signIn(alder.url);
    await ana.browser.files.makeFolder('Plans');
    await ana.browser.files.write('Plans/budget.txt', 'twelve');
    const page = await ana.browser.share('Plans', { addresses: bo.email, permission: 'read-write', comment: 'Look!' });
    expect(page.status).toBe(200);
    expect(page.text).toContain(bo.email);
    plans = Number((await ana.browser.files.must('Plans')).id);
    await story.settle();
    expect(mailbox.letters.map(({ to }) => to)).toEqual([[bo.email]]);
    link = invitationIn(await mailbox.waitForMailTo(bo.email));
    expect(await statesOf(story, plans)).toEqual(['created', 'absent']);
  });

  it('2: the link shows who shares what and which clouds there are, as often as it is opened', async () => {
    const { bo } = story;
    for (let visit = 0; visit < 5; visit += 1) await bo.browser.openInvitation(link);
    const { text, status } = bo.browser.page;
    expect(status).toBe(200);
    for (const word of ['Ana Alvarez', 'Plans', 'Look!', 'Birch']) expect(text).toContain(word);
    expect(text).not.toContain('budget');
    expect(await statesOf(story, plans)).toEqual(['created', 'absent']);
  });

  it('3: choosing a cloud presents the proposal there', async () => {
    const page = await story.bo.browser.chooseCloud('Birch');
    expect(page.url.origin).toBe(story.birch.url);
    expect(await statesOf(story, plans)).toEqual(['sent', 'pending']);
  });

  it('4: the destination asks to sign in and then shows the proposal', async () => {
    const { bo } = story;
    expect(bo.browser.page.url.pathname).toBe('/login');
    const page = await bo.browser.signIn();
    expect(page.url.pathname).toMatch(/^\/interop\/proposals\//);
    for (const word of ['Ana Alvarez', 'Plans', 'Alder', story.alder.url]) expect(page.text).toContain(word);
  });

  it('5: accepting leads back to the owner’s cloud, which records the answer', async () => {
    const page = await story.bo.browser.accept();
    expect(page.url.origin).toBe(story.alder.url);
    expect(page.status).toBe(200);
    expect(await statesOf(story, plans)).toEqual(['accepted', 'accepted']);
  });

  it('6 and 7: the credentials are delivered, the folder appears, the recipient is told', async () => {
    const { ana, bo, mailbox } = story;
    await story.settle();
    expect(await statesOf(story, plans)).toEqual(['active', 'active']);
    expect((await bo.browser.files.list()).map(({ name }) => name)).toContain('Plans');
    expect((await ana.browser.members('Plans')).text).toContain(bo.email);
    expect(mailbox.letters.filter(({ to }) => to.includes(bo.email))).toHaveLength(2);
  });

  it('8: the recipient reads, writes, renames, moves and deletes as in any folder, through any door', async () => {
    const { ana, bo } = story;
    expect((await bo.browser.files.read('Plans/budget.txt')).text).toBe('twelve');
    expect((await bo.browser.files.read('Plans/budget.txt', { range: 'bytes=1-3' })).text).toBe('wel');
    await bo.browser.files.write('Plans/note.txt', 'from Birch');
    await bo.browser.files.makeFolder('Plans/Old');
    await bo.browser.files.rename('Plans/budget.txt', 'money.txt');
    await bo.browser.files.move('Plans/money.txt', 'Plans/Old');
    expect((await ana.browser.files.read('Plans/note.txt')).text).toBe('from Birch');
    expect((await ana.browser.files.read('Plans/Old/money.txt')).text).toBe('twelve');
    await bo.browser.files.remove('Plans/note.txt');
    expect((await ana.browser.files.list('Plans')).map(({ name }) => name)).toEqual(['Old']);
    const mount = (await bo.app.children()).get('Plans');
    expect([...(await bo.app.children(mount?.id)).keys()]).toEqual(['Old']);
  });

  it('9: the owner takes it back, and the other cloud is told', async () => {
    const { ana, bo } = story;
    await ana.browser.unshare('Plans', bo.email);
    expect(await statesOf(story, plans)).toEqual(['revoked', 'active']);
    await story.settle();
    expect(await statesOf(story, plans)).toEqual(['revoked', 'revoked']);
    expect((await bo.browser.files.list()).map(({ name }) => name)).not.toContain('Plans');
    expect((await ana.browser.files.list('Plans')).map(({ name }) => name)).toEqual(['Old']);
  });
});
