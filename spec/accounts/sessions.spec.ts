import session from 'express-session';
import { describe, expect, it } from 'vitest';
import { SESSION_LIFETIME, type SessionStore } from '../../src/accounts/index.js';
import { DAY, HOUR, MINUTE, parseEmail, type AccountId } from '../../src/kernel/index.js';
import { eachDatabase } from '../support/each-database.js';
import { ANA, BO } from '../support/seeds.js';

import { dump, openRoom, type Room } from './support.js';

const CORA = { name: 'Cora', email: parseEmail('cora@alder.example') };

/** What these specs put into sessions; pages declare more. */
interface Data {
  cookie: session.Cookie;
  note?: string;
  step?: number;
  passport?: { user: AccountId };
}

eachDatabase(({ open }) => {
  const room = async (): Promise<Room> => {
    const opened = openRoom(await open());
    ({ id: cora } = await opened.accounts.add(CORA.email, CORA.name));
    return opened;
  };

  describe('a session', () => {
    it('is read as it was saved, and not after its end', async () => {
      const { sessions } = await room();
      await save(sessions, 'one', data({ note: 'Ünïcode "token"' }));
      expect(await load(sessions, 'one')).toMatchObject({ note: 'Ünïcode "token"' });
      expect(await load(sessions, 'two')).toBeNull();
      await destroy(sessions, 'one');
      expect(await load(sessions, 'one')).toBeNull();
    });

    it('SEC-01 is not found by what the database holds', async () => {
      const { database, sessions } = await room();
      await save(sessions, 'session-id-of-ana', data());
      expect(await dump(database)).not.toContain('session-id-of-ana');
      const [row] = await database.read('sessions').select<{ id_hash: string }[]>('id_hash');
      expect(await load(sessions, row?.id_hash ?? '')).toBeNull();
    });

    it('lives 14 days after its last use when its cookie names no time', async () => {
      const { clock, sessions } = await room();
      await save(sessions, 'one', data());
      clock.advance(SESSION_LIFETIME - 1);
      const loaded = await load(sessions, 'one');
      await touch(sessions, 'one', loaded);
      clock.advance(SESSION_LIFETIME - 1);
      expect(await load(sessions, 'one')).not.toBeNull();
      clock.advance(1);
      expect(await load(sessions, 'one')).toBeNull();
    });

    it('lives as long as its cookie when that names a time', async () => {
      const { clock, sessions } = await room();
      await save(sessions, 'one', data({}, HOUR));
      clock.advance(HOUR - 1);
      expect(await load(sessions, 'one')).not.toBeNull();
      clock.advance(1);
      expect(await load(sessions, 'one')).toBeNull();
    });

    it('is not written when it is used again within five minutes', async () => {
      const { clock, database, sessions } = await room();
      await save(sessions, 'one', data());
      const before = await dump(database);
      clock.advance(5 * MINUTE - 1);
      await touch(sessions, 'one', data());
      expect(await dump(database)).toBe(before);
      clock.advance(1);
      await touch(sessions, 'one', data());
      expect(await dump(database)).not.toBe(before);
    });

    it('WEB-09 that was ended while a request ran is not brought back by that request', async () => {
      const { accounts, database, sessions } = await room();
      const ana = await accounts.add(ANA.email, ANA.name);
      await save(sessions, 'one', signedIn(ana.id));
      const loaded = await load(sessions, 'one');
      await accounts.disable(ANA.email);
      await save(sessions, 'one', { ...loaded, cookie: cookie(), note: 'changed' });
      await touch(sessions, 'one', data());
      expect(await database.read('sessions')).toEqual([]);
    });

    it('WEB-09 is a new one when its id is new, even if it takes the old contents along', async () => {
      const { sessions } = await room();
      await save(sessions, 'before', data({ note: 'carried' }));
      const carried = await load(sessions, 'before');
      await destroy(sessions, 'before');
      await save(sessions, 'after', { ...carried, cookie: cookie() });
      expect(await load(sessions, 'after')).toMatchObject({ note: 'carried' });
    });

    it('F-61 that is nobody’s makes no row, and one that has become nobody’s ends', async () => {
      const { database, sessions } = await room();
      await save(sessions, 'stranger', { cookie: cookie(), note: 'x'.repeat(8_000) });
      expect(await database.read('sessions')).toEqual([]);
      await save(sessions, 'one', data());
      const { passport: _gone, ...rest } = (await load(sessions, 'one')) ?? data();
      await save(sessions, 'one', { ...rest, cookie: cookie() });
      expect(await database.read('sessions')).toEqual([]);
    });

    it('changes when it is saved again', async () => {
      const { sessions } = await room();
      await save(sessions, 'one', data({ step: 1 }));
      await save(sessions, 'one', data({ step: 2 }));
      const loaded = await load(sessions, 'one');
      await save(sessions, 'one', { ...loaded, cookie: cookie(), step: Number(loaded?.step) + 1 });
      expect(await load(sessions, 'one')).toMatchObject({ step: 3 });
    });
  });

  it('WEB-09 all sessions of a person end when the account is disabled, nobody else’s', async () => {
    const { accounts, sessions } = await room();
    const ana = await accounts.add(ANA.email, ANA.name);
    const bo = await accounts.add(BO.email, BO.name);
    await save(sessions, 'ana-1', signedIn(ana.id));
    await save(sessions, 'ana-2', signedIn(ana.id));
    await save(sessions, 'bo', signedIn(bo.id));
    await save(sessions, 'cora', data());
    await accounts.disable(ANA.email);
    const found = await Promise.all(['ana-1', 'ana-2', 'bo', 'cora'].map((sid) => load(sessions, sid)));
    expect(found.map((one) => one !== null)).toEqual([false, false, true, true]);
  });

  it('purges what is past its time in batches of 500', async () => {
    const { clock, database, sessions } = await room();
    const rows = Array.from({ length: 501 }, (_, index) => late(index, clock.now()));
    await database.write(async (trx) => {
      for (let start = 0; start < rows.length; start += 100)
        await trx('sessions').insert(rows.slice(start, start + 100));
    });
    await save(sessions, 'alive', data());
    expect([await sessions.purge(), await sessions.purge(), await sessions.purge()]).toEqual([500, 1, 0]);
    expect(await load(sessions, 'alive')).not.toBeNull();
  });

  it('tells express-session of a failing database instead of taking everybody for strangers', async () => {
    const { database, sessions } = await room();
    await database.write((trx) => trx.schema.dropTable('sessions'));
    await expect(load(sessions, 'one')).rejects.toThrow(/sessions/);
    await expect(save(sessions, 'one', data())).rejects.toThrow(/sessions/);
    await expect(destroy(sessions, 'one')).rejects.toThrow(/sessions/);
  });
});

function cookie(maxAge: number | null = null): session.Cookie {
  return Object.assign(new session.Cookie(), { originalMaxAge: maxAge });
}

/** Whose sessions these are, unless a test says otherwise. */
let cora: AccountId;

function data(more: Partial<Data> = {}, maxAge: number | null = null): Data {
  return { passport: { user: cora }, ...more, cookie: cookie(maxAge) };
}

function signedIn(id: AccountId): Data {
  return data({ passport: { user: id } });
}

function late(index: number, now: number) {
  return { id_hash: `late-${String(index)}`, account_id: null, data: '{}', expires_at: now - DAY };
}

function load(sessions: SessionStore, sid: string): Promise<Data | null> {
  return new Promise((resolve, reject) => {
    sessions.get(sid, (error, found) => (error instanceof Error ? reject(error) : resolve(found ?? null)));
  });
}

function save(sessions: SessionStore, sid: string, saved: Data): Promise<void> {
  return new Promise((resolve, reject) => {
    sessions.set(sid, saved as session.SessionData, (error) => (error instanceof Error ? reject(error) : resolve()));
  });
}

function touch(sessions: SessionStore, sid: string, used: Data | null): Promise<void> {
  return new Promise((resolve, reject) => {
    sessions.touch(sid, (used ?? data()) as session.SessionData, (error) =>
      error instanceof Error ? reject(error) : resolve(),
    );
  });
}

function destroy(sessions: SessionStore, sid: string): Promise<void> {
  return new Promise((resolve, reject) => {
    sessions.destroy(sid, (error) => (error instanceof Error ? reject(error) : resolve()));
  });
}
