import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activate, halvesOf, openStory, type Story } from './support/story.js';
import { snapshotOfAll, withoutEffect } from './support/world.js';

describe('what the recipient’s cloud may do with a foreign folder', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openStory();
  });
  afterAll(() => story.close());

  it('AUT-09 it is shared on by nobody but its owner, neither whole nor in part', async () => {
    const { mount } = await activate(story);
    const { id: below } = await story.bo.app.makeFolder('Below', mount);
    for (const id of [mount, below]) {
      const share = (): Promise<{ status: number }> =>
        story.bo.app.json(`folder/${String(id)}/share`, 'POST', ['eve@elm.example', story.ana.email]);
      expect([id, (await withoutEffect(story, share)).status]).toEqual([id, 403]);
    }
  });

  it('says on its page how many entries of it could not be read, and so do its share and the doctor (F-11, F-71)', async () => {
    const { alder, ana, bo } = story;
    const { folder, mount } = await activate(story);
    // Names that no correct cloud gives, but a faulty one might.
    for (const name of ['one', 'two']) {
      const { id } = await ana.app.makeFile(name, 'x', folder);
      await alder.services.base.database.write((trx) =>
        trx('items')
          .where({ id })
          .update({ name: `${name}/other` }),
      );
    }
    await bo.browser.signIn(bo.at.url);
    const page = await bo.browser.visit(new URL(`/files/folder/${String(mount)}`, bo.at.url));
    expect(page.text).toContain('budget.txt');
    expect(page.text).toContain('2 entries could not be read');

    const { incoming } = await halvesOf(story, folder);
    const half = { direction: 'incoming', id: incoming?.id ?? '' } as const;
    const ofShare = (): Promise<{ readonly text: string }> =>
      bo.browser.visit(new URL(`/shares/incoming/${half.id}`, bo.at.url));
    expect((await ofShare()).text).toContain('2 entries could not be read when the folder was last listed');
    const { findings } = await story.birch.services.care.doctor.examine(half);
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'entries-unusable', detail: 'the folder itself: 2 without a usable name' }),
    );
    await alder.services.base.database.write((trx) =>
      trx('items')
        .where('name', 'like', '%/other')
        .update({ name: trx.ref('id') }),
    );
    // Rows that are written directly have no entry in the journal, and a folder that seems unchanged is not sent again
    // (decision 0036).
    await ana.app.makeFile('news.txt', 'x', folder);
    await bo.browser.visit(new URL(`/files/folder/${String(mount)}`, bo.at.url));
    expect((await ofShare()).text).not.toContain('could not be read');
  });

  it('AUT-08 once it has ended, nothing of it is answered or kept: no listing, no name, no key', async () => {
    const { folder, mount } = await activate(story);
    const { app } = story.bo;
    const { id: below } = await app.makeFolder('Seen once', mount);
    const { id: file } = await app.makeFile('a telling name.txt', 'telling', below);
    await app.read(file);
    const { grant } = await halvesOf(story, folder);
    await story.ana.app.json(`folder/${String(folder)}/unshare`, 'POST', [story.bo.email]);
    await story.settle();
    for (const path of [
      ...[mount, below].flatMap((id) => [`folder/${String(id)}`, `folder/${String(id)}/contents`]),
      ...[`folder/${String(below)}/members`, `file/${String(file)}`],
      ...[`file/${String(file)}/data`, `file/${String(file)}/versions`, `file/${String(file)}/version/1/data`],
    ]) {
      expect([path, (await withoutEffect(story, () => app.call(path))).status]).toEqual([path, 404]);
    }
    const kept = JSON.stringify((await snapshotOfAll(story))['Birch']);
    for (const secret of ['a telling name', 'Seen once', grant?.token ?? '', grant?.secret ?? '']) {
      expect(secret).not.toBe('');
      expect(kept).not.toContain(secret);
    }
  });
});
