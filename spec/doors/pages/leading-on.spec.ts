import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import session, { type SessionData } from 'express-session';
import { expect, it, onTestFinished } from 'vitest';
import { leadTo } from '../../../src/doors/pages/frame/forms.js';
import { leaveNotice } from '../../../src/doors/pages/frame/sessions.js';

/** Keeps nothing before it is told to. */
class SlowStore extends session.MemoryStore {
  readonly waiting: (() => void)[] = [];

  override set(sid: string, data: SessionData, callback?: (error?: unknown) => void): void {
    this.waiting.push(() => {
      super.set(sid, data, callback);
    });
  }
}

it('a browser is led on only when what changed in its session is kept, so that no notice is lost', async () => {
  const store = new SlowStore();
  const app = express()
    .use(session({ store, secret: 'secret', resave: false, saveUninitialized: false }))
    .post('/', (request, response) => {
      leaveNotice(request, { kind: 'done', text: '1 file uploaded.' });
      leadTo(response, '/files');
    });
  const server = createServer(app).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
  let isAnswered = false;
  const answer = fetch(url, { method: 'POST', redirect: 'manual' }).finally(() => (isAnswered = true));
  while (store.waiting.length === 0) await new Promise(setImmediate);
  // As long as another request of the same server takes from end to end.
  await fetch(url, { method: 'GET' });
  expect(isAnswered).toBe(false);
  for (const keep of store.waiting) keep();
  const { status, headers } = await answer;
  expect([status, headers.get('location')]).toEqual([303, '/files']);
});
