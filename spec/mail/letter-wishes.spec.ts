import { expect, it } from 'vitest';
import { Accounts } from '../../src/accounts/index.js';
import { parseEmail, type AccountId } from '../../src/kernel/index.js';
import { LETTER_KINDS, LetterWishes, type Stoppable } from '../../src/mail/index.js';
import { createSealer } from '../../src/platform/index.js';
import { eachDatabase } from '../support/each-database.js';
import { ANA, BO, createHandClock, createSeededRandom } from '../support/seeds.js';

eachDatabase(({ open }) => {
  async function openWishes() {
    const database = await open();
    const [clock, random] = [createHandClock(), createSeededRandom('wishes')];
    const accounts = new Accounts({ database, clock, random, onEnding: async () => undefined });
    const ana = (await accounts.add(ANA.email, ANA.name)).id;
    const bo = (await accounts.add(BO.email, BO.name)).id;
    const sealer = createSealer(Buffer.alloc(32, 7), random);
    return { database, sealer, ana, bo, wishes: new LetterWishes({ database, clock, sealer }) };
  }

  const endingsOf = (accountId: AccountId): Stoppable => ({ kind: 'letters', accountId, letters: 'endings' });
  const toBo: Stoppable = { kind: 'invitations', to: BO.email };

  it('stops one kind of letters to one person, and sends them again', async () => {
    const { wishes, ana, bo } = await openWishes();
    await wishes.wish(endingsOf(ana), false);
    await wishes.wish(endingsOf(ana), false);
    expect(await wishes.isStopped(endingsOf(ana))).toBe(true);
    expect(await wishes.isStopped(endingsOf(bo))).toBe(false);
    expect(await wishes.wantedBy(ana)).toEqual(LETTER_KINDS.filter((kind) => kind !== 'endings'));
    await wishes.wish(endingsOf(ana), true);
    expect(await wishes.isStopped(endingsOf(ana))).toBe(false);
  });

  it('takes all the wishes of a person at once', async () => {
    const { wishes, ana } = await openWishes();
    await wishes.choose(ana, ['troubles', 'answers']);
    expect(await wishes.wantedBy(ana)).toEqual(['answers', 'troubles']);
    await wishes.choose(ana, LETTER_KINDS);
    expect(await wishes.wantedBy(ana)).toEqual(LETTER_KINDS);
  });

  it('knows an address that wants no invitations by a keyed digest alone, however its letters are written', async () => {
    const { wishes, database } = await openWishes();
    await wishes.wish(toBo, false);
    expect(await wishes.isStopped({ kind: 'invitations', to: parseEmail('BO@birch.example') })).toBe(true);
    expect(await wishes.isStopped({ kind: 'invitations', to: ANA.email })).toBe(false);
    expect(JSON.stringify(await database.read('unwanted_invitations'))).not.toMatch(/bo@|birch/i);
  });

  it('PRO-09 reads its own tokens, and none that was made up, altered or sealed for something else', async () => {
    const { wishes, sealer } = await openWishes();
    const token = wishes.tokenFor(toBo);
    expect(wishes.read(token)).toEqual(toBo);
    expect(token).not.toContain('birch');
    const altered = `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`;
    const forged = [
      altered,
      '',
      'v1.',
      'x'.repeat(120),
      sealer.seal(JSON.stringify(toBo), 'outgoing_shares.callback:1'),
    ];
    for (const word of forged) expect(() => wishes.read(word), word).toThrow('This link is not valid.');
  });
});
