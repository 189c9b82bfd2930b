import { invitationIn } from '../../spec/support/mailbox.js';
import { createPerson } from '../../spec/support/person.js';
import { until } from '../../spec/support/until.js';
import { describeLetter, expectStates, isAt, wordsOf } from './evidence.js';
import { ANA, BO } from './people.js';
import type { Stage } from './stage.js';

const COMMENT = 'Have a look before the 12th';

/** From the share dialog to the folder among the recipient's files. */
export async function playAgreement({ town, transcript, ana, bo }: Stage): Promise<void> {
  const { alder, birch, mailbox } = town;
  let link = '';
  await transcript.step('Ana signs in at Alder and sees her folders', async (step) => {
    await ana.signIn(alder.url);
    const names = (await ana.files.list()).map(({ name }) => name);
    step.check(names.includes('Plans') && names.includes('Diary'), `Files at Alder: ${names.join(', ')}`);
  });
  await transcript.step('Ana shares Plans with Bo, read and write', async (step) => {
    const offer = { addresses: BO.email, permission: 'read-write', comment: COMMENT } as const;
    const page = await ana.share('Plans', offer);
    // Which of the two depends on whether the mail has gone out yet.
    const words = [`The invitation is on its way to ${BO.email}`, `Waiting for ${BO.email}`];
    const seen = words.find((each) => page.text.includes(each));
    step.check(seen !== undefined, wordsOf(page, seen ?? 'Waiting for'));
    await expectStates(step, town, 'Plans', { alder: 'created', birch: 'nothing yet' });
  });
  await transcript.step('The invitation arrives by mail', async (step) => {
    const letter = await mailbox.waitForMailTo(BO.email);
    link = invitationIn(letter);
    step.check(letter.text.includes('Plans'), describeLetter(letter, link));
  });
  await transcript.step('A mail scanner opens the link: nothing changes', async (step) => {
    const scanner = createPerson({ name: 'Scanner', email: '', password: '' }, { watch: transcript.watch('Scanner') });
    for (const _ of [1, 2, 3]) await scanner.openInvitation(link);
    step.check(scanner.page.status === 200, `“${scanner.page.title}”`);
    await expectStates(step, town, 'Plans', { alder: 'created', birch: 'nothing yet' });
  });
  await transcript.step('Bo opens the link, sees who offers what, and chooses Birch', async (step) => {
    const page = await bo.openInvitation(link);
    const facts = [ANA.name, 'Plans', 'Read and write', COMMENT];
    step.check(
      facts.every((fact) => page.text.includes(fact)),
      `“${page.title}”: ${facts.join(', ')}`,
    );
    const next = await bo.chooseCloud('Birch');
    step.check(isAt(next, birch.url, '/login'), `Birch asks who he is: “${next.title}”`);
    await expectStates(step, town, 'Plans', { alder: 'sent', birch: 'pending' });
  });
  await transcript.step('Bo signs in at Birch and is back at the proposal', async (step) => {
    const page = await bo.signIn();
    const facts = ['Alder', ANA.name, ANA.email, 'Plans', 'Read and write'];
    step.check(isAt(page, birch.url, '/interop/proposals/'), `“${page.title}”`);
    step.check(
      facts.every((fact) => page.text.includes(fact)),
      `shown: ${facts.join(', ')}`,
    );
  });
  await transcript.step('Bo accepts; Alder hears it from his browser, signed by Birch', async (step) => {
    const page = await bo.accept();
    step.check(
      page.hops.some(({ url }) => isCallback(url, alder.url)),
      'the way led over the callback of Alder',
    );
    step.check(isAt(page, birch.url, '/shares'), `back at Birch: “${wordsOf(page, 'You')}”`);
  });
  await transcript.step('Alder hands the key to Birch; the folder appears among Bo’s files', async (step) => {
    const mount = await until('Plans among Bo’s files', () => bo.files.find('Plans'));
    step.check(mount.isFolder, `Files at Birch: ${mount.name} (${mount.badge})`);
    await expectStates(step, town, 'Plans', { alder: 'active', birch: 'active' });
    const members = await ana.members('Plans');
    step.check(members.text.includes(BO.email), `Ana sees ${BO.email} among those who can open Plans`);
  });
}

function isCallback(url: URL, cloud: string): boolean {
  return url.origin === cloud && url.pathname.startsWith('/interop/result/');
}
