import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isVisible, keepText, showName, wellFormed } from '../../src/kernel/index.js';
import { anyNames, anyText } from '../support/any-text.js';
import { elements, ownText } from '../support/html.js';
import type { Page } from '../support/person.js';
import { formOn } from '../support/web-page.js';
import type { Entry } from './support/storage-client.js';
import { accept, activate, inviteTo, openStory, type Actor, type Invited, type Story } from './support/story.js';
import type { Answer } from './support/wire.js';

/** Tries of each property; more for a longer run at night. */
const RUNS = Number(process.env['FOOTBRIDGE_SPEC_TEXTS'] ?? 12);

/** A new seed for each run, unless one is given to repeat a run; a failure prints it. */
const SEED = Number(process.env['FOOTBRIDGE_SPEC_SEED'] ?? randomInt(2 ** 31));

const clusters = (text: string): string[] =>
  Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text), ({ segment }) => segment);

/** Checks what must hold for the names in every folder. */
function expectTellable(names: readonly string[]): void {
  for (const name of names) {
    expect(name).toBe(wellFormed(name).normalize('NFC'));
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
  }
  expect(new Set(names.map((name) => name.normalize('NFC'))).size).toBe(names.length);
  expect(new Set(names.map(showName)).size).toBe(names.length);
}

/** The names in a folder as its page shows them. */
function shownOn(page: Page): string[] {
  return elements(page.document, 'a')
    .filter(({ attributes }) => attributes['class']?.startsWith('entry') === true)
    .map((entry) => [entry, ...elements(entry, 'bdi')].map(ownText).join(''));
}

const noticeOn = ({ document }: Page): string =>
  elements(document, 'p')
    .filter(({ attributes }) => attributes['class']?.startsWith('notice') === true)
    .map(ownText)
    .join('');

const namesIn = async ({ app }: Actor, folder: number): Promise<string[]> => [...(await app.children(folder)).keys()];

describe(`names and texts of all Unicode (seed ${String(SEED)})`, () => {
  let story: Story;

  const check = (property: fc.IAsyncProperty<unknown>, numRuns = RUNS): Promise<void> =>
    fc.assert(property as fc.IAsyncProperty<[unknown]>, { numRuns, seed: SEED });

  let folders = 0;
  const makeFolder = async (actor: Actor, parent = 0): Promise<number> => {
    folders += 1;
    return (await actor.app.makeFolder(`Folder ${String(folders)}`, parent)).id;
  };

  /** Checks that the folder holds the accepted names, by the API and on its page. */
  const expectKept = async (actor: Actor, folder: number, taken: readonly string[]): Promise<void> => {
    const names = await namesIn(actor, folder);
    expectTellable(names);
    expect([...names].sort()).toEqual([...taken].sort());
    const page = await actor.browser.visit(new URL(`/files/folder/${String(folder)}`, actor.at.url));
    expect(shownOn(page).sort()).toEqual(names.map(showName).sort());
  };

  beforeAll(async () => {
    story = await openStory();
    for (const { browser, at } of [story.ana, story.bo]) await browser.signIn(at.url);
  });
  beforeEach(() => story.forgetLimits());
  afterAll(() => story.close());

  it('are kept or refused whole in files of a form (F-03, F-30)', async () => {
    // Browsers send a quotation mark as %22, so that it cannot be told from a real %22.
    const names = anyNames().filter((given) => !given.some((name) => /%(?:22|0D|0A)/.test(name)));
    await check(
      fc.asyncProperty(names, async (given) => {
        const { ana } = story;
        const folder = await makeFolder(ana);
        await ana.browser.visit(new URL(`/files/folder/${String(folder)}`, ana.at.url));
        const files = given.map((name) => ({ name, content: Buffer.from(name) }));
        const page = await ana.browser.submit('/upload', { files });
        const possible = new Set(given.map((name) => wellFormed(name).normalize('NFC')));
        const names = await namesIn(ana, folder);
        for (const name of names) expect(possible).toContain(name);
        if (names.length < given.length) expect(page.text).toContain('Not uploaded: “');
        else expect(page.text).toContain(`${String(names.length)} file`);
        await expectKept(ana, folder, names);
      }),
    );
  });

  it('are kept or refused whole as folders made by a page (F-32)', async () => {
    await check(
      fc.asyncProperty(anyNames(), async (given) => {
        const { ana } = story;
        const folder = await makeFolder(ana);
        const taken: string[] = [];
        for (const name of given) {
          await ana.browser.visit(new URL(`/files/folder/${String(folder)}`, ana.at.url));
          const page = await ana.browser.submit('/new-folder', { name });
          const said = noticeOn(page);
          if (said.startsWith('The folder “')) taken.push(wellFormed(name).normalize('NFC'));
          else expect(said).toMatch(/^(?:A name has no “|Folder already exists)/);
        }
        await expectKept(ana, folder, taken);
      }),
    );
  });

  it('are kept or refused whole as new names that a page gives (F-32)', async () => {
    await check(
      fc.asyncProperty(anyNames(), async (given) => {
        const { ana } = story;
        const folder = await makeFolder(ana);
        const { id } = await ana.app.makeFile('first name', 'content', folder);
        let now = 'first name';
        for (const name of given) {
          const form = await ana.browser.visit(new URL(`/files/${String(id)}/rename`, ana.at.url));
          expect(formOn(form, '/rename').controls.find((control) => control.name === 'name')?.value).toBe(now);
          const said = noticeOn(await ana.browser.submit('/rename', { name }));
          if (said.includes(' is now called “')) now = wellFormed(name).normalize('NFC');
          else expect(said).toMatch(/^A name has no “/);
        }
        await expectKept(ana, folder, [now]);
      }),
    );
  });

  const tryEach = async (
    given: readonly string[],
    act: (name: string) => Promise<Answer>,
  ): Promise<readonly string[]> => {
    const taken: string[] = [];
    for (const name of given) {
      const answer = await act(name);
      if (answer.status < 300) {
        expect(answer.json<Entry>().filename).toBe(name.normalize('NFC'));
        taken.push(name.normalize('NFC'));
      } else {
        expect([name, answer.status, answer.text]).toEqual([
          name,
          expect.toSatisfy((status: number) => status === 400 || status === 409),
          expect.stringMatching(/\bname\b|already exists/),
        ]);
      }
    }
    return taken;
  };

  it('are kept or refused whole by the storage API (F-33)', async () => {
    await check(
      fc.asyncProperty(anyNames(), async (given) => {
        const { ana } = story;
        const folder = await makeFolder(ana);
        const made = await tryEach(given, (name) => ana.app.json('folder', 'POST', { name, parent: folder }));
        await expectKept(ana, folder, made);
      }),
    );
  });

  it('are kept or refused whole as new names at the storage API (F-33)', async () => {
    await check(
      fc.asyncProperty(anyNames(), async (given) => {
        const { ana } = story;
        const folder = await makeFolder(ana);
        const { id } = await ana.app.makeFile('first name', 'content', folder);
        const taken = await tryEach(given, (name) => ana.app.json(`file/${String(id)}`, 'PUT', { name }));
        await expectKept(ana, folder, [taken.at(-1) ?? 'first name']);
      }),
    );
  });

  it('are the same at both clouds inside a folder of another (F-11)', async () => {
    const { ana, bo } = story;
    const { folder: shared, mount } = await activate(story, { permission: 'read-write' });
    await check(
      fc.asyncProperty(anyNames(), async (given) => {
        const below = await makeFolder(bo, mount);
        const made = await tryEach(given, (name) => bo.app.json('folder', 'POST', { name, parent: below }));
        await expectKept(bo, below, made);
        const name = `Folder ${String(folders)}`;
        const there = (await ana.app.children(shared)).get(name);
        await expectKept(ana, there?.id ?? -1, made);
      }),
    );
  });

  describe('of a folder that is shared', () => {
    const letterOf = ({ token }: Invited) => story.mailbox.letters.find(({ text }) => text.includes(token));

    it('reach its recipient in a letter, on the page behind it, and as the name among the files (F-30, F-32)', async () => {
      const { ana, bo } = story;
      await check(
        fc.asyncProperty(anyNames(), anyText(), async ([name = ''], comment) => {
          await story.forgetLimits();
          const parent = await makeFolder(ana);
          const made = await ana.app.json('folder', 'POST', { name, parent });
          if (made.status !== 201) return;
          const { id, filename } = made.json<Entry>();
          const invited = await inviteTo(story, id, { comment, permission: 'read-only' });
          const letter = letterOf(invited);
          expectShortened(letter?.subject ?? '', `${ana.name} shares “${showName(filename)}” with you`);
          expect(letter?.text).toContain(`the folder “${showName(filename)}” with you`);
          expect(letter?.text).toContain(keepText(comment, 1_000));
          const page = await bo.browser.visit(invited.link);
          expect(elements(page.document, 'dd').map(ownText).join('\n')).toContain(keepText(comment, 1_000));
          const before = await namesIn(bo, 0);
          await accept(story, invited);
          const after = await namesIn(bo, 0);
          expectTellable(after);
          expect(after).toHaveLength(before.length + 1);
          const wanted = filename.replace(/\p{Bidi_Control}/gu, '').normalize('NFC');
          const expected = isVisible(wanted) ? wanted : 'Shared folder';
          const [stem = ''] = expected.split(/(?=\.[^.]*$)/);
          const mounted = after.find((each) => !before.includes(each)) ?? '';
          if (before.includes(expected)) expectShortened(`${mounted.replace(/ \(\d+\).*$/s, '')}…`, `${stem}…`);
          else expect(mounted).toBe(expected);
        }),
      );
    });

    /** A text is the whole one, or its beginning, cut between two characters, and dots. */
    function expectShortened(text: string, whole: string): void {
      if (text === whole) return;
      const kept = clusters(text.replace(/…$/, ''));
      expect(clusters(whole).slice(0, kept.length)).toEqual(kept);
    }
  });
});
