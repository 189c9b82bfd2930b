import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY } from '../../src/kernel/index.js';
import { linksOf } from '../support/mailbox.js';
import { openTown, PASSWORD, type Station, type Town } from '../support/open-pair.js';
import { createPerson, type Person } from '../support/person.js';
import { ADA, ANA } from '../support/seeds.js';

const INVITEE = 'cleo@elsewhere.example';

describe('somebody whose cloud is not in the list', () => {
  let town: Town;
  let alder: Station;
  let ana: Person;
  let link: string;

  beforeAll(async () => {
    town = await openTown();
    alder = await town.found('Alder');
    await town.found('Birch');
    await town.settleIn(ANA, alder);
    await town.settleIn(ADA, alder);
    await alder.services.people.accounts.set(ADA.email, { admin: true });
    ana = createPerson({ ...ANA, password: PASSWORD });
    await ana.signIn(alder.url);
    await ana.files.makeFolder('Plans');
    await ana.share('Plans', { addresses: INVITEE });
    await town.settle();
    const letter = await town.mailbox.waitForMailTo(INVITEE);
    link = linksOf(letter).find((each) => each.includes('/invitations/')) ?? '';
  });
  afterAll(() => town.close());

  const told = (): string[] =>
    town.mailbox.letters
      .filter(({ subject }) => subject.includes('cannot choose their cloud'))
      .map(({ to, text }) => `${to.join()} ${/^\S*spruce\S*$/m.exec(text)?.[0] ?? ''}`)
      .sort();

  async function wish(address: string): Promise<number> {
    const cleo = createPerson({ name: 'Cleo', email: INVITEE, password: '' });
    await cleo.openInvitation(link);
    const page = await cleo.submit(/\/other-cloud$/, { address });
    await town.settle();
    return page.status;
  }

  it('is told what to do without a cloud too', async () => {
    const cleo = createPerson({ name: 'Cleo', email: INVITEE, password: '' });
    const { text } = await cleo.openInvitation(link);
    expect(text).toContain('I have no cloud');
    expect(text).toContain(`ask ${ANA.name} for an account at Alder with the address ${INVITEE}`);
  });

  it('types its address: it is kept and told to the owner and the administrators, and nobody is contacted', async () => {
    const before = [...alder.connections];
    expect(await wish('spruce.example')).toBe(200);
    expect(told()).toEqual([`${ADA.email} spruce.example`, `${ANA.email} spruce.example`]);
    expect(alder.connections).toEqual(before);
    const cleo = createPerson({ name: 'Cleo', email: INVITEE, password: '' });
    expect((await cleo.openInvitation(link)).text).toContain('“spruce.example”');
    expect(await alder.services.base.database.read('wished_clouds')).toMatchObject([{ address: 'spruce.example' }]);
  });

  it('tells nobody twice, at most five a day, and nothing that cannot be read', async () => {
    const before = told().length;
    expect(await wish('spruce.example')).toBe(200);
    expect(await wish(' \u200b ')).toBe(400);
    expect(told()).toHaveLength(before);
    for (let count = 2; count <= 5; count += 1) expect(await wish(`spruce-${String(count)}.example`)).toBe(200);
    expect(await wish('spruce-6.example')).toBe(429);
    expect(told()).toHaveLength(10);
    town.advance(DAY);
    expect(await wish('spruce-6.example')).toBe(200);
    expect(told()).toHaveLength(12);
  });

  it('is told that the invitation has ended, when it has', async () => {
    const cleo = createPerson({ name: 'Cleo', email: INVITEE, password: '' });
    await cleo.openInvitation(link);
    await ana.unshare('Plans', INVITEE);
    const page = await cleo.submit(/\/other-cloud$/, { address: 'spruce-7.example' });
    expect(page.status).toBe(409);
    expect(page.text).not.toContain('My cloud is not here');
  });
});
