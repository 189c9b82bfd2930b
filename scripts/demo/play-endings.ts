import { invitationIn, waitForInvitation } from '../../spec/support/mailbox.js';
import type { Offer, Page } from '../../spec/support/person.js';
import { until } from '../../spec/support/until.js';
import { describeLetter, expectStates, isAt, wordsOf } from './evidence.js';
import { BO } from './people.js';
import type { Stage } from './stage.js';
import type { Step } from './transcript.js';

/** A share that is only read, one that is declined, and how shares end on either side. */
export async function playEndings(stage: Stage): Promise<void> {
  const { town, transcript, ana, bo } = stage;
  const { alder, birch } = town;
  await transcript.step('A second folder, read only: Bo accepts and reads', async (step) => {
    await invite(stage, step, 'Photos', 'read-only');
    const page = await bo.accept();
    step.check(isAt(page, birch.url, '/shares'), `back at Birch: “${wordsOf(page, 'You')}”`);
    const mount = await until('Photos among Bo’s files', () => bo.files.find('Photos'));
    step.saw(`Files at Birch: ${mount.name} (${mount.badge})`);
    const text = await bo.files.read('Photos/read me.txt');
    step.check(text.status === 200 && text.text.includes('footbridge'), `read me.txt: “${text.text.trim()}”`);
  });
  await transcript.step('Writing into it is refused, even past the page', async (step) => {
    const page = await bo.files.open('Photos');
    const offered = page.forms.filter(({ action }) => /upload|new-folder/.test(action.pathname));
    step.check(offered.length === 0, `the page offers no way to write: ${wordsOf(page, 'You can look')}`);
    const target = `${page.url.pathname}/upload`;
    await bo.files.open('');
    const file = { name: 'sneaked in.txt', content: Buffer.from('not allowed') };
    const refused = await bo.submit('/upload', { files: file }, { action: target });
    step.check(!refused.text.includes('1 file uploaded'), wordsOf(refused, 'Nothing was uploaded'));
    const names = (await ana.files.list('Photos')).map(({ name }) => name);
    step.check(!names.includes('sneaked in.txt'), `Photos at Alder, unchanged: ${names.join(', ')}`);
  });
  await transcript.step('A third one Bo declines', async (step) => {
    await invite(stage, step, 'Diary', 'read-only');
    const page = await bo.decline();
    step.check(isAt(page, alder.url, '/interop/result/'), wordsOf(page, 'You'));
    await expectStates(step, town, 'Diary', { alder: 'declined', birch: 'declined' });
    step.check((await bo.files.find('Diary')) === undefined, 'no Diary among Bo’s files');
  });
  await transcript.step('Ana takes Plans back: at Birch it is gone at once', async (step) => {
    const { href } = await bo.files.must('Plans');
    const letters = await bo.files.must('Plans/Letters');
    const page = await ana.unshare('Plans', BO.email);
    step.check(page.status === 200, wordsOf(page, `${BO.email} can no longer`));
    // The key is dead now, whether or not Birch has been told: asked straight away, without waiting.
    const [top, inside] = [await bo.visit(href), await bo.visit(letters.href)];
    step.check(
      refusesToShow(top) && refusesToShow(inside),
      `Bo’s old addresses answer ${String(top.status)} and ${String(inside.status)}`,
    );
    await expectStates(step, town, 'Plans', { alder: 'revoked', birch: 'revoked' });
    const names = (await bo.files.list()).map(({ name }) => name);
    step.check(!names.includes('Plans'), `Files at Birch: ${names.join(', ') || 'nothing'}`);
  });
  await transcript.step('Bo leaves Photos; Ana is told and keeps everything', async (step) => {
    const page = await bo.leave('Photos');
    step.check(isAt(page, birch.url, '/files'), wordsOf(page, 'You left'));
    await expectStates(step, town, 'Photos', { alder: 'left', birch: 'left' });
    const names = (await ana.files.list('Photos')).map(({ name }) => name);
    step.check(names.length === 2, `Photos at Alder, whole: ${names.join(', ')}`);
    const dialog = await ana.members('Photos');
    step.check(dialog.text.includes(`${BO.email} left the folder`), wordsOf(dialog, `${BO.email} left`));
  });
}

const refusesToShow = ({ status }: Page): boolean => status === 404;

/** Ana shares, the mail arrives, Bo (signed in already) chooses Birch and stands before the proposal. */
async function invite(
  { town, ana, bo }: Stage,
  step: Step,
  folder: string,
  permission: Offer['permission'],
): Promise<void> {
  const before = town.mailbox.letters.length;
  const shared = await ana.share(folder, { addresses: BO.email, ...(permission && { permission }) });
  step.check(shared.status === 200, wordsOf(shared, '1 invitation'));
  const letter = await waitForInvitation(town.mailbox, BO.email, before);
  const link = invitationIn(letter);
  step.saw(describeLetter(letter, link));
  await bo.openInvitation(link);
  const proposal = await bo.chooseCloud('Birch');
  step.check(isAt(proposal, town.birch.url, '/interop/proposals/'), `Bo is signed in: “${proposal.title}” at once`);
}
