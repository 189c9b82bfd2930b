import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../../src/kernel/index.js';
import { parsePairs, type Pair, type Transmission } from '../../../src/oauth1/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { ANA } from '../../support/seeds.js';
import { CALLBACK, FORM_TYPE, openDance, type Dance, type Issued } from './support.js';

const bench = sqliteBench();
const GRANTED = /^oauth_token=[A-Za-z0-9]{32}&oauth_token_secret=[A-Za-z0-9]{43}$/;
const EMPTY_401 = { status: 401, text: '' };

const verifying = (verifier: string): Pair[] => [['oauth_verifier', verifier]];

/** An app whose question Ana has allowed. */
async function openAllowed(dance: Dance): Promise<Issued & { readonly verifier: string }> {
  const issued = await dance.ask(dance.script);
  const approval = await dance.temporaryCredentials.approve(issued.token, dance.ana.id);
  return { ...issued, verifier: approval?.verifier ?? '' };
}

describe('the call for an access token', () => {
  it.each(
    (['header', 'query', 'body'] as const satisfies readonly Transmission[]).flatMap((transport) =>
      (['HMAC-SHA256', 'HMAC-SHA1', 'PLAINTEXT'] as const).flatMap((method) =>
        (['GET', 'POST'] as const).map((verb) => ({ verb, method, transport })),
      ),
    ),
  )('is answered as a form: $verb, $method in the $transport', async (how) => {
    const dance = await openDance(bench);
    const { verifier, ...issued } = await openAllowed(dance);
    const credentials = { ...dance.script, ...issued };
    const answer = await dance.call('access_token', credentials, { ...how, protocol: verifying(verifier) });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, FORM_TYPE]);
    expect(answer.text).toMatch(GRANTED);
    const fields = new Map(parsePairs(answer.text));
    const found = await dance.tokens.find(dance.script.id, fields.get('oauth_token') ?? '');
    expect(found).toMatchObject({ accountId: dance.ana.id, secret: fields.get('oauth_token_secret') });
  });

  it('is answered with nothing but token and secret, the list that Net::OAuth knows (F-46)', async () => {
    const dance = await openDance(bench);
    const { verifier, ...issued } = await openAllowed(dance);
    const answer = await dance.call('access_token', { ...dance.script, ...issued }, { protocol: verifying(verifier) });
    expect(parsePairs(answer.text).map(([name]) => name)).toEqual(['oauth_token', 'oauth_token_secret']);
  });

  it('may carry a callback once more, as a web client sends it, and an odd type without a body', async () => {
    const dance = await openDance(bench);
    for (const callback of ['oob', CALLBACK, 'https://evil.example/']) {
      const { verifier, ...issued } = await openAllowed(dance);
      const protocol: Pair[] = [...verifying(verifier), ['oauth_callback', callback]];
      const how = { verb: 'GET', transport: 'query', protocol } as const;
      await dance
        .call('access_token', { ...dance.script, ...issued }, how)
        .set('Content-Type', 'plain-text')
        .expect(200);
    }
  });

  it('OAU-15 without a verifier is 400; with a wrong one 401', async () => {
    const dance = await openDance(bench);
    const { verifier, ...issued } = await openAllowed(dance);
    const call = (protocol: Pair[]) => dance.call('access_token', { ...dance.script, ...issued }, { protocol });
    expect(await call([])).toMatchObject({
      status: 400,
      text: 'error=invalid_request&error_description=oauth_verifier%20is%20missing.',
    });
    expect(await call(verifying(verifier.toLowerCase()))).toMatchObject(EMPTY_401);
    await call(verifying(verifier)).expect(200);
  });

  it('OAU-01 without a token is 400', async () => {
    const dance = await openDance(bench);
    const answer = await dance.call('access_token', dance.script, { protocol: verifying('x') });
    expect(answer).toMatchObject({ status: 400, headers: { 'content-type': FORM_TYPE } });
  });

  it('OAU-04 OAU-16 gives one token, however many ask at once, and none ever after', async () => {
    const dance = await openDance(bench);
    const { verifier, ...issued } = await openAllowed(dance);
    const call = () => dance.call('access_token', { ...dance.script, ...issued }, { protocol: verifying(verifier) });
    const answers = await Promise.all(Array.from({ length: 8 }, async () => call()));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status, text }) => status === 401 && text === '')).toHaveLength(7);
    expect(await call()).toMatchObject(EMPTY_401);
    expect(await dance.tokens.list()).toHaveLength(1);
  });

  it('OAU-16 is refused after five wrong verifiers, and after ten minutes', async () => {
    const dance = await openDance(bench);
    const call = ({ verifier, ...issued }: Issued & { verifier: string }) =>
      dance.call('access_token', { ...dance.script, ...issued }, { protocol: verifying(verifier) });
    const [guessed, late] = [await openAllowed(dance), await openAllowed(dance)];
    for (let miss = 0; miss < 5; miss += 1) {
      expect(await call({ ...guessed, verifier: `guess${String(miss)}` })).toMatchObject(EMPTY_401);
    }
    expect(await call(guessed)).toMatchObject(EMPTY_401);
    dance.clock.advance(10 * MINUTE);
    expect(await call(late)).toMatchObject(EMPTY_401);
    expect(await dance.tokens.list()).toEqual([]);
  });

  it('OAU-16 is refused before anybody allowed it, and after somebody denied it', async () => {
    const dance = await openDance(bench);
    const issued = await dance.ask(dance.script);
    const call = () => dance.call('access_token', { ...dance.script, ...issued }, { protocol: verifying('verifier') });
    expect(await call()).toMatchObject(EMPTY_401);
    await dance.temporaryCredentials.deny(issued.token);
    expect(await call()).toMatchObject(EMPTY_401);
  });

  it('OAU-14 is refused with another app’s token, with an access token, and with an unknown one', async () => {
    const dance = await openDance(bench);
    const { verifier, ...issued } = await openAllowed(dance);
    const access = await dance.tokens.add(dance.ana.id, 'Script');
    const wrong = [
      { ...dance.desktop, ...issued },
      { ...dance.script, token: access.token, tokenSecret: access.tokenSecret },
      { ...dance.script, ...issued, token: 'unknown' },
      { ...dance.script, ...issued, tokenSecret: 'guessed' },
    ];
    for (const credentials of wrong) {
      const answer = await dance.call('access_token', credentials, { protocol: verifying(verifier) });
      expect(answer).toMatchObject(EMPTY_401);
    }
    expect(await dance.tokens.list()).toHaveLength(1);
  });

  it('OAU-18 says nothing of why: same bytes for unknown app, unknown token, bad signature and wrong verifier', async () => {
    const dance = await openDance(bench);
    const { verifier, ...issued } = await openAllowed(dance);
    const good = { ...dance.script, ...issued };
    const calls: readonly [object, string][] = [
      [{ consumerKey: 'nobody' }, verifier],
      [{ token: 'nothing' }, verifier],
      [{ tokenSecret: 'guessed' }, verifier],
      [{}, 'wrong'],
    ];
    const shown = await Promise.all(
      calls.map(async ([wrong, word]) => {
        const answer = await dance.call('access_token', { ...good, ...wrong }, { protocol: verifying(word) });
        const { date: _date, ...headers } = answer.headers as Record<string, unknown>;
        return JSON.stringify({ status: answer.status, text: answer.text, headers });
      }),
    );
    expect(new Set(shown).size).toBe(1);
  });

  it('is refused for a person who is disabled, and for an app that was removed', async () => {
    const dance = await openDance(bench);
    const [first, second] = [await openAllowed(dance), await openAllowed(dance)];
    const call = ({ verifier, ...issued }: Issued & { verifier: string }) =>
      dance.call('access_token', { ...dance.script, ...issued }, { protocol: verifying(verifier) });
    await dance.room.accounts.disable(ANA.email);
    expect(await call(first)).toMatchObject(EMPTY_401);
    await dance.room.accounts.enable(ANA.email);
    await dance.clients.remove('Script');
    expect(await call(second)).toMatchObject(EMPTY_401);
    expect(await dance.tokens.list()).toEqual([]);
  });
});
