import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../src/kernel/index.js';
import { codeOf, words } from '../../../contracts/file-space/harness.js';
import { sqliteBench } from '../../../support/each-database.js';
import { PROFILES } from '../../../support/scripted-peers/webdav/index.js';
import { against } from './support.js';

const bench = sqliteBench();

/** What an exchange gives: a token, none, or trouble. The last one is given again and again. */
type Gives = string | undefined | Failure;

const TROUBLE = new Failure('peer-failed', 'The other cloud gives no token for what it shares.');

/** A space over a share whose secret `hush` is exchanged, at a server that opens with some proofs alone. */
async function opened(exchange: 'must' | 'may', opens: readonly string[], ...gives: Gives[]) {
  const exchanged: (readonly [string, string, string | undefined])[] = [];
  let refusals = 0;
  const { server, ...rest } = await against(bench, PROFILES.nextcloud, {
    credentials: { kind: 'bearer', token: 'hush', exchange },
    onRefused: () => Promise.resolve(void (refusals += 1)),
    exchange: (_peer, shareId, secret, refused) => {
      exchanged.push([shareId, secret, refused]);
      const given = gives[Math.min(exchanged.length, gives.length) - 1];
      return given instanceof Failure ? Promise.reject(given) : Promise.resolve(given);
    },
  });
  server.opens = opens;
  const shown = (): (string | undefined)[] => server.heard.map(({ headers }) => headers.authorization);
  return { ...rest, server, exchanged, shown, refusals: () => refusals };
}

const BASIC = `Basic ${Buffer.from('hush:').toString('base64')}`;

describe.each(['must', 'may'] as const)('a share whose secret %s be exchanged', (rule) => {
  it('is opened with the token, which is asked for by the name of the share', async () => {
    const { space, exchanged, shown } = await opened(rule, ['Bearer t1'], 't1');
    await space.stat('/');
    await space.create('/', 'a', words('1'));
    expect(new Set(shown())).toEqual(new Set(['Bearer t1']));
    expect(exchanged[0]).toEqual(['in', 'hush', undefined]);
  });

  it('is opened with another token once, when the first one is refused', async () => {
    const { space, exchanged, shown } = await opened(rule, ['Bearer t2'], 't1', 't2');
    expect(await space.stat('/')).toMatchObject({ kind: 'folder' });
    expect(shown()).toEqual(['Bearer t1', 'Bearer t2']);
    expect(exchanged).toEqual([
      ['in', 'hush', undefined],
      ['in', 'hush', 't1'],
    ]);
  });

  it('is sent no content twice: the new token serves the next one', async () => {
    let held = 't1';
    const { space, server } = await against(bench, PROFILES.nextcloud, {
      credentials: { kind: 'bearer', token: 'hush', exchange: rule },
      exchange: (_peer, _shareId, _secret, refused) => Promise.resolve((held = refused === 't1' ? 't2' : held)),
    });
    // Whether the server obeys conditions is tried before the first of them.
    await space.create('/', 'a', words('1'));
    server.heard.splice(0);
    server.standIn = ({ method, headers }) =>
      method === 'PUT' && headers.authorization === 'Bearer t1' ? { status: 401 } : undefined;
    expect(await codeOf(space.create('/', 'b', words('1')))).toBe('peer-failed');
    await space.create('/', 'c', words('1'));
    const sent = server.heard.filter(({ method }) => method === 'PUT');
    expect(sent.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/b', 'Bearer t1'],
      ['/c', 'Bearer t2'],
    ]);
  });

  it('is not asked once more for what is refused with another word than 401', async () => {
    const { space, server, exchanged } = await opened(rule, [], 't1');
    server.standIn = () => ({ status: 403 });
    await codeOf(space.stat('/'));
    expect(exchanged).toHaveLength(1);
    expect(server.heard).toHaveLength(1);
  });
});

describe('a share whose secret must be exchanged', () => {
  it.each<[string, Gives[], (string | undefined)[]]>([
    ['there is no token', [undefined], ['Bearer none']],
    ['every token is refused', ['t1', 't2'], ['Bearer t1', 'Bearer t2']],
    ['there is no second token', ['t1', undefined], ['Bearer t1']],
  ])('never shows its secret, also when %s', async (_when, gives, proofs) => {
    const { space, shown, refusals } = await opened('must', ['Bearer hush', BASIC], ...gives);
    expect(await codeOf(space.stat('/'))).toBe('peer-failed');
    expect(shown()).toEqual(proofs);
    expect(refusals()).toBe(1);
    expect(await space.probe()).toMatchObject({ kind: 'refused' });
  });

  it('is not asked at all while the exchange is in trouble, which ends nothing', async () => {
    const { space, shown, refusals } = await opened('must', ['Bearer hush', BASIC], TROUBLE);
    expect(await codeOf(space.stat('/'))).toBe('peer-failed');
    expect(await codeOf(space.create('/', 'a', words('1')))).toBe('peer-failed');
    expect(shown()).toEqual([]);
    expect(refusals()).toBe(0);
  });

  it('says so when the token that it had is refused and no other is had for trouble', async () => {
    const { space, shown, refusals } = await opened('must', ['Bearer hush'], 't1', TROUBLE);
    expect(await codeOf(space.stat('/'))).toBe('peer-failed');
    expect(shown()).toEqual(['Bearer t1']);
    expect(refusals()).toBe(0);
  });
});

describe('a share whose secret may be exchanged', () => {
  it.each<[string, Gives[], string[]]>([
    ['there is no token', [undefined], []],
    ['the exchange is in trouble', [TROUBLE], []],
    ['every token is refused', ['t1', 't2'], ['Bearer t1', 'Bearer t2']],
    ['there is no second token', ['t1', undefined], ['Bearer t1']],
    ['there is no second token for trouble', ['t1', TROUBLE], ['Bearer t1']],
  ])('is opened with the secret where %s', async (_where, gives, before) => {
    const { space, shown } = await opened('may', ['Bearer hush'], ...gives);
    expect(await space.stat('/')).toMatchObject({ kind: 'folder' });
    expect(shown()).toEqual([...before, 'Bearer hush']);
  });

  it('shows the secret as the user of Basic where that is what opens it', async () => {
    const { space, shown } = await opened('may', [BASIC], undefined);
    await space.stat('/');
    expect(shown()).toEqual(['Bearer hush', BASIC]);
  });

  it('is refused when nothing opens it', async () => {
    const { space, shown, refusals } = await opened('may', ['nothing'], 't1', 't2');
    expect(await codeOf(space.stat('/'))).toBe('peer-failed');
    expect(shown()).toEqual(['Bearer t1', 'Bearer t2', 'Bearer hush', BASIC]);
    expect(refusals()).toBe(1);
  });
});

describe('a share whose secret is not exchanged', () => {
  it('asks for no token', async () => {
    const exchange = () => Promise.reject(TROUBLE);
    const { space, server } = await against(bench, PROFILES.nextcloud, {
      credentials: { kind: 'bearer', token: 'hush' },
      exchange,
    });
    server.opens = ['Bearer hush'];
    expect(await space.stat('/')).toMatchObject({ kind: 'folder' });
  });
});
