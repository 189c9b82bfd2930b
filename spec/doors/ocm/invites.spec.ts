import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseInvite } from '../../../src/federation/index.js';
import { DAY } from '../../../src/kernel/index.js';
import { send, type Answer } from '../../journeys/support/wire.js';
import { openTown, type Citizen, type Station, type Town } from '../../support/open-pair.js';
import { ANA } from '../../support/seeds.js';

const FORM = 'application/x-www-form-urlencoded';

describe('POST /ocm/invite-accepted', () => {
  let town: Town;
  let alder: Station;
  let ana: Citizen;
  beforeAll(async () => {
    town = await openTown();
    alder = await town.found('Alder');
    ana = await town.settleIn(ANA, alder);
    const endPoint = 'https://birch.example/ocm';
    await alder.services.neighbours.peers.add({
      name: 'Birch',
      dialect: 'ocm',
      shareUrl: `${endPoint}/shares`,
      credentialsUrl: `${endPoint}/notifications`,
      ocm: { host: 'birch.example' },
    });
  });
  afterAll(() => town.close());
  beforeEach(() => alder.services.base.database.write((trx) => trx('ocm_contacts').delete()));

  async function token(): Promise<string> {
    const { text } = await alder.services.agreements.contacts.invites.make(ana.accountId, '');
    return parseInvite(text).token;
  }

  const accepting = (change: Record<string, string | undefined>): Record<string, string | undefined> => ({
    recipientProvider: 'birch.example',
    userID: 'bo',
    email: 'bo@birch.example',
    name: 'Bo',
    ...change,
  });

  function post(fields: Record<string, string | undefined>, type = 'application/json'): Promise<Answer> {
    const given = Object.entries(fields).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const body = type === FORM ? new URLSearchParams(given).toString() : JSON.stringify(Object.fromEntries(given));
    return send(`${alder.url}/ocm/invite-accepted`, { method: 'POST', headers: { 'content-type': type }, body });
  }

  const contacts = () => alder.services.agreements.contacts.book.list(ana.accountId);

  it.each([
    ['JSON', 'application/json'],
    ['a form', FORM],
  ])('takes %s, says who has invited, and keeps the id letter by letter', async (_what, type) => {
    const answer = await post(accepting({ token: await token(), userID: 'bo@https://birch.example' }), type);
    expect([answer.status, answer.json()]).toEqual([
      200,
      { userID: ANA.email, userId: ANA.email, email: ANA.email, name: ANA.name },
    ]);
    expect(await contacts()).toMatchObject([
      {
        name: 'Bo',
        email: 'bo@birch.example',
        address: { id: 'bo', host: 'birch.example' },
        written: 'bo@https://birch.example@birch.example',
      },
    ]);
  });

  it.each([
    ['a token that was guessed', { token: 'x'.repeat(32) }, 400],
    ['no token', { token: undefined }, 400],
    ['nobody', { userID: undefined }, 400],
    ['its own server', { recipientProvider: 'localhost' }, 400],
    ['a server that is not trusted', { recipientProvider: 'elsewhere.example' }, 403],
  ])('refuses %s and changes nothing (OCM-07)', async (_what, change, status) => {
    const given = await token();
    const own = 'recipientProvider' in change && change.recipientProvider === 'localhost';
    const fields = accepting({
      token: given,
      ...change,
      ...(own ? { recipientProvider: new URL(alder.url).host } : {}),
    });
    expect((await post(fields)).status).toBe(status);
    expect(await contacts()).toEqual([]);
    expect((await post(accepting({ token: given }))).status).toBe(200);
  });

  it('takes a token once, of somebody who is not known yet, within its time (OCM-07)', async () => {
    const given = await token();
    const answers = await Promise.all(
      ['bo', 'cleo', 'dora'].map((userID) => post(accepting({ token: given, userID }))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    expect(await contacts()).toHaveLength(1);

    const next = await token();
    const [known] = await contacts();
    const again = await post(accepting({ token: next, userID: known?.address.id }));
    expect([again.status, again.json()]).toMatchObject([409, { validationErrors: [] }]);
    town.advance(15 * DAY);
    expect((await post(accepting({ token: next, userID: 'eva' }))).status).toBe(400);
  });

  it('knows tokens by a digest alone (SEC-01)', async () => {
    const given = await token();
    const rows: object[] = await alder.services.base.database.read('ocm_invites').select('*');
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(given);
  });
});
