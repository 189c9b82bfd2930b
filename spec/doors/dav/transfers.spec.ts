import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Transfers } from '../../../src/files/index.js';
import { Failure } from '../../../src/kernel/index.js';
import { atWork, meetToo } from '../../journeys/support/mesh.js';
import { activate } from '../../journeys/support/story.js';
import { until } from '../../support/until.js';
import { DEV } from '../../support/seeds.js';
import { basic, openDavStory, type DavAnswer, type DavStory } from './dav-story.js';

interface State {
  readonly status: string;
  readonly method: string;
  readonly files: number;
  readonly bytes: number;
  readonly total_bytes: number | null;
  readonly href?: string;
  readonly cancelled?: boolean;
  readonly errors?: readonly { href: string; status: number; message: string }[];
}

describe('a COPY or MOVE between two clouds with Prefer: respond-async (RFC 7240)', () => {
  let story: DavStory;
  let top: string;

  beforeAll(async () => {
    story = await openDavStory();
    await activate(story, { permission: 'read-write' });
    top = [...(await story.boDav.find('/dav/', '1')).keys()].find((href) => href.includes('Plans')) ?? '';
  });
  afterAll(() => story.close());

  const ask = (method: 'COPY' | 'MOVE', from: string, destination: string, headers: Record<string, string> = {}) =>
    story.boDav.call(method, from, { headers: { destination, prefer: 'respond-async', ...headers } });
  const addressIn = ({ headers }: DavAnswer): string => headers.location ?? '';
  const stateAt = async (at: string): Promise<State> => {
    const { status, text } = await story.boDav.call('GET', at);
    expect(status).toBe(200);
    return JSON.parse(text) as State;
  };
  const endAt = (at: string): Promise<State> =>
    until(
      'the end of a transfer',
      async () => {
        const state = await stateAt(at);
        return state.status === 'done' || state.status === 'failed' ? state : undefined;
      },
      { every: 20 },
    );

  /** Holds what this cloud reads until it is let go on. */
  function hold(): { readonly begun: Promise<void>; readonly goOn: () => void } {
    const { tree } = story.birch.services.files;
    const original = tree.open.bind(tree);
    let [begin, goOn] = [(): void => undefined, (): void => undefined];
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const open = vi.spyOn(tree, 'open').mockImplementation(async (...args) => {
      begin();
      await held;
      return original(...args);
    });
    return {
      begun,
      goOn: () => {
        open.mockRestore();
        goOn();
      },
    };
  }

  it('is answered at once, and its state says how far it is and where the result stands', async () => {
    const { boDav } = story;
    await boDav.call('MKCOL', '/dav/Box');
    await boDav.put('/dav/Box/a.txt', 'aaa');
    const { begun, goOn } = hold();
    const asked = await ask('MOVE', '/dav/Box', `${top}Box`);
    expect([asked.status, asked.headers['preference-applied'], asked.headers['retry-after']]).toEqual([
      ...[202, 'respond-async', '5'],
    ]);
    expect(addressIn(asked)).toMatch(/^\/dav-transfers\/[0-9a-f]{32}$/);
    await begun;
    const running = { status: 'running', method: 'MOVE', files: 0, bytes: 0, total_bytes: 3 };
    expect(await stateAt(addressIn(asked))).toEqual(running);
    expect((await boDav.call('HEAD', addressIn(asked))).status).toBe(200);
    // The repeat joins it, whether it waits or not.
    expect(addressIn(await ask('MOVE', '/dav/Box', `${top}Box`))).toBe(addressIn(asked));
    const waiting = boDav.call('MOVE', '/dav/Box', { headers: { destination: `${top}Box` } });
    goOn();
    expect((await waiting).status).toBe(201);
    expect(await endAt(addressIn(asked))).toEqual({
      status: 'done',
      method: 'MOVE',
      files: 2,
      bytes: 3,
      total_bytes: 3,
      href: `${top}Box/`,
    });
    expect([(await boDav.call('GET', `${top}Box/a.txt`)).text, (await boDav.call('GET', '/dav/Box')).status]).toEqual([
      ...['aaa', 404],
    ]);
    // The repeat of what has ended gets the same answer, though its source is gone.
    const again = await ask('MOVE', '/dav/Box', `${top}Box`);
    expect([again.status, addressIn(again)]).toEqual([202, addressIn(asked)]);
    expect((await boDav.call('MOVE', '/dav/Box', { headers: { destination: `${top}Box` } })).status).toBe(201);
  });

  it('is refused at once for what is known before, and answered as always within one cloud', async () => {
    const { boDav } = story;
    await boDav.put('/dav/x.txt', 'x');
    await boDav.put(`${top}x.txt`, 'there');
    expect((await ask('COPY', '/dav/x.txt', `${top}x.txt`, { overwrite: 'F' })).status).toBe(412);
    expect((await ask('COPY', '/dav/x.txt', `${top}none/x.txt`)).status).toBe(409);
    expect((await ask('MOVE', '/dav/x.txt', top)).status).toBe(403);
    expect((await ask('MOVE', '/dav/none.txt', `${top}y.txt`)).status).toBe(404);
    const within = await ask('COPY', '/dav/x.txt', '/dav/y.txt');
    expect([within.status, within.headers['preference-applied']]).toEqual([201, undefined]);
  });

  it('of a file is answered by what it has made, while both are as they were, and made anew afterwards', async () => {
    const { boDav } = story;
    const made = async (): Promise<number> =>
      (await story.birch.services.base.database.read('transfers').where({ name: 'again.txt' })).length;
    const copy = async (overwrite: 'T' | 'F' = 'T'): Promise<readonly [number, number]> => {
      const headers = { destination: `${top}again.txt`, overwrite };
      return [(await boDav.call('COPY', '/dav/again.txt', { headers })).status, await made()];
    };
    await boDav.put('/dav/again.txt', 'one');
    expect([await copy(), await copy(), await copy('F')]).toEqual(Array(3).fill([201, 1]));
    await boDav.put('/dav/again.txt', 'two');
    expect([await copy('F'), await copy()]).toEqual([
      [412, 1],
      [204, 2],
    ]);
    await boDav.put(`${top}again.txt`, 'theirs');
    expect(await copy()).toEqual([204, 3]);
    expect((await boDav.call('GET', `${top}again.txt`)).text).toBe('two');
  });

  it('that fails says what was in the way, member by member, and nothing has changed', async () => {
    const { boDav, birch } = story;
    await boDav.call('MKCOL', `${top}Bad`);
    await boDav.put(`${top}Bad/b.txt`, 'b');
    const open = vi.spyOn(birch.services.files.tree, 'open');
    open.mockRejectedValueOnce(new Failure('peer-timeout', 'It does not answer.'));
    const failed = await endAt(addressIn(await ask('MOVE', `${top}Bad`, '/dav/Bad')));
    open.mockRestore();
    expect(failed).toMatchObject({
      status: 'failed',
      errors: [{ href: `${top}Bad/b.txt`, status: 503, message: 'It does not answer.' }],
    });
    expect(failed.href).toBeUndefined();
    expect([(await boDav.call('GET', `${top}Bad/b.txt`)).text, (await boDav.call('GET', '/dav/Bad')).status]).toEqual([
      ...['b', 404],
    ]);
    // What has failed is tried anew.
    expect((await boDav.call('MOVE', `${top}Bad`, { headers: { destination: '/dav/Bad' } })).status).toBe(201);
  });

  it('is cancelled by DELETE of its state, until the copy stands at its place', async () => {
    const { boDav } = story;
    await boDav.put('/dav/slow.txt', 'slow');
    const { begun, goOn } = hold();
    const at = addressIn(await ask('MOVE', '/dav/slow.txt', `${top}slow.txt`));
    await begun;
    const cancelled = boDav.call('DELETE', at);
    const { read } = story.birch.services.base.database;
    await until('its wish', async () => read('transfers').where({ is_cancelled: true }).first('id'), { every: 5 });
    goOn();
    expect((await cancelled).status).toBe(204);
    expect(await stateAt(at)).toMatchObject({ status: 'failed', cancelled: true });
    expect([
      (await boDav.call('GET', '/dav/slow.txt')).text,
      (await boDav.call('GET', `${top}slow.txt`)).status,
    ]).toEqual(['slow', 404]);
    const done = addressIn(await ask('MOVE', '/dav/slow.txt', `${top}slow.txt`));
    expect(done).not.toBe(at);
    expect((await endAt(done)).status).toBe('done');
    expect((await boDav.call('DELETE', done)).status).toBe(409);
  });

  it('is there for its asker alone, whatever the names of their files are', async () => {
    const { boDav, birch } = story;
    await boDav.put('/dav/own.txt', 'own');
    const at = addressIn(await ask('COPY', '/dav/own.txt', `${top}own.txt`));
    await endAt(at);
    const { accountId, email } = await story.settleIn(DEV, birch);
    const { password } = await birch.services.apps.appPasswords.add(accountId, 'WebDAV');
    for (const [authorization, status] of [
      [basic(email, password), 404],
      [basic(email, 'wrong'), 401],
      ['Bearer nothing', 401],
      [undefined, 401],
    ] as const) {
      for (const method of ['GET', 'DELETE']) {
        expect((await boDav.as(authorization).call(method, at)).status).toBe(status);
      }
    }
    expect(
      (
        await boDav.call(
          'GET',
          at.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
        )
      ).status,
    ).toBe(404);
    const put = await boDav.call('PUT', at, { body: 'x' });
    expect([put.status, put.headers['allow']]).toEqual([405, 'GET, HEAD, DELETE']);
    expect((await boDav.call('MKCOL', `/dav${at}`)).status).toBe(409);
  });
});

describe('a move into a folder of a WebDAV server whose process is killed', () => {
  it('as the server has renamed what was hidden, before that is known here, is done by the next', async () => {
    const story = await openDavStory();
    try {
      await meetToo(story.alder, story.birch);
      await meetToo(story.birch, story.alder);
      await atWork(story);
      const { boDav, birch } = story;
      const { base, files } = birch.services;
      const top = [...(await boDav.find('/dav/', '1')).keys()].find((href) => href.includes('Mesh')) ?? '';
      await boDav.call('MKCOL', '/dav/Box');
      await boDav.put('/dav/Box/a.txt', 'a');
      let [die, goOn] = [(): void => undefined, (): void => undefined];
      const died = new Promise<void>((resolve) => (die = resolve));
      const held = new Promise<void>((resolve) => (goOn = resolve));
      const original = files.tree.move.bind(files.tree);
      const move = vi.spyOn(files.tree, 'move').mockImplementationOnce(async (principal, id, ...rest) => {
        const { key } = await base.database.read('foreign_items').where({ id }).first<{ key: string }>('key');
        const moved = await original(principal, id, ...rest);
        // Keys are paths there, and the new one has not been noted.
        await base.database.write((trx) => trx('foreign_items').where({ id }).update({ key }));
        die();
        await held;
        return moved;
      });
      const headers = { destination: `${top}Box`, prefer: 'respond-async' };
      const at = (await boDav.call('MOVE', '/dav/Box', { headers })).headers.location ?? '';
      await died;
      move.mockRestore();
      const next = new Transfers({ ...files, ...base });
      await next.start();
      const ended = await until(
        'its end',
        async () => {
          const state = JSON.parse((await boDav.call('GET', at)).text) as State;
          return state.status === 'running' ? undefined : state;
        },
        { every: 20 },
      );
      expect(ended).toMatchObject({ status: 'done', href: `${top}Box/` });
      // One that had only stood still does no harm.
      goOn();
      await next.stop();
      expect([...(await boDav.find('/dav/', '1')).keys()].sort()).toEqual(['/dav/', top].sort());
      expect([...(await boDav.find(`${top}Box`, '1')).keys()]).toEqual([`${top}Box/`, `${top}Box/a.txt`]);
      expect([...(await boDav.find(top, '1')).keys()].sort()).toEqual([top, `${top}Box/`, `${top}budget.txt`].sort());
    } finally {
      await story.close();
    }
  });
});
