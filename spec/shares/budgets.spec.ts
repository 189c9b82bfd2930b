import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY, parseEmail, ROOT_ID, type AccountId, type ItemId } from '../../src/kernel/index.js';
import type { OutgoingShare } from '../../src/shares/index.js';
import { eachDatabase } from '../support/each-database.js';
import { openHouse, type House } from './support.js';

/**
 * Every budget of the house (ruling F-10: spent only by what is done). Counted where somebody may be guessing, and so
 * spent by refusals too: sign-in by person and network, misses of secret addresses, join codes, credentials without a
 * signature; each is bound to the network that guesses. Counted as work, for each authenticated peer or consumer, whatever
 * comes of it: messages a minute, signed requests (nonces).
 */
const HOME = { address: '192.0.2.7' };
const PASSWORD = 'correct horse battery staple';

interface Scene {
  readonly house: House;
  readonly folder: ItemId;
  /** An open share of Ana's, one that has ended, and the words of their links. */
  readonly open: OutgoingShare;
  readonly ended: OutgoingShare;
  readonly openWord: string;
  readonly endedWord: string;
  /** Makes names that were never used. */
  readonly fresh: (what: string) => string;
}

let numbers = 0;

async function openScene(house: House): Promise<Scene> {
  const { services } = house;
  const fresh = (what: string): string => `${what}${String((numbers += 1))}`;
  const folder = await house.makeFolder(fresh('Plans '));
  const [open, ended] = [
    await house.offer(folder, fresh('a') + '@b.example'),
    await house.offer(folder, fresh('a') + '@b.example'),
  ];
  const wordFor = async ({ id }: OutgoingShare): Promise<string> =>
    (await services.base.database.write((trx) => services.agreements.invitations.issue(trx, id))).split('/').at(-1) ??
    '';
  const [openWord, endedWord] = [await wordFor(open), await wordFor(ended)];
  await services.agreements.sharing.withdraw(house.ana.id, ended.id);
  return { house, folder: folder.id, open, ended, openWord, endedWord, fresh };
}

const presented = ({ house }: Scene) =>
  house.invitations(() => Promise.resolve({ kind: 'page', location: new URL('http://localhost:9/proposal') }));

function share(
  { house: { services, ana } }: Scene,
  folderId: ItemId,
  emails: readonly string[],
  actor: AccountId = ana.id,
) {
  const addresses = emails.map((email) => parseEmail(email));
  return services.agreements.sharing.share(actor, folderId, { addresses, permission: 'read-only' });
}

/** Acts that are refused, by name. */
const REFUSED: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  'more invitations than an hour has': (scene) =>
    share(
      scene,
      scene.folder,
      Array.from({ length: 21 }, () => `${scene.fresh('many')}@birch.example`),
    ),
  'somebody else’s folder': (scene) => share(scene, scene.folder, [scene.house.ana.email], scene.house.bo.id),
  'the root': (scene) => share(scene, ROOT_ID, ['guest@birch.example']),
  'an end in the past': ({ house: { services, ana, clock }, folder }) =>
    services.agreements.sharing.share(ana.id, folder, {
      addresses: [parseEmail('guest@birch.example')],
      permission: 'read-only',
      expiresAt: clock.now() - 1,
    }),
  'a change of somebody else’s share': ({ house: { services, bo }, open }) =>
    services.agreements.changing.change(bo.id, open.id, { permission: 'read-only' }),
  'a change into the past': ({ house: { services, ana, clock }, open }) =>
    services.agreements.changing.change(ana.id, open.id, { expiresAt: clock.now() }),
  'a change of what has ended': ({ house: { services, ana }, ended }) =>
    services.agreements.changing.change(ana.id, ended.id, { permission: 'read-only' }),
  'a repeat of an invitation that has ended': ({ house: { services, ana }, ended }) =>
    services.agreements.inviting.resend(ana.id, ended.id),
  'a repeat of somebody else’s invitation': ({ house: { services, bo }, open }) =>
    services.agreements.inviting.resend(bo.id, open.id),
  'a choice that nobody offers': (scene) => presented(scene).choose(scene.openWord, 'nobody'),
  'a choice for what has ended': (scene) => presented(scene).choose(scene.endedWord, scene.house.peer.id),
  'a code for an address that is proven': ({ house: { services, ana } }) =>
    services.people.addresses.askCode(ana.id, ana.email, 'account'),
  'requests to join that are none': async ({ house: { services }, fresh }) => {
    await services.joining.joinRequests.receive(
      { join_id: fresh('join'), discovery: 'http://localhost:4001/.well-known/cloudspaces', name: 'Ourselves' },
      `198.51.100.${String(numbers % 250)}`,
    );
    throw new Error('silently dropped');
  },
  'wrong passwords from elsewhere': async ({ house: { services, ana } }) => {
    const { kind } = await services.people.passwords.signIn(ana.email, 'wrong', { address: '198.51.100.9' });
    throw new Error(kind);
  },
};

/** Acts that are allowed, and stay so. */
async function allAllowed(scene: Scene): Promise<void> {
  const { house, folder, open, openWord, fresh } = scene;
  const { services, ana, bo, clock } = house;
  await share(scene, folder, [`${fresh('guest')}@birch.example`, bo.email]);
  await services.agreements.changing.change(ana.id, open.id, { expiresAt: clock.now() + DAY });
  await services.agreements.inviting.resend(ana.id, open.id);
  expect((await presented(scene).choose(openWord, house.peer.id)).kind).toBe('page');
  const further = parseEmail(`${fresh('own')}@alder.example`);
  await services.people.addresses.askCode(ana.id, further, 'account');
  await services.people.addresses.remove(ana.id, further);
  await services.people.passwordLinks.mail(ana.email, HOME);
  await services.joining.joinRequests.receive(
    { join_id: fresh('join'), discovery: 'http://localhost:9/.well-known/cloudspaces', name: 'Oak' },
    HOME.address,
  );
  expect((await services.people.passwords.signIn(ana.email, PASSWORD, HOME)).kind).toBe('ok');
}

describe('budgets', () => {
  eachDatabase((bench) => {
    it(
      'MAI-02 ACC-02 no sequence of refused acts makes an allowed act refused (F-10)',
      { timeout: 120_000 },
      async () => {
        const house = await openHouse(bench);
        await house.services.people.passwords.set(house.ana.id, PASSWORD);
        const act = fc.record({ name: fc.constantFrom(...Object.keys(REFUSED)), times: fc.constantFrom(1, 5, 25) });
        await fc.assert(
          fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 5 }), async (acts) => {
            const scene = await openScene(house);
            for (const { name, times } of acts) {
              for (let turn = 0; turn < times; turn += 1) {
                await expect(REFUSED[name]?.(scene), name).rejects.toThrow();
              }
            }
            await allAllowed(scene);
            // What was allowed is spent: the next sequence begins another day.
            house.clock.advance(DAY);
          }),
          { numRuns: 8 },
        );
      },
    );
  });
});
