import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserReason, closeWindows, openBrowser } from '../support/browser.js';
import { startCloud, type CloudProcess } from '../support/cloud-process.js';
import { invitationIn, startMailbox, type Mailbox } from '../support/mailbox.js';
import { openAlbum, type Album } from './support/album.js';
import { stepsOf, type Act, type Step } from './support/manual.js';
import { openVisitor, type Visitor } from './support/visitor.js';

const reason = await browserReason();
if (reason) console.warn(`Joining in a browser is skipped: ${reason}`);

const PASSWORD = 'correct horse battery staple';

const steps = await stepsOf('joining.md');

/** An administrator who has never seen the program, at a cloud that has never seen anybody. */
interface Newcomer {
  readonly cloud: CloudProcess;
  readonly visitor: Visitor;
  readonly email: string;
  /** What they know to fill in, by the name of the field. */
  readonly answers: Map<string, string>;
}

/** The numbered steps of docs/joining.md, done by two people who do what is written there and nothing else. */
describe.skipIf(reason !== undefined)('docs/joining.md', () => {
  let folder: string;
  let mailbox: Mailbox;
  let browser: Browser;
  let album: Album;
  const people = new Map<string, Newcomer>();

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'footbridge-joining-'));
    [mailbox, browser, album] = await Promise.all([startMailbox(), openBrowser(), openAlbum('joining')]);
    const [alder, birch] = await Promise.all([
      newcomer('Alder', 'ada@alder.example'),
      newcomer('Birch', 'bea@birch.example'),
    ]);
    alder.answers.set('Address of the other cloud', birch.cloud.url);
    people.set('Alder', alder).set('Birch', birch);
  });
  afterAll(async () => {
    await closeWindows(browser);
    await Promise.all([...people.values()].map(({ cloud }) => cloud.stop()));
    await mailbox.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function newcomer(name: string, email: string): Promise<Newcomer> {
    const env = { FOOTBRIDGE_SMTP_URL: mailbox.url };
    const cloud = await startCloud({ name, dataDir: path.join(folder, name), env });
    const visitor = await openVisitor(browser, { email, password: PASSWORD });
    const fields = ['New password', 'New password once more', 'Password'].map((field) => [field, PASSWORD] as const);
    return { cloud, visitor, email, answers: new Map([...fields, ['E-mail address', email]]) };
  }

  const at = (name: string): Newcomer => people.get(name) ?? fail(`nobody is at ${name}`);

  async function follow({ who, heading, acts }: Step): Promise<void> {
    for (const name of who === 'Both' ? ['Alder', 'Birch'] : [who]) {
      if (/sign in$/.test(heading)) await at(name).visitor.page.goto(at(name).cloud.url);
      for (const act of acts) await perform(at(name), act);
      await album.keep(at(name).visitor.page, `${heading.replace(/\W+/g, '-').toLowerCase()}-${name.toLowerCase()}`);
    }
  }

  async function perform(person: Newcomer, act: Act): Promise<void> {
    const { page } = person.visitor;
    switch (act.kind) {
      case 'press':
        await page
          .getByRole('button', { name: act.name })
          .or(page.getByRole('link', { name: act.name }))
          .first()
          .click();
        await page.waitForLoadState();
        break;
      case 'fill':
        await page.getByLabel(act.field, { exact: true }).fill(person.answers.get(act.field) ?? fail(`${act.field}?`));
        break;
      case 'see':
        await page.getByText(act.text).first().waitFor({ timeout: 5_000 });
        break;
      case 'run':
        await run(person, act.command);
    }
  }

  /** The command as it is printed, with one's own name; the link that it prints is opened. */
  async function run({ cloud, visitor, email }: Newcomer, command: string): Promise<void> {
    const words = command.replace('you@example.org', email).replace("'Your Name'", email.slice(0, 3)).split(' ');
    const [link] = /http:\S+/.exec(await cloud.cli(words)) ?? [];
    await visitor.page.goto(link ?? fail('no link was printed'));
  }

  it('has the steps that this spec can follow', () => {
    expect(steps.map(({ heading }) => heading)).toEqual([
      '1. Both: make an administrator',
      '2. Both: sign in',
      '3. Alder: ask',
      '4. Alder: tell the code',
      '5. Birch: compare and approve',
      '6. Alder: see that it works',
      '7. Both: share a folder',
    ]);
  });

  for (const step of steps.slice(0, 4)) it(step.heading, () => follow(step));

  it('the code is read out, in the manner of the telephone', async () => {
    const code = await at('Alder').visitor.page.locator('#code').innerText();
    expect(code).toMatch(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/);
    at('Birch').answers.set('Code that the administrator of Alder was shown', code.toLowerCase().replace('-', ' '));
    const page = at('Birch').visitor.page;
    await page.goto(`${at('Birch').cloud.url}/admin/peers`);
    await page.getByText('Alder asks to join').waitFor();
    await album.keep(page, 'the-request');
    await album.keepOnPhone(page, 'the-request');
  });

  for (const step of steps.slice(4)) it(step.heading, () => follow(step));

  it('a folder is then shared across', async () => {
    const [ada, bea] = [at('Alder'), at('Birch')];
    await ada.visitor.page.goto(`${ada.cloud.url}/files`);
    await ada.visitor.makeFolder('Plans');
    await ada.visitor.choose('Share', 'Plans');
    await ada.visitor.page.getByLabel('Addresses').fill(bea.email);
    await ada.visitor.press('Share');
    await bea.visitor.page.goto(invitationIn(await mailbox.waitForMailTo(bea.email)));
    await bea.visitor.page.getByLabel('Birch').check();
    await bea.visitor.press('Continue to my cloud');
    await bea.visitor.press('Accept');
    await bea.visitor.waitForEntry(`${bea.cloud.url}/files`, 'Plans');
  });

  it('G6 no secret and no code stands on the pages afterwards', async () => {
    for (const { visitor, cloud } of people.values()) {
      await visitor.page.goto(`${cloud.url}/admin/peers`);
      await album.keepOnPhone(visitor.page, `peers-of-${cloud.name.toLowerCase()}`);
      await visitor.page.getByRole('rowheader').getByRole('link').first().click();
      // Form tokens are masked afresh each time (F-56), and may look like anything.
      const shown = (await visitor.page.content()).replace(/name="token" value="[^"]*"/g, '');
      expect(shown).not.toMatch(/\b[0-9A-Za-z]{43}\b|\b[0-9A-Z]{5}-[0-9A-Z]{5}\b/);
      await album.keep(visitor.page, `a-peer-of-${cloud.name.toLowerCase()}`);
    }
  });

  it('new keys can be given, and all keeps working', async () => {
    const { visitor } = at('Alder');
    await visitor.press('Give it new keys');
    await visitor.page.getByText('Birch has new keys').waitFor();
    await visitor.follow('Peers');
    await visitor.press('Check again');
    await visitor.page.getByText('Connected').waitFor();
    await at('Birch').visitor.page.goto(`${at('Birch').cloud.url}/admin/peers`);
    await at('Birch').visitor.press('Check again');
    await at('Birch').visitor.page.getByText('Connected').waitFor();
  });
});

function fail(why: string): never {
  throw new Error(why);
}
