import express from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { form, button } from '../../../src/doors/pages/frame/form.js';
import { addressField, required } from '../../../src/doors/pages/frame/forms.js';
import { notFound } from '../../../src/kernel/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { ANA } from '../../support/seeds.js';
import { openPopulatedPages, sessionCookieOf, tokenOf } from './pages-app.js';

const bench = sqliteBench();

/** Pages with two forms more; answers what posts to them, signed in, and what they did. */
async function open() {
  const pages = await openPopulatedPages(await bench.open());
  const { kit } = pages;
  const done: string[] = [];
  const fields = { email: addressField, name: required('The name') };
  const rows = [
    form(kit, {
      path: '/greeted/:id',
      summary: 'Greets somebody.',
      from: kit.entries.resident,
      about: async ({ params }) => {
        if (params['id'] !== '1') throw notFound();
        return 'Number one';
      },
      fields,
      act: async ({ email, name }, { about }) => {
        done.push(`${about} greets ${name} at ${email}`);
        return { to: '/account', say: 'Greeted.' };
      },
      again: ({ response, about }, { message }) => {
        response.status(400).send(`${about}: ${message}`);
      },
    }),
    button(kit, {
      path: '/pressed',
      summary: 'Is pressed.',
      from: kit.entries.resident,
      fields: { name: required('The name') },
      act: async ({ name }) => `${name} is well.`,
      back: () => '/account',
    }),
  ];
  const app = express();
  app.use(kit.mount([...pages.rows, ...rows]));
  const cookie = (await sessionCookieOf({ app }, ANA)).split(';')[0] ?? '';
  const account = () => request(app).get('/account').set('Cookie', cookie);
  const token = tokenOf((await account()).text, '/account/password');
  const post = (path: string, typed: object) =>
    request(app)
      .post(path)
      .set('Cookie', cookie)
      .type('form')
      .send({ token, ...typed });
  return { post, account, done };
}

const BO = { email: 'bo@birch.example', name: 'Bo' };

describe('a form', () => {
  it('does its work with what was typed, and leads on to a page that says so', async () => {
    const { post, account, done } = await open();
    const answer = await post('/greeted/1', BO);
    expect([answer.status, answer.headers['location'], answer.text]).toEqual([303, '/account', '']);
    expect(done).toEqual(['Number one greets Bo at bo@birch.example']);
    expect((await account()).text).toContain('Greeted.');
  });

  it('judges its fields in their order and is shown again with the reason, without having done anything', async () => {
    const { post, done } = await open();
    const answers = [await post('/greeted/1', {}), await post('/greeted/1', { ...BO, name: ' ' })];
    expect(answers.map(({ status, text }) => [status, text])).toEqual([
      [400, 'Number one: The address is missing.'],
      [400, 'Number one: The name is missing.'],
    ]);
    expect(done).toEqual([]);
  });

  it('is about something that is there, or it is refused on a page of its own', async () => {
    const { post, done } = await open();
    expect((await post('/greeted/2', {})).status).toBe(404);
    expect(done).toEqual([]);
  });

  it('WEB-01 is refused without the token of our pages', async () => {
    const { post, done } = await open();
    expect((await post('/greeted/1', { ...BO, token: '' })).status).toBe(403);
    expect((await post('/pressed', { ...BO, token: '' })).status).toBe(403);
    expect(done).toEqual([]);
  });

  it('that is only a button leads back in any case, and says there what came of it', async () => {
    const { post, account } = await open();
    for (const [name, words] of [
      ['Bo', 'Bo is well.'],
      ['', 'The name is missing.'],
    ] as const) {
      const answer = await post('/pressed', { name });
      expect([answer.status, answer.headers['location']]).toEqual([303, '/account']);
      expect((await account()).text).toContain(words);
    }
  });
});
