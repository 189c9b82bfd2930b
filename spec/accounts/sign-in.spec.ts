import express, { type Express } from 'express';
import session from 'express-session';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { createPassport } from '../../src/accounts/index.js';
import { sqliteBench } from '../support/each-database.js';
import { ANA } from '../support/seeds.js';
import { openRoom, type Room } from './support.js';

const PASSWORD = 'correct horse battery';
const { open } = sqliteBench();

describe('passport over our accounts', () => {
  it('signs in with the form fields and knows the person afterwards', async () => {
    const { app } = await site();
    const browser = request.agent(app);
    expect((await browser.get('/me')).text).toBe('nobody');
    expect((await signIn(browser, PASSWORD)).status).toBe(200);
    expect((await browser.get('/me')).text).toBe(ANA.name);
  });

  it('refuses with 401 and leaves nobody signed in', async () => {
    const { app, database } = await site();
    const browser = request.agent(app);
    expect((await signIn(browser, 'wrong password')).status).toBe(401);
    expect((await browser.get('/me')).text).toBe('nobody');
    expect(await database.read('sessions')).toEqual([]);
  });

  it('WEB-09 gives a new session id at sign-in, and the one set before opens nothing', async () => {
    const { app } = await site();
    const browser = request.agent(app);
    const before = cookieOf(await browser.post('/remember'));
    const after = cookieOf(await signIn(browser, PASSWORD));
    expect(after).not.toBe(before);
    expect((await request(app).get('/me').set('Cookie', before)).text).toBe('nobody');
    expect((await request(app).get('/me').set('Cookie', after)).text).toBe(ANA.name);
  });

  it('WEB-09 opens nothing after sign-out', async () => {
    const { app } = await site();
    const browser = request.agent(app);
    const cookie = cookieOf(await signIn(browser, PASSWORD));
    await browser.post('/logout');
    expect((await request(app).get('/me').set('Cookie', cookie)).text).toBe('nobody');
  });

  it('WEB-09 knows nobody from the moment the account is disabled, nor when it is enabled again', async () => {
    const { accounts, app } = await site();
    const browser = request.agent(app);
    await signIn(browser, PASSWORD);
    await accounts.disable(ANA.email);
    expect((await browser.get('/me')).text).toBe('nobody');
    await accounts.enable(ANA.email);
    expect((await browser.get('/me')).text).toBe('nobody');
  });

  it('WEB-09 knows nobody of a disabled account even if a session of it is left', async () => {
    const { app, database } = await site();
    const browser = request.agent(app);
    await signIn(browser, PASSWORD);
    await database.write((trx) => trx('accounts').update({ disabled_at: 1 }));
    expect((await browser.get('/me')).text).toBe('nobody');
  });

  it('WEB-09 knows nobody elsewhere after a change of password', async () => {
    const { app, accounts, passwords } = await site();
    const [here, elsewhere] = [request.agent(app), request.agent(app)];
    await signIn(elsewhere, PASSWORD);
    const id = (await accounts.byEmail(ANA.email))?.id;
    if (id === undefined) throw new Error('Ana is missing');
    await signIn(here, PASSWORD);
    const kept = (await here.get('/hash')).text;
    await passwords.set(id, 'another good one', kept);
    expect((await here.get('/me')).text).toBe(ANA.name);
    expect((await elsewhere.get('/me')).text).toBe('nobody');
  });

  it('ACC-02 passes the throttle on to the error handler', async () => {
    const { app } = await site();
    const browser = request.agent(app);
    for (let tries = 0; tries < 10; tries += 1) await signIn(browser, 'wrong password');
    expect((await signIn(browser, PASSWORD)).text).toBe('too-many');
  });

  it('reads pages without writing to the database', async () => {
    const { app, database } = await site();
    const browser = request.agent(app);
    await signIn(browser, PASSWORD);
    const before = await database.read('sessions');
    for (let page = 0; page < 3; page += 1) await browser.get('/me');
    expect(await database.read('sessions')).toEqual(before);
  });
});

async function site(): Promise<Room & { app: Express }> {
  const room = openRoom(await open());
  const ana = await room.accounts.add(ANA.email, ANA.name);
  await room.passwords.set(ana.id, PASSWORD);
  return { ...room, app: pages(room) };
}

/** The least that pages are made of. */
function pages(room: Room): Express {
  const passport = createPassport(room);
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.use(session({ store: room.sessions, secret: 'spec', resave: false, saveUninitialized: false }));
  app.use(passport.session());
  app.get('/me', (incoming, answer) => void answer.send(incoming.user?.name ?? 'nobody'));
  app.get('/hash', (incoming, answer) => void answer.send(room.sessions.hashOf(incoming.sessionID)));
  app.post('/remember', (incoming, answer) => {
    Object.assign(incoming.session, { remembered: true });
    answer.end();
  });
  app.post(
    '/login',
    passport.authenticate('local') as express.RequestHandler,
    (_incoming, answer) => void answer.end(),
  );
  app.post('/logout', (incoming, answer, next) => {
    incoming.logout((error: unknown) => {
      if (error) next(error);
      else answer.end();
    });
  });
  app.use((error: { code?: string }, _incoming: unknown, answer: express.Response, _next: unknown) => {
    answer.status(500).send(error.code);
  });
  return app;
}

function signIn(browser: ReturnType<typeof request.agent>, password: string): request.Test {
  return browser.post('/login').type('form').send({ email: ANA.email, password });
}

function cookieOf(response: request.Response): string {
  const [cookie = ''] = (response.headers['set-cookie'] as unknown as string[] | undefined) ?? [];
  return cookie.split(';')[0] ?? '';
}
